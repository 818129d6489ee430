"""Alerts seen through and the ledger, in a real browser over a real centre. No node runs: the alerts are in the database."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system import DemoSystem
from vigil.center.archive import open_objects
from vigil.center.sections import open_database
from vigil.model.alerts import Alert, AlertKind, EndReason
from vigil.model.ids import AlertId, CameraId, ClipId, HallId, WindowId
from vigil.store.footage import Span
from vigil.store.stores import Stores

JPEG = b"\xff\xd8\xff\xe0" + bytes(1000)


def absence(name: str, *, minutes_ago: float, kind: AlertKind = AlertKind.WINDOW_UNSTAFFED) -> Alert:
    raised = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return Alert(
        id=AlertId(name),
        revision=1,
        kind=kind,
        hall=HallId("renshe"),
        camera=CameraId("renshe-hall"),
        window=WindowId("renshe-3"),
        began_at=raised - timedelta(minutes=16),
        raised_at=raised,
        ended_at=raised + timedelta(minutes=1),
        end_reason=EndReason.RESOLVED,
        facts={"absent_s": 960.0},
    )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("office"), whole=False) as running:
        database = open_database(running.configuration)
        alerts = Stores.over(database).alerts
        alerts.upsert(absence("absence", minutes_ago=3), at=datetime.now(UTC))
        alerts.upsert(absence("visitor", minutes_ago=5, kind=AlertKind.UNSERVED_VISITOR), at=datetime.now(UTC))
        going_on = replace(
            absence("ongoing", minutes_ago=1), window=WindowId("gongan-1"), hall=HallId("gongan"), camera=None
        )
        alerts.upsert(replace(going_on, ended_at=None, end_reason=None), at=datetime.now(UTC))
        make_clip(running, Stores.over(database))
        database.close()
        yield running


def make_clip(office: DemoSystem, stores: Stores) -> None:
    """Of the alert `visitor`; nobody plays it here."""
    began = datetime.now(UTC) - timedelta(minutes=6)
    clip, key, data = ClipId("seen"), "clips/renshe-hall/seen.mp4", b"a clip"
    sha256 = hashlib.sha256(data).hexdigest()
    open_objects(office.configuration).put(key, io.BytesIO(data), size=len(data), sha256=sha256)
    span = Span(began, began + timedelta(minutes=1))
    stores.clips.request_for_alert(clip, AlertId("visitor"), CameraId("renshe-hall"), span, at=datetime.now(UTC))
    stores.clips.mark_ready(clip, key, len(data), sha256)


def open_as(office: DemoSystem, browser: Browser, username: str, path: str) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.goto(f"{office.address}{path}")
    page.get_by_test_id("login-user").fill(username)
    page.get_by_test_id("login-pass").fill(office.passwords[username])
    page.get_by_test_id("login-submit").click()
    return page


def test_an_alert_is_seen_through_and_entered_in_the_ledger(
    office: DemoSystem, browser: Browser, tmp_path: Path
) -> None:
    page = open_as(office, browser, "supervisor", "/alerts/absence")
    expect(page.get_by_test_id("alert-related")).to_contain_text("同一窗口")

    page.get_by_test_id("alert-assign").click()
    page.get_by_test_id("assign-to").click()
    page.get_by_role("option", name="值班员", exact=True).click()
    page.get_by_test_id("decision-text").fill("请电话核实")
    page.get_by_test_id("decision-submit").click()
    expect(page.get_by_test_id("alert-assigned")).to_have_text("值班员")

    # What others do meanwhile is seen at once.
    page.get_by_test_id("alert-confirm").click()
    page.get_by_test_id("decision-text").fill("属实")
    office.api("operator").post("alerts/absence/comment", json={"note": "已电话询问"}).raise_for_status()
    expect(page.get_by_test_id("alert-history")).to_contain_text("已电话询问")
    page.get_by_test_id("decision-submit").click()
    expect(page.get_by_test_id("alert-history")).to_contain_text("确认属实")
    page.screenshot(path=tmp_path / "alert.png")

    page.get_by_test_id("alert-to-ledger").click()
    page.get_by_test_id("ledger-submit").click()
    expect(page.get_by_test_id("ledger-detail")).to_contain_text("-0001")
    page.get_by_test_id("ledger-file").set_input_files({"name": "整改.jpg", "mimeType": "image/jpeg", "buffer": JPEG})
    expect(page.get_by_test_id("ledger-detail")).to_contain_text("整改.jpg")
    page.get_by_test_id("evidence-pick").click()
    page.get_by_test_id("pick-visitor").click()
    expect(page.get_by_test_id("ledger-detail").get_by_role("link", name="visitor")).to_be_visible()
    expect(page.get_by_test_id("pick-visitor")).to_have_count(0)  # once is enough
    page.get_by_test_id("pick-clips").click()
    page.get_by_test_id("pick-seen").click()
    expect(page.get_by_test_id("evidence-play-seen")).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("link", name="整改.jpg").click()
    assert file.value.suggested_filename == "整改.jpg"
    assert file.value.path().read_bytes() == JPEG
    with page.expect_download() as saved:
        page.get_by_test_id("ledger-export-xlsx").click()
    (sheet,) = openpyxl.load_workbook(io.BytesIO(saved.value.path().read_bytes())).worksheets
    titles = [entry["title"] for entry in office.get("ledger", "supervisor")["items"]]
    assert [row[4] for row in sheet.iter_rows(min_row=2, values_only=True)] == titles
    page.get_by_test_id("ledger-report-fixed").click()
    page.get_by_test_id("ledger-note").fill("已约谈当事人")
    page.get_by_test_id("ledger-step-submit").click()
    expect(page.get_by_test_id("ledger-detail")).to_have_attribute("data-state", "fixed")
    page.screenshot(path=tmp_path / "ledger.png")

    (entry,) = office.get("ledger", "supervisor")["items"]
    assert [step["step"] for step in entry["history"]] == ["enter", "attach", "attach", "attach", "report-fixed"]
    photograph = next(one for one in entry["evidence"] if one["kind"] == "file")
    assert [one["subject"] for one in entry["evidence"] if one["subject"]] == ["visitor", "seen"]
    (told,) = office.get("register", "admin", action="export")["items"][-1:]
    assert told["subject"].endswith(f"file {photograph['id']}, {hashlib.sha256(JPEG).hexdigest()}")
    assert (entry["alert"], entry["hall"], entry["window"]) == ("absence", "renshe", "renshe-3")
    page.context.close()


def test_known_alerts_of_a_window_are_muted_and_call_again(
    office: DemoSystem, browser: Browser, tmp_path: Path
) -> None:
    page = open_as(office, browser, "supervisor", "/alerts/ongoing")
    expect(page.get_by_test_id("open-count")).to_have_attribute("title", "2 条待核实")
    page.get_by_test_id("alert-mute").click()
    page.get_by_test_id("mute-submit").click()
    expect(page.get_by_text("请填写静音原因")).to_be_visible()
    page.get_by_test_id("mute-reason").fill("窗口搬迁")
    page.screenshot(path=tmp_path / "mute.png")
    page.get_by_test_id("mute-submit").click()
    expect(page.get_by_test_id("alert-muted")).to_contain_text("已静音至")
    expect(page.get_by_test_id("open-count")).to_have_attribute("title", "1 条待核实")
    assert office.get("alerts/ongoing")["state"] == "open"

    page.get_by_test_id("mute-end").click()
    expect(page.get_by_test_id("alert-muted")).to_have_count(0)
    expect(page.get_by_test_id("open-count")).to_have_attribute("title", "2 条待核实")
    page.context.close()


def test_a_finding_is_seen_by_others_once_it_is_released(office: DemoSystem, browser: Browser, tmp_path: Path) -> None:
    inspector = open_as(office, browser, "investigator", "/ledger")
    watching = open_as(office, browser, "operator", "/ledger")
    inspector.get_by_test_id("ledger-enter").click()
    inspector.get_by_test_id("ledger-hall").click()
    inspector.get_by_role("option").first.click()
    inspector.get_by_test_id("ledger-title").fill("窗口人员未佩戴工牌")
    inspector.screenshot(path=tmp_path / "form.png")
    inspector.get_by_test_id("ledger-submit").click()
    expect(inspector.get_by_test_id("ledger-detail")).to_contain_text("尚未发布")
    expect(watching.get_by_test_id("ledger")).to_be_visible()
    expect(watching.get_by_text("窗口人员未佩戴工牌")).to_have_count(0)
    inspector.get_by_test_id("ledger-release").click()
    expect(watching.get_by_text("窗口人员未佩戴工牌")).to_have_count(1)  # told, without a reload
    watching.get_by_test_id("lang-switch").click()
    watching.screenshot(path=tmp_path / "english.png")
    for page in (inspector, watching):
        page.context.close()
