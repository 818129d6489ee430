"""The system as people use it: simulated cameras, a real node, a real centre, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.system import DemoSystem

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium is not None, "no browser: apt-get install --no-install-recommends chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
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
