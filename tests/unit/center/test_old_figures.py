"""Figures that are over go a day at a time, with an entry each; what a report may ask for stays, and is what it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.report.samples import C1, G1, NODE, SITE, W1, W3, Book, local
from vigil.center.old_figures import OldFigures
from vigil.errors import StoreError
from vigil.model.looks import Presence, Staffing, WindowStatus
from vigil.model.media import Gap, GapCause
from vigil.model.minutes import Minute
from vigil.model.register import Action
from vigil.report.period import Period, PeriodKind
from vigil.report.report import make_report
from vigil.report.sums import keep
from vigil.store.register_chain import verify
from vigil.store.stores import Stores
from vigil.store.users import User

ZONE = ZoneInfo("Asia/Shanghai")
SYSTEM = User("vigil-retention", "保存期限", "vigil", frozenset())
KEEP = timedelta(days=10)
NOW = local("2026-10-22 03:00")
GOES, STAYS = date(2026, 10, 9), date(2026, 10, 12)


def never() -> bool:
    return False


def sweep(stores: Stores, now: datetime = NOW, stopped: Callable[[], bool] = never) -> int:
    return OldFigures(stores, KEEP, SYSTEM, "保存期限已满").sweep(ZONE, now, stopped)


def said(stores: Stores) -> list[str]:
    return [entry.subject for entry in stores.register.all()]


def changed(stores: Stores, number: int, at: str) -> None:
    status = WindowStatus(W1, in_service=True, staffing=Staffing.STAFFED, since_at=local(at), visitor=Presence.CLEAR)
    stores.observations.add(f"o{number}", status)


@pytest.fixture
def book(stores: Stores) -> Book:
    """Two days of which one is over, told by the minute."""
    book = Book(stores)
    for day in (GOES, STAYS):
        book.minutes(W1, day, "09:00", 30, staffed_s=40, unstaffed_s=20)
        book.minutes(W3, day, "09:00", 10, staffed_s=60)
        book.queue(G1, day, "09:00", [2.0, 3.0], [100.0, 200.0])
    return book


def test_a_day_that_is_over_goes_whole_and_the_register_says_so(book: Book) -> None:
    stores = book.stores
    book.footage(C1, "2026-10-09 09:00", 2)
    stores.footage.add_gap(Gap(C1, local("2026-10-09 11:00"), local("2026-10-09 12:00"), GapCause.NODE))
    stores.footage.add_gap(Gap(C1, local("2026-10-08 11:00"), local("2026-10-20 12:00"), GapCause.EXPIRED))
    for number, at in enumerate(("2026-10-09 09:00", "2026-10-09 10:00", "2026-10-09 11:00", "2026-10-13 09:00")):
        changed(stores, number, at)
    assert sweep(stores) == 1
    assert said(stores) == [
        "figures up to 2026-10-09: 40 minutes of windows, 2 of queues, 2 changes, 2 hours of footage, 1 gaps"
    ]
    (entry,) = stores.register.all()
    assert (entry.action, entry.reason, entry.username) == (Action.DELETE, "保存期限已满", "vigil-retention")
    assert verify(stores.register.all(), stores.register.head()).fault is None
    assert stores.minutes.of_window(W1, local("2026-10-09 00:00"), local("2026-10-10 00:00")) == []
    held = stores.observations.between(W1, local("2026-10-12 00:00"), local("2026-10-14 00:00"))
    assert [one.since_at for one in held] == [local("2026-10-09 11:00"), local("2026-10-13 09:00")]
    assert sweep(stores) == 0
    assert len(said(stores)) == 1


def test_what_stays_is_reported_as_before_and_what_went_is_unknown(book: Book) -> None:
    stores = book.stores
    month, days = Period(PeriodKind.SPAN, STAYS, STAYS), Period(PeriodKind.SPAN, GOES, GOES)
    list(keep(SITE, stores, days))
    before = make_report(SITE, stores, month, NOW)
    sweep(stores)
    assert make_report(SITE, stores, month, NOW) == before
    gone = make_report(SITE, stores, days, NOW).total.staffing
    assert (gone.staffed_s, gone.unstaffed_s) == (0, 0)
    assert gone.unknown_by_s.keys() == {"untold"}


@pytest.mark.parametrize(("now", "count"), [("2026-10-19 23:59", 0), ("2026-10-20 00:00", 1)])
def test_a_day_goes_when_all_of_it_is_over(book: Book, now: str, count: int) -> None:
    assert sweep(book.stores, local(now)) == count


def test_what_was_left_for_years_goes_a_day_at_a_time_and_may_be_stopped(book: Book) -> None:
    for number in range(3):
        book.minutes(W1, date(2025, 3, 3 + number), "09:00", 2)
    stop = iter([False, False, True])
    assert sweep(book.stores, stopped=lambda: next(stop)) == 2
    assert sweep(book.stores) == 2
    assert [subject.split(":")[0] for subject in said(book.stores)] == [
        "figures up to 2025-03-03",
        "figures up to 2025-03-04",
        "figures up to 2025-03-05",
        "figures up to 2026-10-09",
    ]


def test_no_figure_goes_without_its_entry(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("vigil.store.register.Register.append", fail)
        with pytest.raises(StoreError):
            sweep(book.stores)
    assert len(book.stores.minutes.of_window(W1, local("2026-10-09 00:00"), local("2026-10-10 00:00"))) == 30


def test_a_record_that_comes_again_after_its_minutes_went_is_known(book: Book) -> None:
    minute = Minute(local("2026-10-09 10:00"), 60.0)
    assert book.stores.minutes.add("again", NODE, minute)
    sweep(book.stores)
    assert not book.stores.minutes.add("again", NODE, minute)
