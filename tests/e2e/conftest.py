"""The system as people use it: simulated cameras, a real node, a real centre, and a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.system import DemoSystem

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_POLICY: Final = re.compile(r"Content Security Policy|Trusted[A-Z]")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture(scope="session")
def refused() -> list[str]:
    """What the content security policy refused to any page of this browser, in its own words."""
    return []


@pytest.fixture(autouse=True)
def nothing_is_refused(refused: list[str]) -> Iterator[None]:
    refused.clear()
    yield
    assert refused == []


@pytest.fixture(scope="session")
def browser(refused: list[str]) -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium is not None, "no browser: apt-get install --no-install-recommends chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        opened = started.new_context

        def listened_to(**options: Any) -> BrowserContext:
            context = opened(**options)
            context.on("console", lambda said: refused.append(said.text) if _POLICY.search(said.text) else None)
            return context

        started.new_context = listened_to  # type: ignore[method-assign]
        yield started
        started.close()


LogIn = Callable[[str], Page]


@pytest.fixture
def log_in(system: DemoSystem, browser: Browser, tmp_path: Path) -> Iterator[LogIn]:
    """Opens the screen as a user, in a browser profile of its own; what the page throws fails the test."""
    pages: list[Page] = []
    thrown: list[str] = []

    def open_as(username: str) -> Page:
        page = browser.new_context(
            viewport={"width": 1440, "height": 900}, accept_downloads=True, timezone_id="Asia/Shanghai"
        ).new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.goto(system.address)
        page.get_by_test_id("login-user").fill(username)
        page.get_by_test_id("login-pass").fill(system.passwords[username])
        page.get_by_test_id("login-submit").click()
        pages.append(page)
        return page

    yield open_as
    for page in pages:
        page.screenshot(path=tmp_path / "last.png")
        page.context.close()
    assert thrown == []
