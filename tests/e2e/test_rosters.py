"""Rosters, past suspensions and a window's hours, in a real browser over a real centre. No node runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_ledger import open_as
from tests.system import DemoSystem
from tests.unit.roster.samples import csv_of

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("office"), whole=False) as running:
        yield running


def row(office: DemoSystem, kind: str = "请假") -> tuple[str, ...]:
    hall = office.configuration.site.halls[0]  # type: ignore[union-attr]
    _, window = next(iter(hall.windows()))
    day = datetime.now(UTC).astimezone(ZONE).date() + timedelta(days=2)
    return (hall.name, window.name, f"{day} 08:30", f"{day} 12:00", kind, "审批单 2026-153")


def test_a_roster_is_mended_and_entered_and_stands_in_the_history(
    office: DemoSystem, browser: Browser, tmp_path: Path
) -> None:
    page = open_as(office, browser, "supervisor", "/windows/suspensions")
    file = tmp_path / "roster.csv"
    file.write_bytes(csv_of(row(office), row(office, "出差"), encoding="gb18030"))
    page.get_by_test_id("roster-file").set_input_files(file)
    wrong = page.get_by_test_id("roster-rows").locator("tr[data-outcome=faulty]")
    expect(wrong).to_contain_text("没有类别“出差”。应为：暂停、请假、顶岗。")
    expect(page.get_by_test_id("roster-enter")).to_be_disabled()

    file.write_bytes(csv_of(row(office)))
    page.get_by_test_id("roster-file").set_input_files(file)
    page.get_by_test_id("roster-enter").click()
    expect(page.get_by_test_id("roster-counts")).to_contain_text("已登记 1 行")
    expect(page.get_by_test_id("suspensions").locator("tbody tr")).to_have_count(1)
    expect(page.get_by_test_id("suspensions")).to_contain_text("审批单 2026-153")

    page.get_by_test_id("roster-file").set_input_files(file)
    expect(page.get_by_test_id("roster-counts")).to_contain_text("已登记 1 行，冲突 0 行")
    page.get_by_test_id("lang-switch").click()
    expect(page.get_by_test_id("suspensions")).to_contain_text("to come")

    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    page.get_by_test_id("roster-file").set_input_files(tmp_path / "old.xls")
    expect(page.get_by_test_id("roster-problem")).to_contain_text("This is an old workbook")


def test_a_template_comes_down(office: DemoSystem, browser: Browser) -> None:
    page = open_as(office, browser, "supervisor", "/windows/suspensions")
    with page.expect_download() as download:
        page.get_by_test_id("roster-template").click()
    assert download.value.suggested_filename == "排班模板.xlsx"


def test_who_keeps_no_roster_reads_what_was_entered(office: DemoSystem, browser: Browser) -> None:
    page = open_as(office, browser, "operator", "/windows/suspensions")
    expect(page.get_by_test_id("suspensions")).to_be_visible()
    expect(page.get_by_test_id("roster")).to_have_count(0)
    expect(page.get_by_test_id("windows-minutes")).to_have_count(0)


def test_a_windows_day_by_the_hour(office: DemoSystem, browser: Browser) -> None:
    window = next(iter(office.configuration.site.halls[0].windows()))[1]  # type: ignore[union-attr]
    page = open_as(office, browser, "supervisor", f"/windows/minutes?window={window.id}&day=2026-11-20")
    expect(page.get_by_test_id("hours").locator("tr[data-hour=全天]")).to_contain_text("无数据（采集节点未上报）")
    page.get_by_test_id("hours").get_by_role("button").first.click()
    expect(page.get_by_text("这一小时没有上报的分钟。")).to_be_visible()
