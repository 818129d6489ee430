"""Article 16 in a real browser over a real centre: no footage before an inspector says what for, and the register says it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_ledger import absence, open_as
from tests.system import CLIPS, DemoSystem
from vigil.archive.folder import FolderStore
from vigil.center.sections import open_database
from vigil.model.ids import AlertId, CameraId, ClipId
from vigil.store.footage import Span
from vigil.store.stores import Stores

VIDEO = (CLIPS / "renshe-hall-sub.mp4").read_bytes()
SHA256 = hashlib.sha256(VIDEO).hexdigest()
CASE = "[2026-0153] 核查窗口无人投诉"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("office"), whole=False) as running:
        FolderStore(running.folder / "objects").put(
            "clips/clip-1.mp4", io.BytesIO(VIDEO), size=len(VIDEO), sha256=SHA256
        )
        database = open_database(running.configuration)
        stores, now = Stores.over(database), datetime.now(UTC)
        stores.alerts.upsert(absence("absence", minutes_ago=3), at=now)
        span = Span(now - timedelta(minutes=20), now - timedelta(minutes=3))
        stores.clips.request_for_alert(ClipId("clip-1"), AlertId("absence"), CameraId("renshe-hall"), span, at=now)
        stores.clips.mark_ready(ClipId("clip-1"), "clips/clip-1.mp4", len(VIDEO), SHA256)
        database.close()
        yield running


def test_an_inspector_says_what_for_and_then_sees(office: DemoSystem, browser: Browser, tmp_path: Path) -> None:
    page = open_as(office, browser, "investigator", "/alerts/absence")
    expect(page.get_by_test_id("purpose-gate")).to_be_visible()
    expect(page.get_by_test_id("clip-video")).to_have_count(0)
    expect(page.get_by_test_id("clip-download")).to_have_count(0)
    page.get_by_test_id("purpose-gate").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "gate.png")

    page.get_by_test_id("purpose-say").click()
    expect(page.get_by_text("请填写案由。", exact=True)).to_be_visible()
    page.get_by_test_id("purpose-text").fill("核查窗口无人投诉")
    page.get_by_test_id("purpose-number").fill("2026-0153")
    page.get_by_test_id("purpose-say").click()
    expect(page.get_by_test_id("purpose-chip")).to_have_text(CASE)
    page.get_by_test_id("clip-video").evaluate("video => video.play()")
    page.wait_for_function("document.querySelector('[data-testid=clip-video]').currentTime > 0")

    played = [entry for entry in office.get("register", "admin")["items"] if entry["action"] == "play"]
    assert {(entry["username"], entry["reason"]) for entry in played} == {("investigator", CASE)}

    page.get_by_test_id("lang-switch").click()
    page.get_by_test_id("purpose-chip").click()
    page.screenshot(path=tmp_path / "english.png")
    page.get_by_test_id("purpose-lay-down").click()
    expect(page.get_by_test_id("purpose-gate")).to_be_visible()
    page.context.close()


def test_whoever_is_on_duty_is_asked_nothing(office: DemoSystem, browser: Browser) -> None:
    page = open_as(office, browser, "operator", "/alerts/absence")
    expect(page.get_by_test_id("clip-video")).to_be_visible()
    expect(page.get_by_test_id("purpose-gate")).to_have_count(0)
    expect(page.get_by_test_id("purpose-chip")).to_have_count(0)
    page.context.close()
