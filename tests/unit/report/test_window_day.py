"""A window's day by the hour: the same seconds that a report has of that day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.report.samples import NODE, OTHER, SITE, W1, W2, Book, local
from vigil.model.looks import Unknown
from vigil.report.figures import UNTOLD
from vigil.report.gather import gather
from vigil.report.period import Period, PeriodKind
from vigil.report.window_day import Hour, hours_of

DAY = date(2026, 10, 9)
LATE = local("2026-10-10 00:00")


def hours(book: Book, now: str = "2026-10-10 00:00", window: object = W1) -> list[Hour]:
    return hours_of(SITE, book.stores, W2 if window is W2 else W1, DAY, local(now))


def of_report(book: Book) -> tuple[float, float, dict[str, float]]:
    """Of W1, as a report has it."""
    atoms, _ = gather(SITE, book.stores, Period(PeriodKind.SPAN, DAY, DAY), LATE)
    (one,) = (staffing for place, staffing in atoms.staffing if place.window == W1)
    return one.staffed_s, one.unstaffed_s, dict(one.unknown_by_s)


def test_hours_of_service_and_no_others_with_what_nobody_told(book: Book) -> None:
    book.minutes(W1, DAY, "08:30", 20, staffed_s=50, unstaffed_s=10)
    book.minutes(W1, DAY, "08:50", 5, staffed_s=0, unknown=Unknown.DARK)
    found = hours(book)
    assert [f"{hour.at.hour + 8}:{hour.at.minute:02}" for hour in found] == [
        "8:00", "9:00", "10:00", "11:00", "14:00", "15:00", "16:00", "17:00"
    ]  # fmt: skip
    first, second, *_ = found
    assert (first.service_s, first.staffed_s, first.unstaffed_s) == (1800, 1000, 200)
    assert first.unknown_by_s == {"dark": 300, UNTOLD: 300}
    assert (second.service_s, second.unknown_by_s) == (3600, {UNTOLD: 3600})


def test_two_nodes_and_a_suspension_as_a_report_has_them(book: Book) -> None:
    book.minutes(W1, DAY, "09:00", 30, staffed_s=60)
    book.minutes(W1, DAY, "09:10", 30, staffed_s=0, unstaffed_s=40, unknown=Unknown.OCCLUDED, node=OTHER)
    book.minutes(W1, DAY, "12:30", 10, staffed_s=60)  # nobody need be there
    book.suspend(W1, "2026-10-09 15:10", "2026-10-09 16:20")
    found = hours(book)
    staffed_s, unstaffed_s, unknown_s = of_report(book)
    assert sum(hour.staffed_s for hour in found) == staffed_s == 1800
    assert sum(hour.unstaffed_s for hour in found) == unstaffed_s == 400
    assert sum(hour.unknown_by_s.get(UNTOLD, 0) for hour in found) == unknown_s[UNTOLD]
    assert {hour.at.hour + 8: hour.service_s for hour in found} | {15: 600, 16: 2400} == {
        hour.at.hour + 8: hour.service_s for hour in found
    }


def test_parts_of_one_minute_are_added(book: Book) -> None:
    for _ in range(2):
        book.minutes(W1, DAY, "09:00", 1, staffed_s=20, unstaffed_s=10, node=NODE)
    second = hours(book)[1]
    assert (second.staffed_s, second.unstaffed_s) == (40, 20)


@pytest.mark.parametrize(("now", "count"), [("2026-10-09 08:00", 0), ("2026-10-09 09:15", 2)])
def test_a_day_that_goes_on_ends_now(book: Book, now: str, count: int) -> None:
    found = hours(book, now)
    assert len(found) == count
    assert sum(hour.service_s for hour in found) == (2700 if count else 0)


def test_a_window_with_hours_of_its_own(book: Book) -> None:
    assert sum(hour.service_s for hour in hours(book, window=W2)) == 9 * 3600
