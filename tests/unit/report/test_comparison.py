"""A period beside the one before it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.unit.report.samples import C1, G1, SITE, W1, W3, Book, local
from vigil.model.alerts import AlertKind
from vigil.model.ids import HallId
from vigil.model.looks import Unknown
from vigil.model.steps import Step
from vigil.report.comparison import Change, Changes, Measure, changes
from vigil.report.document import document
from vigil.report.figures import Figures
from vigil.report.period import Period, PeriodKind, period_of
from vigil.report.report import Before, Report, make_report
from vigil.report.table import Form
from vigil.report.tables import tables
from vigil.report.workbook import workbook

SEPTEMBER, OCTOBER = date(2026, 9, 8), date(2026, 10, 9)
NOW = local("2026-11-01 04:00")


def month(book: Book, now: str = "2026-11-01 04:00") -> Report:
    return make_report(SITE, book.stores, period_of(PeriodKind.MONTH, OCTOBER), local(now), before=True)


def before_of(report: Report) -> Before:
    assert report.before is not None
    return report.before


def of_all(report: Report) -> Changes:
    return changes(report.total, before_of(report).total)


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (period_of(PeriodKind.MONTH, date(2026, 1, 5)), (date(2025, 12, 1), date(2025, 12, 31))),
        (period_of(PeriodKind.TWO_MONTHS, date(2026, 4, 5)), (date(2026, 1, 1), date(2026, 2, 28))),
        (period_of(PeriodKind.QUARTER, date(2026, 4, 5)), (date(2026, 1, 1), date(2026, 3, 31))),
        (Period(PeriodKind.SPAN, date(2026, 3, 3), date(2026, 3, 9)), (date(2026, 2, 24), date(2026, 3, 2))),
    ],
)
def test_the_period_before_is_of_the_same_kind_and_ends_where_this_one_begins(
    period: Period, before: tuple[date, date]
) -> None:
    assert (period.before.kind, period.before.first, period.before.last) == (period.kind, *before)


def test_each_figure_stands_beside_what_it_was(book: Book) -> None:
    book.minutes(W1, SEPTEMBER, "08:30", 100)
    book.minutes(W1, OCTOBER, "08:30", 75)
    book.minutes(W1, OCTOBER, "09:45", 25, 0, 60)
    book.queue(G1, SEPTEMBER, "09:00", [2.0] * 10, [120.0] * 9 + [600.0])
    book.queue(G1, OCTOBER, "09:00", [2.0] * 10, [300.0] * 10)
    book.alert("2026-09-08 09:00", step=Step.CONFIRM)
    for minute in (10, 20, 30):
        book.alert(f"2026-10-09 10:{minute}", step=Step.CONFIRM)
    book.alert("2026-10-09 11:00", AlertKind.UNSERVED_VISITOR, Step.CONFIRM)
    book.alert("2026-10-09 11:30", AlertKind.UNSERVED_VISITOR)  # nobody has confirmed it
    book.footage(C1, "2026-09-30 00:00", 24)
    book.footage(C1, "2026-10-01 00:00", 24 * 30 + 12)
    found = of_all(month(book))
    assert found[Measure.STAFFING_RATE] == Change(1.0, -0.25)
    assert found[Measure.ABSENT_S] == Change(600.0, 1200.0)
    assert found[Measure.CONFIRMED] == Change(1, 3)
    assert found[Measure.UNSERVED] == Change(0, 1)
    assert found[Measure.WAIT_MEDIAN_S] == Change(120, 180)
    assert found[Measure.WAIT_P90_S] == Change(120, 180)
    complete = found[Measure.COMPLETENESS]
    assert complete.before == 1.0
    assert complete.difference == pytest.approx(-0.5 / 31)
    service = found[Measure.SERVICE_S]
    assert service.before is not None
    assert service.before + (service.difference or 0.0) == month(book).total.staffing.service_s


def test_what_was_unknown_stands_apart_and_is_no_worse_rate(book: Book) -> None:
    book.minutes(W1, SEPTEMBER, "08:30", 100)
    book.minutes(W1, OCTOBER, "08:30", 50)
    book.minutes(W1, OCTOBER, "09:20", 50, 0, 0, Unknown.DARK)
    found = of_all(month(book))
    assert found[Measure.STAFFING_RATE] == Change(1.0, 0.0)
    share = found[Measure.UNKNOWN_SHARE]
    assert share.difference is not None
    assert share.difference != 0


def test_where_nobody_watched_nothing_is_compared(book: Book) -> None:
    """No confirmed absence of a hall that had no node yet is not that nobody was absent."""
    book.minutes(W1, OCTOBER, "08:30", 100)
    book.alert("2026-10-09 10:05", step=Step.CONFIRM)
    found = of_all(month(book))
    nothing = Change(None, None)
    compared = (
        Measure.STAFFING_RATE,
        Measure.ABSENT_S,
        Measure.UNSERVED,
        Measure.CONFIRMED,
        Measure.WAIT_MEDIAN_S,
        Measure.COMPLETENESS,
    )
    assert {measure: found[measure] for measure in compared} == dict.fromkeys(compared, nothing)
    assert found[Measure.UNKNOWN_SHARE].before == 1.0


def test_a_hall_is_compared_with_itself(book: Book) -> None:
    book.minutes(W1, SEPTEMBER, "08:30", 10)
    book.minutes(W3, SEPTEMBER, "08:30", 10, 0, 60)
    book.minutes(W1, OCTOBER, "08:30", 10)
    report = month(book)
    before = before_of(report)
    assert [before.halls[HallId(hall)].staffing.rate for hall in ("ga", "rs")] == [1.0, 0.0]
    assert [before.departments[name].staffing.rate for name in ("公安局", "人社局")] == [1.0, 0.0]
    other = next(one for one in report.halls if one.hall.id == "rs")
    assert changes(other.figures, before.halls[HallId("rs")])[Measure.STAFFING_RATE] == Change(0.0, None)


def test_a_period_that_goes_on_is_not_compared_nor_one_before_which_no_workdays_are_known(book: Book) -> None:
    assert month(book, now="2026-10-31 12:00").before is None
    earliest = period_of(PeriodKind.MONTH, date(2004, 1, 5))
    assert make_report(SITE, book.stores, earliest, NOW, before=True).before is None


def test_a_pack_has_it_in_both_forms(book: Book, tmp_path: Path) -> None:
    book.minutes(W1, SEPTEMBER, "08:30", 100)
    book.minutes(W1, OCTOBER, "08:30", 75)
    book.minutes(W1, OCTOBER, "09:45", 25, 0, 60)
    report = month(book)
    (table,) = (one for one in tables(report) if one.name == "对比")
    total = dict(zip((column.title for column in table.columns), table.rows[-1], strict=True))
    assert (total["上期在岗率"], total["在岗率增减（百分点）"]) == (1.0, -25.0)
    assert (total["上期等候中位（分）"], total["等候中位（分）增减"]) == (None, None)
    assert [row[:2] for row in table.rows] == [
        ("公安局", "全部"), ("人社局", "全部"), ("公安局", "公安分厅"), ("人社局", "人社分厅"), ("合计", ""),
    ]  # fmt: skip
    assert "2026年9月" in table.note
    assert {column.form for column in table.columns} >= {Form.MORE, Form.MORE_COUNT}
    assert workbook(report)
    assert document(report)


def test_nothing_beside_nothing_is_nothing() -> None:
    assert changes(Figures(), Figures())[Measure.CONFIRMED] == Change(None, None)
