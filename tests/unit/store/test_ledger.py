from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.unit.store.samples import CAMERA, T0, alert, at
from vigil.errors import StoreError
from vigil.model.ids import AlertId, ClipId, HallId, LedgerId, WindowId
from vigil.model.ledger import Duty, Entry, EntryKind, EntryState, Evidence, EvidenceKind, LedgerStep, StoredFile, after
from vigil.model.people import ALL_HALLS
from vigil.model.steps import Step
from vigil.store.alert_steps import Taking
from vigil.store.database import Database
from vigil.store.footage import Span
from vigil.store.ledger import LedgerFilter, LedgerOutcome, LedgerRecord, LedgerResult, LedgerTaking
from vigil.store.stores import Stores

DUTY = Duty("公安局", "李某", T0 + timedelta(days=7))


def entry(name: str = "e-1", kind: EntryKind = EntryKind.COMPLAINT, **changes: Any) -> Entry:
    plain = Entry(
        LedgerId(name),
        kind,
        HallId("hall-1"),
        WindowId("window-1"),
        "群众反映窗口无人",
        "11 月 20 日上午",
        DUTY,
        EntryState.DUE,
        T0,
        "wang",
    )
    return replace(plain, **changes)


def enter(stores: Stores, one: Entry, key: str | None = None) -> LedgerResult:
    return stores.ledger.enter(one, year=2026, key=key)


def take(stores: Stores, step: LedgerStep, name: str = "e-1", by: str = "wang", **more: Any) -> LedgerResult:
    result = stores.ledger.take(LedgerId(name), LedgerTaking(step, by, at(60), **more))
    assert result is not None
    return result


def found(stores: Stores, name: str = "e-1") -> LedgerRecord:
    record = stores.ledger.find(LedgerId(name))
    assert record is not None
    return record


def numbers(stores: Stores, chosen: LedgerFilter | None = None) -> list[str]:
    page = stores.ledger.page(chosen or LedgerFilter(unreleased=ALL_HALLS), limit=200)
    return [str(record.entry.number) for record in page.items]


def test_the_way_of_an_entry(stores: Stores) -> None:
    assert str(enter(stores, entry()).record.entry.number) == "2026-0001"
    later = replace(DUTY, person=None, deadline=T0 + timedelta(days=14))
    take(stores, LedgerStep.CHANGE, duty=later, note="延期")
    take(stores, LedgerStep.REPORT_FIXED, note="已约谈")
    assert take(stores, LedgerStep.SEND_BACK, note="未附材料").record.entry.state is EntryState.DUE
    take(stores, LedgerStep.REPORT_FIXED, note="已补材料")
    assert take(stores, LedgerStep.ACCEPT).record.entry.state is EntryState.ACCEPTED
    record = take(stores, LedgerStep.CLOSE, note="办结").record
    assert (record.entry.state, record.entry.duty, record.entry.live) == (EntryState.CLOSED, later, False)
    assert [(step.step, step.note) for step in record.history] == [
        (LedgerStep.ENTER, None),
        (LedgerStep.CHANGE, "延期"),
        (LedgerStep.REPORT_FIXED, "已约谈"),
        (LedgerStep.SEND_BACK, "未附材料"),
        (LedgerStep.REPORT_FIXED, "已补材料"),
        (LedgerStep.ACCEPT, None),
        (LedgerStep.CLOSE, "办结"),
    ]
    assert (record.history[0].duty, record.history[1].duty) == (DUTY, later)
    assert found(stores) == record


DUE, FIXED, ACCEPTED, CLOSED, WITHDRAWN = EntryState
ALLOWED = {
    (DUE, LedgerStep.REPORT_FIXED): FIXED,
    (DUE, LedgerStep.DUE_SOON): DUE,
    (DUE, LedgerStep.OVERDUE): DUE,
    (FIXED, LedgerStep.SEND_BACK): DUE,
    (FIXED, LedgerStep.ACCEPT): ACCEPTED,
    (ACCEPTED, LedgerStep.CLOSE): CLOSED,
    **{(state, LedgerStep.CHANGE): state for state in (DUE, FIXED)},
    **{(state, LedgerStep.WITHDRAW): WITHDRAWN for state in (DUE, FIXED, ACCEPTED)},
    **{
        (state, step): state
        for state in (DUE, FIXED, ACCEPTED)
        for step in (LedgerStep.RELEASE, LedgerStep.ATTACH, LedgerStep.REMARK)
    },
}


@pytest.mark.parametrize("state", EntryState)
@pytest.mark.parametrize("step", LedgerStep)
def test_what_each_state_allows(state: EntryState, step: LedgerStep) -> None:
    assert after(state, step) is ALLOWED.get((state, step))


def test_numbers_of_a_year_begin_at_one_and_have_no_holes_though_many_enter_at_once(stores: Stores) -> None:
    ready = threading.Barrier(6)

    def many(thread: int) -> None:
        ready.wait()
        for number in range(10):
            enter(stores, entry(f"e-{thread}-{number}"))

    threads = [threading.Thread(target=many, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers(stores)) == [f"2026-{number:04}" for number in range(1, 61)]
    assert str(stores.ledger.enter(entry("next"), year=2027).record.entry.number) == "2027-0001"


def test_an_entry_that_failed_leaves_no_hole(stores: Stores, database: Database) -> None:
    def fail_halfway() -> None:
        with database.write():
            enter(stores, entry("lost"))
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()
    assert stores.ledger.find(LedgerId("lost")) is None
    assert str(enter(stores, entry()).record.entry.number) == "2026-0001"


def test_a_finding_is_not_there_and_has_no_number_before_it_is_released(stores: Stores) -> None:
    enter(stores, entry("f-1", EntryKind.FINDING))
    enter(stores, entry("c-1"))
    assert numbers(stores, LedgerFilter()) == ["2026-0001"]
    assert sorted(numbers(stores)) == ["2026-0001", "None"]
    assert str(take(stores, LedgerStep.RELEASE, "f-1", year=2026).record.entry.number) == "2026-0002"
    assert take(stores, LedgerStep.RELEASE, "f-1", year=2026).outcome is LedgerOutcome.REFUSED
    assert take(stores, LedgerStep.RELEASE, "c-1", year=2026).outcome is LedgerOutcome.REFUSED
    assert sorted(numbers(stores, LedgerFilter())) == ["2026-0001", "2026-0002"]


def test_one_alert_has_one_entry_until_it_is_withdrawn(stores: Stores) -> None:
    stores.alerts.upsert(alert())
    about: dict[str, Any] = {"kind": EntryKind.ALERT, "alert": alert().id}
    enter(stores, entry("a-1", **about))
    again = enter(stores, entry("a-2", **about))
    assert (again.outcome, again.record.entry.id) == (LedgerOutcome.REFUSED, "a-1")
    assert stores.ledger.of_alerts([alert().id, AlertId("none")]) == {alert().id}
    take(stores, LedgerStep.WITHDRAW, "a-1", note="重复")
    assert stores.ledger.of_alerts([alert().id]) == frozenset()
    assert enter(stores, entry("a-3", **about)).outcome is LedgerOutcome.TAKEN


def test_what_is_sent_again_is_done_once(stores: Stores) -> None:
    first = enter(stores, entry(), key="k")
    again = enter(stores, entry("another"), key="k")
    assert (again.outcome, again.record) == (LedgerOutcome.REPEATED, first.record)
    assert enter(stores, entry("x", title="别的"), key="k").outcome is LedgerOutcome.KEY_USED
    assert take(stores, LedgerStep.REMARK, note="a", key="s").outcome is LedgerOutcome.TAKEN
    assert take(stores, LedgerStep.REMARK, note="a", key="s").outcome is LedgerOutcome.REPEATED
    assert take(stores, LedgerStep.REMARK, note="b", key="s").outcome is LedgerOutcome.KEY_USED
    assert take(stores, LedgerStep.ACCEPT, seen=1).outcome is LedgerOutcome.OVERTAKEN
    assert len(found(stores).history) == 2


def test_evidence_comes_with_its_step(stores: Stores) -> None:
    enter(stores, entry())
    file = StoredFile("整改照片.jpg", "ledger/e-1/x", 1000, "ab" * 32, "image/jpeg")
    photo = Evidence("x", EvidenceKind.FILE, at(60), "wang", file=file)
    clip = Evidence("y", EvidenceKind.CLIP, at(61), "wang", subject="clip-1")
    take(stores, LedgerStep.ATTACH, evidence=photo)
    record = take(stores, LedgerStep.ATTACH, evidence=clip).record
    assert record.evidence == (photo, clip)
    assert [step.evidence for step in record.history] == [None, "x", "y"]


def test_filters(stores: Stores) -> None:
    stores.alerts.upsert(alert())
    enter(stores, entry("a", entered_at=at(1)))
    enter(stores, entry("b", entered_at=at(2), hall=HallId("hall-2"), duty=replace(DUTY, deadline=at(100))))
    enter(stores, entry("c", EntryKind.ALERT, entered_at=at(3), alert=alert().id))
    take(stores, LedgerStep.WITHDRAW, "c", note="x")

    def ids(**chosen: Any) -> list[str]:
        return [record.entry.id for record in stores.ledger.page(LedgerFilter(**chosen)).items]

    assert ids() == ["c", "b", "a"]
    assert ids(kind=EntryKind.COMPLAINT) == ["b", "a"]
    assert ids(hall=HallId("hall-2")) == ["b"]
    assert ids(state=EntryState.WITHDRAWN) == ["c"]
    assert ids(alert=alert().id) == ["c"]
    assert ids(live=True) == ["b", "a"]
    assert ids(live=False) == ["c"]
    assert ids(overdue_at=at(99)) == []
    assert ids(overdue_at=at(100)) == ["b"]


def test_pages(stores: Stores) -> None:
    for number in range(5):
        enter(stores, entry(f"e-{number}", entered_at=at(number // 2)))
    seen: list[str] = []
    cursor = None
    while True:
        page = stores.ledger.page(LedgerFilter(), after=cursor, limit=2)
        seen += [record.entry.id for record in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert seen == ["e-4", "e-3", "e-2", "e-1", "e-0"]


@pytest.mark.parametrize("how", ["the matter", "its alert as evidence", "itself as evidence"])
def test_what_an_entry_rests_on_is_not_removed_before_it_is_over(stores: Stores, how: str) -> None:
    stores.alerts.upsert(alert())
    stores.alert_steps.take(alert().id, Taking(Step.CONFIRM, "wang", T0))
    stores.clips.request_for_alert(ClipId("clip-1"), alert().id, CAMERA, Span(at(0), at(30)), at=T0)
    stores.clips.mark_ready(ClipId("clip-1"), "clips/1.mp4", 1, "ab" * 32)

    def expired() -> list[str]:
        return [clip.id for clip in stores.expiry.clips(at(90 * 86_400), at(90 * 86_400), 10)]

    assert expired() == ["clip-1"]
    if how == "the matter":
        enter(stores, entry(kind=EntryKind.ALERT, alert=alert().id))
    else:
        enter(stores, entry())
        assert expired() == ["clip-1"]
        kind, subject = (EvidenceKind.ALERT, alert().id) if "alert" in how else (EvidenceKind.CLIP, "clip-1")
        take(stores, LedgerStep.ATTACH, evidence=Evidence("y", kind, at(61), "wang", subject=subject))
    assert expired() == []
    take(stores, LedgerStep.WITHDRAW, note="重复")
    assert expired() == ["clip-1"]


@pytest.mark.parametrize("table", ["ledger_steps", "ledger_evidence"])
@pytest.mark.parametrize("change", ["DELETE FROM", "UPDATE"])
def test_nobody_alters_what_was_done(stores: Stores, database: Database, table: str, change: str) -> None:
    enter(stores, entry())
    take(stores, LedgerStep.ATTACH, evidence=Evidence("y", EvidenceKind.CLIP, at(61), "wang", subject="clip-1"))
    statement = f"{change} {table}" + (" SET by = 'x'" if change == "UPDATE" else "")
    with pytest.raises(StoreError, match="append-only"), database.write() as session:
        session.execute(text(statement))
