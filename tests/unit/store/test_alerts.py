from __future__ import annotations

from tests.unit.store.samples import T0, alert, at
from vigil.model.alerts import Alert, AlertKind, AlertState, EndReason
from vigil.model.ids import AlertId, GroupId, HallId
from vigil.model.steps import Assignee, Step
from vigil.store.alert_steps import Taking
from vigil.store.alerts import AlertFilter, AlertRecord, Cursor
from vigil.store.stores import Stores

EVERYTHING = AlertFilter()


def found(stores: Stores, name: str = "alert-1") -> AlertRecord:
    record = stores.alerts.find(AlertId(name))
    assert record is not None
    return record


def ids(stores: Stores, chosen: AlertFilter) -> list[str]:
    return [record.alert.id for record in stores.alerts.page(chosen).items]


def test_comes_back_as_it_was(stores: Stores) -> None:
    full = alert(
        group=GroupId("group-1"),
        escalated_at=at(60),
        ended_at=at(120),
        end_reason=EndReason.RESOLVED,
        clip_from_at=at(-310),
        clip_to_at=at(130),
        facts={"waiting": 12, "share": 0.5, "empty_windows": ["w1", "w2"], "why": None},
    )
    assert stores.alerts.upsert(full, backfilled=True, snapshot_key="snapshots/1.jpg")
    record = found(stores)
    assert record.alert == full
    assert (record.state, record.backfilled, record.snapshot_key) == (AlertState.OPEN, True, "snapshots/1.jpg")


def test_the_same_again_changes_nothing(stores: Stores) -> None:
    assert [stores.alerts.upsert(alert()) for _ in range(3)] == [True, False, False]


def test_only_a_higher_revision_counts(stores: Stores) -> None:
    stores.alerts.upsert(alert(revision=3, ended_at=at(300)))
    assert not stores.alerts.upsert(alert(revision=2, escalated_at=at(100)))
    assert found(stores).alert == alert(revision=3, ended_at=at(300))
    assert stores.alerts.upsert(alert(revision=4, ended_at=at(400)))
    assert found(stores).alert.ended_at == at(400)


def test_a_picture_that_comes_late_is_kept_and_never_replaced(stores: Stores) -> None:
    stores.alerts.upsert(alert(revision=2))
    assert stores.alerts.upsert(alert(revision=1), snapshot_key="a.jpg")
    assert not stores.alerts.upsert(alert(revision=2), snapshot_key="b.jpg")
    assert not stores.alerts.attach_snapshot(alert().id, "b.jpg")
    assert found(stores).snapshot_key == "a.jpg"
    assert found(stores).alert.revision == 2
    assert not stores.alerts.attach_snapshot(AlertId("none"), "b.jpg")


def test_filters(stores: Stores) -> None:
    queue = {"kind": AlertKind.QUEUE_BUILDUP, "hall": HallId("hall-2"), "window": None}
    stores.alerts.upsert(alert("a"))
    stores.alerts.upsert(alert("b", raised_at=at(1), ended_at=at(60), end_reason=EndReason.CLOSED))
    stores.alerts.upsert(alert("c", raised_at=at(2), **queue))
    stores.alert_steps.take(AlertId("a"), Taking(Step.ACKNOWLEDGE, "li", at(5)))
    stores.alert_steps.take(AlertId("b"), Taking(Step.ASSIGN, "li", at(5), to=Assignee(user="wang")))
    assert ids(stores, EVERYTHING) == ["c", "b", "a"]
    assert ids(stores, AlertFilter(hall=HallId("hall-1"))) == ["b", "a"]
    assert ids(stores, AlertFilter(kind=AlertKind.QUEUE_BUILDUP)) == ["c"]
    assert ids(stores, AlertFilter(state=AlertState.ACKNOWLEDGED)) == ["a"]
    assert ids(stores, AlertFilter(assigned=Assignee(user="wang"))) == ["b"]
    assert ids(stores, AlertFilter(active=True)) == ["c", "a"]
    assert ids(stores, AlertFilter(active=False)) == ["b"]
    assert ids(stores, AlertFilter(hall=HallId("hall-1"), active=True)) == ["a"]


def test_pages_hold_every_alert_once_though_more_come_in(stores: Stores) -> None:
    def raised(number: int) -> Alert:  # three at a time, so that pages break within one moment
        return alert(f"alert-{number:02}", raised_at=at(number // 3))

    for number in range(10):
        stores.alerts.upsert(raised(number))
    seen: list[str] = []
    after_cursor: Cursor | None = None
    for _ in range(4):
        page = stores.alerts.page(EVERYTHING, after=after_cursor, limit=3)
        seen += [record.alert.id for record in page.items]
        stores.alerts.upsert(raised(50 + len(seen)))
        after_cursor = page.next
        if after_cursor is None:
            break
    assert seen == [f"alert-{number:02}" for number in reversed(range(10))]
    assert after_cursor is None


def test_a_full_last_page_has_no_next(stores: Stores) -> None:
    stores.alerts.upsert(alert(raised_at=T0))
    assert stores.alerts.page(EVERYTHING, limit=1).next is None
    assert stores.alerts.page(AlertFilter(hall=HallId("none"))).items == ()
