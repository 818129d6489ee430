"""Completeness, holds and the plan of retention, in a real browser over a real centre. No node runs: the footage is rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_ledger import open_as
from tests.system import DemoSystem
from vigil.center.sections import open_database
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Codec, Gap, GapCause, Segment
from vigil.store.stores import Stores

COUNTER, HALL = CameraId("gongan-counter"), CameraId("renshe-hall")
SPAN_MIN = 10
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("office"), whole=False) as running:
        database = open_database(running.configuration)
        with database.write():
            record(Stores.over(database))
        database.close()
        running.stop("center")
        running.start_center()  # which makes its plan anew
        yield running


def record(stores: Stores) -> None:
    """Four days of one camera, whole; two of another, from which the node took two hours."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    number = 0
    for camera, days in ((COUNTER, 4), (HALL, 2)):
        at, end = today - timedelta(days=days), today
        while at < end:
            number += 1
            until = at + timedelta(minutes=SPAN_MIN)
            if camera == HALL and today - timedelta(hours=10) <= at < today - timedelta(hours=8):
                stores.footage.add_gap(Gap(camera, at, until, GapCause.NODE))
            else:
                one = Segment(
                    SegmentId(f"{camera}_{number}"), camera, at, until, MEBIBYTE, "a", "", 1, Codec.H264, 2, 2
                )
                stores.footage.announce(one, f"segments/{camera}/{number}.mp4")
                stores.footage.mark_stored(one.id)
            at = until


def test_what_is_missing_and_why(office: DemoSystem, browser: Browser, tmp_path: Path) -> None:
    page = open_as(office, browser, "investigator", "/footage/completeness")
    worst = page.locator(f"tr[data-camera={HALL}] button.poor, tr[data-camera={HALL}] button.bad").first
    expect(page.locator(f"tr[data-camera={COUNTER}] button.good").first).to_be_visible()
    worst.click()
    detail = page.get_by_test_id("completeness-detail")
    expect(detail).to_contain_text("采集节点未运行")
    expect(detail).to_contain_text("缺失时段")
    page.screenshot(path=tmp_path / "completeness.png")
    page.get_by_test_id("lang-switch").click()
    expect(detail).to_contain_text("node not running")
    page.screenshot(path=tmp_path / "completeness-en.png")
    page.context.close()


def test_footage_is_held_for_a_case_and_released_with_a_reason(
    office: DemoSystem, browser: Browser, tmp_path: Path
) -> None:
    page = open_as(office, browser, "supervisor", "/footage/holds")
    page.get_by_test_id("hold-submit").click()
    expect(page.get_by_text("请选择摄像机，填写起止时间和案由。")).to_be_visible()
    page.get_by_test_id("hold-camera").click()
    page.get_by_role("option").first.click()
    page.get_by_test_id("hold-from").fill("2026-11-20T09:00:00")
    page.get_by_test_id("hold-to").fill("2026-11-20T09:30:00")
    page.get_by_test_id("hold-case").fill("投诉 2026-0153")
    page.get_by_test_id("hold-submit").click()
    group = page.get_by_test_id("hold-group")
    expect(group).to_contain_text("投诉 2026-0153")
    expect(group).to_contain_text("2026-11-20 09:00:00 – 09:30:00")
    page.screenshot(path=tmp_path / "holds.png")

    page.get_by_test_id("hold-lift").click()
    page.get_by_test_id("lift-submit").click()
    expect(page.get_by_text("请填写解除事由。")).to_be_visible()
    page.get_by_test_id("lift-reason").fill("已办结")
    page.get_by_test_id("lift-submit").click()
    expect(page.get_by_test_id("hold-group")).to_have_count(0)
    page.get_by_test_id("holds-all").click()
    expect(group).to_contain_text("已办结")
    page.get_by_test_id("lang-switch").click()
    page.screenshot(path=tmp_path / "holds-en.png")

    told = office.get("register", "admin")["items"]
    assert [(entry["action"], entry["reason"]) for entry in told if entry["camera"]] == [
        ("release", "投诉 2026-0153; 已办结"),
        ("hold", "投诉 2026-0153"),
    ]
    page.context.close()


def test_the_plan_says_when_there_is_no_room(office: DemoSystem, browser: Browser, tmp_path: Path) -> None:
    plan = office.wait_for(lambda: office.api("admin").get("retention").json().get("cameras"), 60, "the plan")
    assert {one["camera"] for one in plan} >= {COUNTER, HALL}
    page = open_as(office, browser, "admin", "/footage/retention")
    row = page.locator(f"tr[data-camera={COUNTER}]")
    expect(row).to_contain_text("天前")
    expect(page.locator("[data-card=used] dd")).to_contain_text("MB")
    page.screenshot(path=tmp_path / "retention.png")
    page.get_by_test_id("lang-switch").click()
    page.screenshot(path=tmp_path / "retention-en.png")
    page.context.close()
