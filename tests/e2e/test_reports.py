"""Figures on the screen, and a pack that is made and downloaded, of a system that runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.e2e.conftest import LogIn
from tests.system import DemoSystem, wait_for


@pytest.fixture
def told(system: DemoSystem) -> None:
    """Until the node has summed up a minute of which something is known."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()

    def known() -> bool:
        figures = system.get("reports/figures", "supervisor", kind="month", first_day=today)
        return figures["total"]["staffing"]["rate"] is not None

    wait_for(known, 180, "a minute of which something is known")


def test_a_supervisor_reads_figures_and_takes_a_pack_along(log_in: LogIn, told: None, tmp_path: Path) -> None:
    page = log_in("supervisor")
    page.get_by_test_id("nav-reports").click()

    expect(page.get_by_test_id("report-cards")).to_contain_text("窗口在岗率")
    expect(page.get_by_test_id("figures").locator("tbody tr")).to_have_count(2)
    page.get_by_test_id("figures-by").get_by_text("按窗口").click()
    expect(page.get_by_test_id("figures").locator("tbody tr")).to_have_count(8)

    page.get_by_test_id("report-make").click()
    row = page.get_by_test_id("packs").locator("tr[data-state=ready]").first
    expect(row).to_be_visible(timeout=60_000)
    for name in ("XLSX", "PDF"):
        with page.expect_download() as download:
            row.get_by_text(name).click()
        download.value.save_as(tmp_path / name.lower())
        assert download.value.suggested_filename.endswith(f".{name.lower()}")
    (tmp_path / "xlsx").rename(tmp_path / "pack.xlsx")
    assert "口径" in openpyxl.load_workbook(tmp_path / "pack.xlsx").sheetnames
    assert "分厅视频监管月报" in PdfReader(tmp_path / "pdf").pages[0].extract_text()


def test_an_operator_has_no_reports(log_in: LogIn) -> None:
    page = log_in("operator")
    expect(page.get_by_test_id("nav-alerts")).to_be_visible()
    expect(page.get_by_test_id("nav-reports")).to_have_count(0)
