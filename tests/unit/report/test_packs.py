"""Packs read back by other programs than those that wrote them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pylopdf_fonts_zh_cn
import pytest
from pypdf import PdfReader

from tests.unit.report.samples import C1, G1, SITE, W1, W2, Book, local
from vigil.errors import ReportError
from vigil.model.alerts import AlertKind
from vigil.model.looks import Unknown
from vigil.model.media import GapCause
from vigil.model.steps import Step
from vigil.report import words
from vigil.report.document import document
from vigil.report.figures import UNTOLD
from vigil.report.filing import filing
from vigil.report.period import PeriodKind, period_of
from vigil.report.report import Report, make_report
from vigil.report.tables import tables
from vigil.report.workbook import workbook

FRIDAY = date(2026, 10, 9)


@pytest.fixture
def report(book: Book) -> Report:
    book.minutes(W1, FRIDAY, "08:30", 90)
    book.minutes(W1, FRIDAY, "10:00", 30, 0, 60)
    book.minutes(W2, FRIDAY, "09:00", 10, 0, 0, Unknown.DARK)
    book.queue(G1, FRIDAY, "09:00", [2.0] * 9 + [12.0], [120.0] * 9 + [1200.0])
    book.alert("2026-10-09 10:05", step=Step.CONFIRM, after_s=120)
    book.alert("2026-10-09 11:05", AlertKind.UNSERVED_VISITOR)
    book.footage(C1, "2026-10-09 00:00", 12)
    return make_report(SITE, book.stores, period_of(PeriodKind.MONTH, FRIDAY), local("2026-11-01 04:00"))


def rows_of(report: Report, sheet: str) -> list[dict[str, object]]:
    """The rows of a sheet by the heads of their columns."""
    cells = list(openpyxl.load_workbook(io.BytesIO(workbook(report)))[sheet].iter_rows(min_row=3, values_only=True))
    return [dict(zip([str(head) for head in cells[0]], row, strict=True)) for row in cells[1:]]


def test_a_workbook_has_the_figures_as_numbers(report: Report) -> None:
    first, second, other, total = rows_of(report, "窗口")
    assert (first["分厅"], first["窗口"], first["在岗（小时）"], first["离岗（小时）"]) == (
        "公安分厅",
        "1号窗口",
        1.5,
        0.5,
    )
    assert (first["在岗率"], first["确认离岗（次）"], first["确认离岗（分）"]) == (0.75, 1, 10)
    assert (second["在岗率"], other["在岗率"]) == (words.NOTHING, words.NOTHING)
    assert (total["分厅"], total["在岗率"]) == ("合计", 0.75)


def test_a_workbook_says_when_nothing_is_known(report: Report) -> None:
    days = {row["日期"]: row for row in rows_of(report, "按日")}
    (sunday,) = (row for day, row in days.items() if getattr(day, "day", 0) == 11)
    assert (sunday["星期"], sunday["应服务（小时）"], sunday["在岗率"], sunday["录像完整率"]) == ("周日", 0, "—", 0)


def test_sheets_are_set_up_to_be_read_and_printed(report: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(report)))
    assert book.sheetnames == [
        "概况", "部门", "分厅", "按日", "窗口", "排队", "告警", "处置", "摄像机", "未知", "口径",
    ]  # fmt: skip
    for sheet in book:
        assert (int(str(sheet.page_setup.paperSize)), sheet.sheet_properties.pageSetUpPr.fitToPage) == (9, True)
    windows = book["窗口"]
    assert (windows.freeze_panes, windows.print_title_rows) == ("D4", "$3:$3")
    assert windows.page_setup.orientation == "landscape"
    assert windows["I4"].number_format == "0.0%"
    assert len(book["概况"]._charts) == 2


def test_a_name_that_looks_like_a_formula_stays_a_name(book: Book) -> None:
    site = replace(SITE, halls=(replace(SITE.halls[0], name='=HYPERLINK("http://192.0.2.1")'),))
    report = make_report(site, book.stores, period_of(PeriodKind.MONTH, FRIDAY), local("2026-11-01 04:00"))
    assert rows_of(report, "分厅")[0]["分厅"] == '=HYPERLINK("http://192.0.2.1")'
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(report)))["分厅"]
    assert sheet["A4"].data_type == "s"


def test_a_pack_says_how_it_was_made(report: Report) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(report)))["概况"]
    said = {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}
    assert said["统计时段"] == "2026年10月1日至2026年10月31日（共31天）"
    assert (said["制作时间"], said["制作软件"]) == ("2026年11月1日04:00", f"vigil {report.version}")
    assert str(said["未知占比"]).endswith("%")


def test_the_same_report_makes_the_same_bytes(report: Report) -> None:
    assert workbook(report) == workbook(report)
    assert document(report) == document(report)


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_document_can_be_searched_and_says_the_same(report: Report) -> None:
    text = text_of(document(report))
    for said in ("梅州市政务服务中心", "分厅视频监管月报", "2026年10月", "窗口在岗率75.0%", "统计口径"):
        assert said in text
    assert "经核实确认离岗1次、共10分钟，有人等候而窗口无人0次；尚有1条告警待核实，未计入。" in text
    for table in tables(report):
        assert table.title in text


def test_fonts_are_embedded_and_cut_to_what_is_used(report: Report) -> None:
    pdf = document(report)
    fonts = {}
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            fonts[str(font.get_object()["/BaseFont"])] = inner["/FontDescriptor"].get_object()
    assert {name.split("+")[1].split("-Identity")[0] for name in fonts} == {"NotoSansSC-Regular", "NotoSerifSC-Regular"}
    assert all("/FontFile3" in descriptor for descriptor in fonts.values())
    assert len(pdf) < 2_000_000  # the two fonts are 20 MB


def test_no_line_begins_with_punctuation(report: Report) -> None:
    lines = [
        line.strip()
        for page in PdfReader(io.BytesIO(document(report))).pages
        for line in page.extract_text().splitlines()
    ]
    assert len(lines) > 50
    assert [line for line in lines if line[:1] in set("，。；：、！？）》”％")] == []


def test_a_font_that_is_missing_is_told_and_what_to_install(
    report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pylopdf_fonts_zh_cn, "serif_path", lambda: tmp_path / "NotoSerifSC-Regular.otf")
    with pytest.raises(ReportError, match=r"NotoSerifSC-Regular\.otf.*pylopdf-fonts-zh-cn.*XLSX works without"):
        document(report)


def test_text_is_never_read_as_markup(book: Book) -> None:
    site = replace(SITE, halls=(replace(SITE.halls[0], name="#panic(1) $x$ *分厅*"),))
    report = make_report(site, book.stores, period_of(PeriodKind.MONTH, FRIDAY), local("2026-11-01 04:00"))
    assert "#panic(1)$x$*分厅*" in text_of(document(report))


def test_nothing_at_all_makes_a_pack_too(book: Book) -> None:
    site = replace(SITE, halls=())
    report = make_report(site, book.stores, period_of(PeriodKind.MONTH, FRIDAY), local("2026-11-01 04:00"))
    assert "本期没有可供计算在岗率的数据。" in text_of(document(report))
    assert rows_of(report, "分厅") == [rows_of(report, "分厅")[-1]]


def test_everything_has_its_word() -> None:
    assert set(words.UNKNOWN) == {*Unknown, UNTOLD}
    assert set(words.GAPS) == set(GapCause)
    assert set(words.KINDS) == set(AlertKind)
    assert set(words.TITLES) == set(PeriodKind)


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert [words.percent(share) for share in (None, 0.0, 0.9996, 1.0)] == ["—", "0.0%", "99.9%", "100.0%"]


def test_the_filing_names_places_devices_and_what_is_not_filled_in(book: Book) -> None:
    book.footage(C1, "2026-10-09 00:00", 30)
    sheets = openpyxl.load_workbook(io.BytesIO(filing(SITE, book.stores, local("2026-10-20 10:00"))))
    places = list(sheets["场所"].iter_rows(min_row=4, values_only=True))
    assert places[0] == (1, "公安分厅", "公安局", "未填", 1, "H.265 2560×1440 1台", "未填")
    assert places[1][5] == "未填 1台"
    devices = list(sheets["设备"].iter_rows(min_row=4, values_only=True))
    assert devices[0] == (
        1,
        "公安分厅",
        "柜台一",
        "未填",
        "H.265",
        "2560×1440",
        "全天录像",
        "2026-10-09",
        "2026-10-10",
        2,
    )
    assert devices[1][3:] == ("未填", "未填", "未填", "全天录像", "—", "—", "—")
