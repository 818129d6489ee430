"""Which days are added up, and when, with a clock that is turned by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from tests.unit.report.samples import SITE, W1, Book, local
from vigil.center.sums import SumKeeper
from vigil.clock import FakeClock
from vigil.report.period import PeriodKind, period_of
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.tables import WindowDayRow


class Centre:
    def __init__(self, stores: Stores) -> None:
        self.stores, self.clock = stores, FakeClock(local("2026-05-21 03:59"))
        self.book, self.keeper = Book(stores), SumKeeper(SITE, stores, self.clock)

    def at(self, moment: str) -> int:
        self.clock.at = local(moment)
        return self.keeper.run()

    def kept(self) -> list[str]:
        days = select(WindowDayRow.day).where(WindowDayRow.window == W1).order_by(WindowDayRow.day)
        with self.stores.database.read() as session:
            return [str(local("0001-01-01 12:00").date().fromordinal(day)) for day in session.scalars(days)]


@pytest.fixture
def centre(database: Database) -> Centre:
    return Centre(Stores.over(database))


def test_before_anybody_told_anything_there_is_nothing_to_keep(centre: Centre) -> None:
    assert centre.at("2026-05-21 12:00") == 0


def test_a_day_is_kept_when_it_is_over_and_the_night_has_passed(centre: Centre) -> None:
    centre.book.minutes(W1, local("2026-05-19 08:30").date(), "08:30", 5)
    centre.at("2026-05-21 03:59")
    assert centre.kept()[-1] == "2026-05-19"
    centre.at("2026-05-21 04:00")
    assert centre.kept()[-1] == "2026-05-20"
    assert centre.at("2026-05-21 23:00") == 0


def test_late_minutes_of_recent_months_are_kept_at_once_and_of_older_ones_in_their_turn(centre: Centre) -> None:
    for month in ("02", "03", "04", "05"):
        centre.book.minutes(W1, local(f"2026-{month}-10 08:30").date(), "08:30", 1)
    assert centre.at("2026-06-15 12:00") > 0
    assert centre.kept()[0] == "2026-02-02"  # months are whole, their first two days were a weekend
    centre.book.minutes(W1, local("2026-05-11 08:30").date(), "08:30", 1)
    assert centre.at("2026-06-15 12:10") == 1
    for month in ("02", "03", "04"):
        centre.book.minutes(W1, local(f"2026-{month}-09 08:30").date(), "08:30", 1)
    assert [centre.at(f"2026-06-15 12:{minute}") for minute in (20, 30, 40, 50)] == [1, 1, 1, 0]


def test_days_that_somebody_is_about_to_read_are_kept_as_far_as_they_are_over(centre: Centre) -> None:
    centre.book.minutes(W1, local("2026-05-12 08:30").date(), "08:30", 1)
    centre.clock.at = local("2026-05-21 12:00")
    april, may = (period_of(PeriodKind.MONTH, local(f"2026-{month}-01 12:00").date()) for month in ("04", "05"))
    assert centre.keeper.keep(april) == 0
    assert centre.keeper.keep(may) > 0
    assert (centre.kept()[0], centre.kept()[-1]) == ("2026-05-12", "2026-05-20")
    assert centre.keeper.keep(may) == 0


def test_two_who_keep_the_same_days_add_up_each_once(centre: Centre) -> None:
    centre.book.minutes(W1, local("2026-05-12 08:30").date(), "08:30", 1)
    centre.clock.at = local("2026-05-21 12:00")
    may = period_of(PeriodKind.MONTH, local("2026-05-21 12:00").date())
    with ThreadPoolExecutor(2) as both:
        kept = sum(both.map(centre.keeper.keep, (may, may)))
    assert kept == 7 * 5  # of seven days of work, three windows and two queues


def test_when_the_centre_stops_the_day_at_hand_is_the_last(centre: Centre) -> None:
    centre.book.minutes(W1, local("2026-05-04 08:30").date(), "08:30", 1)
    centre.keeper.stop(0.0)
    centre.at("2026-05-21 12:00")
    assert centre.kept() == ["2026-05-20"]
