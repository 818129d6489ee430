"""Sums that are kept: they stand for the minutes, and a minute that comes late undoes the day that it lies in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from tests.unit.store.test_told import DAY, GROUP, NODE, OTHER, A, B, Book, at, span
from vigil.model.looks import Unknown
from vigil.model.minutes import Minute
from vigil.store.kept_days import WINDOW_DAYS, KeptDays
from vigil.store.spans import Asked
from vigil.store.stores import Stores
from vigil.store.tables import QueueMinuteRow, WindowDayRow, WindowMinuteRow
from vigil.store.window_sums import WindowDay

TOMORROW = DAY + timedelta(days=1)
TWO_DAYS = [span(0, 10), span(20, 30), span(24 * 60, 24 * 60 + 10, TOMORROW)]
BOTH = [Asked([A, B], TWO_DAYS)]


@pytest.fixture
def book(stores: Stores) -> Book:
    return Book(stores)


def without_minutes(stores: Stores) -> None:
    """What is found afterwards was kept."""
    with stores.database.write() as session:
        session.execute(delete(WindowMinuteRow))
        session.execute(delete(QueueMinuteRow))


def sorted_days(days: list[WindowDay]) -> list[WindowDay]:
    return sorted(days, key=lambda day: (day.day, day.window))


def test_what_is_kept_is_what_the_minutes_come_to_and_no_minute_is_read(stores: Stores, book: Book) -> None:
    book.window(0, 20, 0, {Unknown.DARK: 30.25, Unknown.HIDDEN: 9.75})
    book.window(0, 0, 50, {Unknown.DARK: 10.0}, node=OTHER)
    book.window(24 * 60, 0, 60, window=B)
    book.queue(0, 60, 3.4, 118.0)
    book.queue(1, 30, 12.5, None)
    before = sorted_days(stores.window_sums.by_day(BOTH)), stores.queue_sums.by_day([Asked([GROUP], TWO_DAYS)])
    assert stores.window_sums.keep(BOTH) == 4
    assert stores.queue_sums.keep([Asked([GROUP], TWO_DAYS)]) == 2
    without_minutes(stores)
    after = sorted_days(stores.window_sums.by_day(BOTH)), stores.queue_sums.by_day([Asked([GROUP], TWO_DAYS)])
    assert after == before
    assert [len(one) for one in after] == [2, 1]


def test_nothing_told_is_kept_as_nothing(stores: Stores) -> None:
    assert stores.window_sums.keep(BOTH) == 4
    assert stores.window_sums.by_day(BOTH) == []
    assert stores.window_sums.keep(BOTH) == 0


def test_a_late_minute_undoes_its_windows_day_and_no_other(stores: Stores, book: Book) -> None:
    for window in (A, B):
        book.window(0, 60, 0, window=window)
        book.window(24 * 60, 60, 0, window=window)
    stores.window_sums.keep(BOTH)
    book.window(25, 0, 60)
    assert [(day.window, day.day, day.unstaffed_s) for day in sorted_days(stores.window_sums.by_day(BOTH))] == [
        (A, DAY, 60.0),
        (B, DAY, 0.0),
        (A, TOMORROW, 0.0),
        (B, TOMORROW, 0.0),
    ]
    assert stores.window_sums.keep(BOTH) == 1
    assert stores.window_sums.keep(BOTH) == 0


def test_a_late_minute_of_a_queue_undoes_its_day(stores: Stores, book: Book) -> None:
    asked = [Asked([GROUP], TWO_DAYS)]
    book.queue(0, 60, 3.0, 60.0)
    stores.queue_sums.keep(asked)
    book.queue(1, 60, 9.0, 60.0)
    (day,) = stores.queue_sums.by_day(asked)
    assert day.waiting == {3: 60.0, 9: 60.0}


def test_a_minute_out_of_service_undoes_nothing(stores: Stores, book: Book) -> None:
    stores.window_sums.keep(BOTH)
    book.window(-1, 60, 0)
    book.window(30, 60, 0)
    assert stores.window_sums.keep(BOTH) == 0


def test_other_spans_of_the_day_are_added_up_anew(stores: Stores, book: Book) -> None:
    book.window(5, 60, 0)
    book.window(25, 60, 0)
    book.window(24 * 60, 60, 0)
    stores.window_sums.keep([Asked([A], TWO_DAYS)])
    cut = [Asked([A], [span(0, 10), TWO_DAYS[2]])]
    assert [day.staffed_s for day in sorted_days(stores.window_sums.by_day(cut))] == [60.0, 60.0]
    assert stores.window_sums.keep(cut) == 1  # tomorrow's are the same
    assert stores.window_sums.keep([Asked([A], TWO_DAYS)]) == 1
    with stores.database.read() as session:
        assert session.scalar(select(func.count()).select_from(WindowDayRow)) == 2


def test_a_minute_that_comes_while_somebody_adds_up_leaves_his_sum_out(stores: Stores, book: Book) -> None:
    kept, asked = KeptDays(stores.database, WINDOW_DAYS), [Asked([A], [span(0, 10)])]
    claim = kept.claim(asked)
    book.window(0, 60, 0)
    kept.enter(claim, {(A, DAY.toordinal()): {"staffed_s": 0.0}})
    (day,) = stores.window_sums.by_day(asked)
    assert day.staffed_s == 60.0


def test_of_two_who_add_up_the_later_claim_stands(stores: Stores, book: Book) -> None:
    kept, asked, key = KeptDays(stores.database, WINDOW_DAYS), [Asked([A], [span(0, 10)])], (A, DAY.toordinal())
    book.window(0, 60, 0)
    first, second = kept.claim(asked), kept.claim(asked)
    kept.enter(first, {key: {"staffed_s": 1.0, "unstaffed_s": 0.0, "unknown_s": {}, "visitor_s": 0.0}})
    assert [day.staffed_s for day in stores.window_sums.by_day(asked)] == [60.0]  # nothing is kept, and it is added up
    kept.enter(second, {key: {"staffed_s": 2.0, "unstaffed_s": 0.0, "unknown_s": {}, "visitor_s": 0.0}})
    assert [day.staffed_s for day in stores.window_sums.by_day(asked)] == [2.0]


def test_a_minute_without_windows_is_entered(stores: Stores) -> None:
    assert stores.minutes.add("record", NODE, Minute(at(0), 60.0))
