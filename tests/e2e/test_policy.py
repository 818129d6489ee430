"""The content security policy in a real browser: no page needs what it refuses, and what it refuses does nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system import ROOT, DemoSystem, wait_for

PAGES = {
    "operator": ("/wall", "/alerts", "/ledger", "/footage/completeness", "/windows/suspensions", "/security"),
    "supervisor": ("/windows/minutes", "/footage/holds"),
    "investigator": ("/archive",),
    "admin": ("/reports", "/register", "/notifications", "/accounts", "/site", "/footage/retention"),
}


def test_every_page_is_looked_at() -> None:
    routes = (ROOT / "vigil" / "gateway" / "ui" / "src" / "router.ts").read_text(encoding="utf-8")
    pages = {path.rstrip("/") for path in re.findall(r'path: "(/[a-z/]+)[":]', routes)} - {"/login"}
    assert pages == {path for paths in PAGES.values() for path in paths}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("policy"), whole=False) as running:
        yield running


def open_as(office: DemoSystem, browser: Browser, username: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Asia/Shanghai").new_page()
    page.goto(office.address)
    page.get_by_test_id("login-user").fill(username)
    page.get_by_test_id("login-pass").fill(office.passwords[username])
    page.get_by_test_id("login-submit").click()
    page.wait_for_url(lambda url: not url.endswith("/login"))
    return page


@pytest.mark.parametrize("username", PAGES)
def test_no_page_does_what_the_policy_refuses(
    office: DemoSystem, browser: Browser, username: str, refused: list[str]
) -> None:
    page = open_as(office, browser, username)
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    for path in PAGES[username]:
        page.goto(office.address + path, wait_until="networkidle" if path == "/reports" else "load")
        expect(page.locator("h1, h2, [data-testid]").first).to_be_visible()
        assert page.url == office.address + path
        for control in page.locator(".el-select, .el-date-editor").all()[:3]:  # those that set styles of their own
            control.click()
            page.keyboard.press("Escape")
    assert (thrown, refused) == ([], [])
    page.context.close()


def test_what_the_policy_refuses_does_nothing_and_is_noticed(
    office: DemoSystem, browser: Browser, refused: list[str]
) -> None:
    page = browser.new_context().new_page()
    page.goto(office.address)
    page.evaluate("document.body.setAttribute('style', 'opacity: 0.5')")
    assert page.evaluate("getComputedStyle(document.body).opacity") == "1"
    told = page.evaluate("() => { try { document.body.innerHTML = '<b>x</b>' } catch (error) { return error.name } }")
    assert told == "TypeError"
    told = page.evaluate("() => { try { trustedTypes.createPolicy('other', {}) } catch (error) { return error.name } }")
    assert told == "TypeError"
    # Messages are heard only while the page is spoken with.
    complaints = ("inline style", "TrustedHTML", "TrustedTypePolicy")
    wait_for(lambda: page.evaluate("true") and all(map("".join(refused).count, complaints)), 10, str(complaints))
    refused.clear()
    page.context.close()
