from __future__ import annotations

from datetime import date

from tests.unit.store.samples import at
from vigil.model.ids import ReportId
from vigil.store.reports import ReportFile, ReportRecord, ReportState
from vigil.store.stores import Stores


def record(name: str = "month-2026-02", seconds: float = 0) -> ReportRecord:
    first, last = date(2026, 2, 1), date(2026, 2, 28)
    return ReportRecord(ReportId(name), "month", first, last, ReportState.WAITING, at(seconds), "supervisor")


XLSX = ReportFile("xlsx", "reports/month-2026-02.xlsx", 1234, "ab" * 32)


def test_a_pack_is_asked_for_once_and_waits(stores: Stores) -> None:
    assert [stores.reports.ask(record()) for _ in range(2)] == [True, False]
    assert stores.reports.waiting() == [record()]


def test_a_pack_that_is_made_has_its_files(stores: Stores) -> None:
    stores.reports.ask(record())
    stores.reports.mark_ready(record().id, [XLSX], at=at(5))
    found = stores.reports.find(record().id)
    assert found is not None
    assert (found.state, found.made_at, found.file("xlsx"), found.file("pdf")) == (ReportState.READY, at(5), XLSX, None)
    assert stores.reports.waiting() == []


def test_a_pack_that_failed_says_why(stores: Stores) -> None:
    stores.reports.ask(record())
    stores.reports.mark_failed(record().id, "the workdays of 2027 are not known")
    found = stores.reports.find(record().id)
    assert found is not None
    assert (found.state, found.fault) == (ReportState.FAILED, "the workdays of 2027 are not known")


def test_pages_are_newest_first_and_go_on_where_they_ended(stores: Stores) -> None:
    for number in range(5):
        stores.reports.ask(record(f"r{number}", number // 2))
    first = stores.reports.page(limit=3)
    rest = stores.reports.page(after=first.next, limit=3)
    assert [one.id for one in (*first.items, *rest.items)] == ["r4", "r3", "r2", "r1", "r0"]
    assert rest.next is None
    assert stores.reports.find(ReportId("none")) is None
