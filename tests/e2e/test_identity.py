"""Accounts, passwords and second factors on the screen: a real gateway over a real database, and a real browser."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from tests.unit.gateway.world import PASSWORD, World, make_world, populate
from vigil import gateway
from vigil.clock import SystemClock
from vigil.gateway import totp
from vigil.model.people import Role
from vigil.store.database import Database

BETTER = "another horse entirely"
CLOCK = SystemClock()


@dataclass
class Centre:
    address: str
    world: World


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """Over plain HTTP on loopback, with auditors who must have a second factor."""
    database = Database.in_file(tmp_path / "vigil.db")
    populate(database)
    world = make_world(
        tmp_path,
        database,
        clock=CLOCK,
        secure_cookie=False,
        static=Path(gateway.__file__).parent / "static",
        second_factor_roles=frozenset({Role.AUDITOR}),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield Centre(f"http://127.0.0.1:{listener.getsockname()[1]}", world)
    world.deps.events.close()
    server.should_exit = True
    thread.join(10)
    listener.close()
    database.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """What the page throws fails the test."""
    thrown: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    one = context.new_page()
    one.on("pageerror", lambda error: thrown.append(str(error)))
    yield one
    context.close()
    assert thrown == []


def log_in(page: Page, centre: Centre, username: str, password: str) -> None:
    page.goto(f"{centre.address}/login")
    page.get_by_test_id("login-user").fill(username)
    page.get_by_test_id("login-pass").fill(password)
    page.get_by_test_id("login-submit").click()


def code_of(secret: str, later: int = 0) -> str:
    at = CLOCK.now() + timedelta(seconds=later * totp.STEP_S)
    return totp.code_at(base64.b32decode(secret), totp.step_of(at))


def test_an_administrator_enters_somebody_who_sets_a_password_of_his_own(centre: Centre, page: Page) -> None:
    log_in(page, centre, "admin", PASSWORD)
    page.get_by_test_id("nav-accounts").click()
    for field, text in (("username", "li"), ("name", "李明"), ("unit", "公安局"), ("roles", "hall@ga")):
        page.get_by_test_id(f"new-{field}").fill(text)
    page.get_by_test_id("add-account").click()
    expect(page.get_by_test_id("account-li")).to_contain_text("待改密码")
    shown = page.get_by_test_id("account-password").inner_text()
    initial = shown.partition("：")[2].partition("（")[0]
    page.get_by_test_id("logout").click()
    log_in(page, centre, "li", initial)
    expect(page.get_by_test_id("duty-change-password")).to_be_visible()
    page.get_by_test_id("present").fill(initial)
    page.get_by_test_id("wanted").fill("password12345")
    page.get_by_test_id("change-password").click()
    expect(page.get_by_test_id("password-failure")).to_be_visible()
    page.get_by_test_id("wanted").fill(BETTER)
    page.get_by_test_id("change-password").click()
    expect(page.get_by_test_id("nav-alerts")).to_be_visible()
    expect(page.get_by_test_id("nav-register")).to_have_count(0)
    expect(page.get_by_test_id("me")).to_contain_text("分厅人员")


def test_a_second_factor_is_enrolled_and_asked_for(centre: Centre, page: Page) -> None:
    log_in(page, centre, "auditor", PASSWORD)
    expect(page.get_by_test_id("duty-enrol-second-factor")).to_be_visible()
    page.get_by_test_id("factor-password").fill(PASSWORD)
    page.get_by_test_id("factor-enrol").click()
    secret = page.get_by_test_id("factor-secret").inner_text()
    page.get_by_test_id("factor-code").fill(code_of(secret))
    page.get_by_test_id("factor-confirm").click()
    expect(page.get_by_test_id("recovery-codes").locator("li")).to_have_count(totp.RECOVERY_CODES)
    page.goto(centre.address)
    page.get_by_test_id("logout").click()
    log_in(page, centre, "auditor", PASSWORD)
    page.get_by_test_id("login-code").fill("000000")
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("login-message")).to_contain_text("验证码")
    page.get_by_test_id("login-code").fill(code_of(secret, later=1))  # that of now is used up
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("register")).to_be_visible()
