"""Packs that are due, with a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.report.press import PressHere
from tests.unit.report.samples import SITE, W1, Book, local
from vigil.archive.folder import FolderStore
from vigil.center.report_orders import Order
from vigil.center.reports import ReportMaker
from vigil.clock import FakeClock
from vigil.errors import ArchiveError, ReportsDied
from vigil.model.ids import ReportId
from vigil.report.period import Period, PeriodKind
from vigil.store.database import Database
from vigil.store.reports import ReportRecord, ReportState
from vigil.store.stores import Stores


class Centre:
    def __init__(self, folder: Path, stores: Stores) -> None:
        self.stores, self.clock = stores, FakeClock(local("2026-05-20 10:00"))
        self.objects: Any = FolderStore(folder)
        self.press, self.kept = PressHere(stores), list[Period]()
        self.maker = ReportMaker(SITE, stores, self.objects, self.clock, self.press, self.kept.append)

    def at(self, moment: str) -> list[str]:
        """What is entered as due by then, and not before."""
        known = {record.id for record in self.stores.reports.page(limit=100).items}
        self.clock.at = local(moment)
        self.maker.enter_due()
        return sorted({record.id for record in self.stores.reports.page(limit=100).items} - known)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    database = Database.in_file(tmp_path / "vigil.db")
    stores = Stores.over(database)
    Book(stores).minutes(W1, local("2026-05-20 08:30").date(), "08:30", 5)
    yield Centre(tmp_path / "objects", stores)
    database.close()


def test_packs_are_due_on_the_first_once_the_night_is_over(centre: Centre) -> None:
    assert centre.at("2026-05-31 23:59") == []
    assert centre.at("2026-06-01 03:59") == []
    assert centre.at("2026-06-01 04:00") == ["month-2026-05"]
    assert centre.at("2026-06-01 05:00") == []
    assert centre.at("2026-07-01 04:00") == ["month-2026-06", "quarter-2026-04", "two-months-2026-05"]
    assert centre.at("2026-08-01 04:00") == ["month-2026-07"]


def test_what_became_due_while_the_centre_was_down_is_caught_up(centre: Centre) -> None:
    assert centre.at("2026-09-10 12:00") == [
        "month-2026-05",
        "month-2026-06",
        "month-2026-07",
        "month-2026-08",
        "quarter-2026-04",
        "two-months-2026-05",
        "two-months-2026-07",
    ]


def test_a_centre_that_was_told_nothing_makes_nothing(tmp_path: Path) -> None:
    database = Database.in_file(tmp_path / "vigil.db")
    assert Centre(tmp_path / "objects", Stores.over(database)).at("2026-09-10 12:00") == []
    database.close()


def test_packs_go_into_the_archive_with_their_hashes(centre: Centre) -> None:
    centre.at("2026-06-01 04:00")
    centre.maker.make_all()
    found = centre.stores.reports.find(ReportId("month-2026-05"))
    assert found is not None
    assert (found.state, found.asked_by, found.made_at) == (ReportState.READY, None, centre.clock.now())
    assert [file.key for file in found.files] == ["reports/month-2026-05.xlsx", "reports/month-2026-05.pdf"]
    assert all(centre.objects.verify(file.key, file.sha256) for file in found.files)


def test_an_archive_that_is_away_leaves_the_pack_waiting(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.at("2026-06-01 04:00")

    def refuse(*args: object, **values: object) -> None:
        raise ArchiveError("no disk")

    with monkeypatch.context() as away:
        away.setattr(centre.objects, "put", refuse)
        with pytest.raises(ArchiveError):
            centre.maker.make_all()
    assert [record.id for record in centre.stores.reports.waiting()] == ["month-2026-05"]
    centre.maker.make_all()
    assert centre.stores.reports.waiting() == []


def test_a_packs_days_are_kept_before_it_is_made(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.at("2026-06-01 04:00")
    made_after = []
    make = centre.press.make

    def watched(*asked: Any) -> Any:
        made_after.append(list(centre.kept))
        return make(*asked)

    monkeypatch.setattr(centre.press, "make", watched)
    centre.maker.make_all()
    assert made_after == [
        [Period(PeriodKind.MONTH, local("2026-05-01 12:00").date(), local("2026-05-31 12:00").date())]
    ]


def test_a_pack_whose_process_died_is_made_afterwards_unless_it_dies_of_it_each_time(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.at("2026-07-01 04:00")
    make = centre.press.make

    def die(*_: Any) -> Any:
        raise ReportsDied("killed")

    def die_over_the_quarter(order: Order, *more: Any) -> Any:
        return die() if order.period is not None and order.period.kind is PeriodKind.QUARTER else make(order, *more)

    with monkeypatch.context() as away:
        away.setattr(centre.press, "make", die)
        with pytest.raises(ReportsDied):
            centre.maker.make_all()
    assert len(centre.stores.reports.waiting()) == 4
    monkeypatch.setattr(centre.press, "make", die_over_the_quarter)
    for _ in range(2):
        with pytest.raises(ReportsDied):
            centre.maker.make_all()
    centre.maker.make_all()
    states = {record.id: record.state for record in centre.stores.reports.page().items}
    assert states == {
        "month-2026-05": ReportState.READY,
        "month-2026-06": ReportState.READY,
        "quarter-2026-04": ReportState.FAILED,
        "two-months-2026-05": ReportState.READY,
    }


def test_one_that_failed_is_made_again_at_the_next_start_and_a_persons_is_not(centre: Centre) -> None:
    centre.at("2026-06-01 04:00")
    first, last = local("2026-05-20 10:00").date(), local("2026-05-21 10:00").date()
    asked = ReportRecord(ReportId("x"), "span", first, last, ReportState.WAITING, centre.clock.now(), "supervisor")
    centre.stores.reports.ask(asked)
    for record in centre.stores.reports.waiting():
        centre.stores.reports.mark_failed(record.id, "the workdays are not known")
    centre.stores.reports.retry_due()
    assert [record.id for record in centre.stores.reports.waiting()] == ["month-2026-05"]


def test_one_that_breaks_does_not_stop_the_others(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.at("2026-06-01 04:00")
    bad = ReportRecord(
        ReportId("bad"), "no such kind", local("2026-05-20 10:00").date(), local("2026-05-21 10:00").date(),
        ReportState.WAITING, centre.clock.now() - timedelta(days=1), "supervisor",
    )  # fmt: skip
    centre.stores.reports.ask(bad)
    centre.maker.make_all()
    states = {record.id: record.state for record in centre.stores.reports.page().items}
    assert states == {"bad": ReportState.FAILED, "month-2026-05": ReportState.READY}


def test_one_that_never_started_stops_too(centre: Centre) -> None:
    centre.maker.stop(1)
    assert not centre.maker._thread.is_alive()


def test_the_thread_makes_what_it_is_woken_for_and_stops(centre: Centre) -> None:
    made = []
    ready = centre.stores.reports.mark_ready

    def tell(*args: Any, **values: Any) -> None:
        ready(*args, **values)
        made.append(args[0])
        centre.maker._stop.set()

    centre.stores.reports.mark_ready = tell  # type: ignore[method-assign]
    centre.clock.at = local("2026-06-01 04:00")
    centre.maker.start()
    centre.maker._thread.join(60)
    assert (made, centre.maker._thread.is_alive()) == (["month-2026-05"], False)
    centre.maker.stop(1)
