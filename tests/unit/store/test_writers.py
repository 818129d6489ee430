"""What several writers do at one time, on PostgreSQL: in SQLite they come one after the other.

Each test holds the first writer's transaction open until the second waits for it, or is through.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.conftest import Opened
from tests.postgres import PostgresServer
from tests.unit.store.samples import CAMERA, T0, alert, at, segment
from vigil.calendar import ServiceSpan
from vigil.errors import StoreError
from vigil.model.alerts import ClipState
from vigil.model.ids import AlertId, ClipId, NodeId, WindowId
from vigil.model.looks import Presence
from vigil.model.minutes import Minute, WindowMinute
from vigil.model.people import Role, everywhere
from vigil.model.register import Action
from vigil.model.steps import Step
from vigil.model.trace import TracePoint
from vigil.store.alert_steps import Taking
from vigil.store.footage import Span
from vigil.store.spans import Asked
from vigil.store.stores import Stores
from vigil.store.users import User

WITHIN_S = 20.0
LI = User("li", "李明", "政务服务中心", everywhere(Role.INVESTIGATOR))
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


class Writers:
    def __init__(self, server: PostgresServer, name: str, stores: Stores) -> None:
        self.stores = stores
        self._server, self._name = server, name

    def meanwhile(self, first: Callable[[], object], second: Callable[[], object]) -> tuple[Any, Any]:
        """What each returned. The second begins once the first has written, and the first commits once the second waits."""
        answers: list[Any] = []
        other = threading.Thread(target=lambda: answers.append(_answer(second)))
        with self.stores.database.write():
            mine = first()
            other.start()
            self._until_waiting(other)
        other.join(WITHIN_S)
        return mine, answers[0]

    def waits(self) -> bool:
        return bool(self._server.execute(WAITING, self._name)[0][0])

    def _until_waiting(self, other: threading.Thread) -> None:
        deadline = time.monotonic() + WITHIN_S
        while other.is_alive() and not self.waits():
            assert time.monotonic() < deadline, "the second writer neither waits nor ends"
            time.sleep(0.005)


def _answer(call: Callable[[], object]) -> object:
    try:
        return call()
    except StoreError as error:
        return error


@pytest.fixture
def writers(postgres: PostgresServer, postgres_database: str, opened: Opened) -> Writers:
    postgres.empty(postgres_database)
    return Writers(postgres, postgres_database, Stores.over(opened(postgres.url(postgres_database))))


def test_one_alert_told_twice_is_entered_once_and_the_later_revision_stands(writers: Writers) -> None:
    alerts = writers.stores.alerts
    later = alert(revision=2, facts={"absent_s": 600})
    assert writers.meanwhile(lambda: alerts.upsert(alert()), lambda: alerts.upsert(later)) == (True, True)
    found = alerts.find(alert().id)
    assert found is not None
    assert found.alert == later


def test_an_older_revision_that_waited_changes_nothing(writers: Writers) -> None:
    alerts = writers.stores.alerts
    alerts.upsert(alert())
    newer, older = alert(revision=3), alert(revision=2)
    assert writers.meanwhile(lambda: alerts.upsert(newer), lambda: alerts.upsert(older)) == (True, False)


def test_two_people_decide_and_one_of_them_has(writers: Writers) -> None:
    alerts = writers.stores.alerts
    alerts.upsert(alert())

    def take(step: Step, by: str) -> bool:
        result = writers.stores.alert_steps.take(alert().id, Taking(step, by, T0))
        return result is not None and result.applied

    assert writers.meanwhile(lambda: take(Step.CONFIRM, "a"), lambda: take(Step.DISMISS, "b")) == (True, False)


def test_traces_that_come_at_once_are_both_kept(writers: Writers) -> None:
    alerts, traces = writers.stores.alerts, writers.stores.traces
    alerts.upsert(alert())
    one, two, three, four = (TracePoint(at(second), Presence.CLEAR) for second in range(1, 5))
    alert_id = AlertId("alert-1")
    writers.meanwhile(lambda: traces.add(alert_id, [two]), lambda: traces.add(alert_id, [one]))
    assert traces.of(alert_id) == (one, two)
    writers.meanwhile(lambda: traces.add(alert_id, [four]), lambda: traces.add(alert_id, [three]))
    assert traces.of(alert_id) == (one, two, three, four)


def test_a_segment_that_is_told_stored_twice_counts_once(writers: Writers) -> None:
    footage = writers.stores.footage
    footage.announce(segment(0), "segments/0.mp4")
    assert writers.meanwhile(
        lambda: footage.mark_stored(segment(0).id), lambda: footage.mark_stored(segment(0).id)
    ) == (True, True)
    (found,) = writers.stores.footage_hours.of_day(T0, at(3600))
    assert found.stored_s == 60.0


def test_two_segments_of_one_hour_both_count(writers: Writers) -> None:
    footage = writers.stores.footage
    for number in range(3):
        footage.announce(segment(number), f"segments/{number}.mp4")
    footage.mark_stored(segment(0).id)
    writers.meanwhile(lambda: footage.mark_stored(segment(1).id), lambda: footage.mark_stored(segment(2).id))
    (found,) = writers.stores.footage_hours.of_day(T0, at(3600))
    assert found.stored_s == 180.0


def test_a_clip_that_is_extended_while_it_was_made_waits_again(writers: Writers) -> None:
    clips, span, longer = writers.stores.clips, Span(at(0), at(60)), Span(at(0), at(90))
    clip, alert_id = ClipId("clip-1"), AlertId("alert-1")
    clips.request_for_alert(clip, alert_id, CAMERA, span, at=T0)
    _, ready = writers.meanwhile(
        lambda: clips.request_for_alert(ClipId("clip-2"), alert_id, CAMERA, longer, at=T0),
        lambda: clips.mark_ready(clip, "clips/1.mp4", 1, "00", made_of=span),
    )
    assert ready is False
    _, extended = writers.meanwhile(
        lambda: clips.mark_ready(clip, "clips/1.mp4", 1, "00", made_of=longer),
        lambda: clips.request_for_alert(ClipId("clip-3"), alert_id, CAMERA, span, at=T0),
    )
    assert extended is not None
    found = clips.find(clip)
    assert found is not None
    assert found.state is ClipState.WAITING


def test_the_register_numbers_without_a_hole_in_the_order_of_commits(writers: Writers) -> None:
    register = writers.stores.register

    def enter(subject: str) -> None:
        register.append(LI, Action.PLAY, subject, at=T0)

    def fail() -> None:
        with writers.stores.database.write():
            enter("never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    writers.meanwhile(lambda: enter("one"), lambda: enter("two"))
    assert [(one.number, one.subject) for one in register.page().items] == [(2, "two"), (1, "one")]


def test_a_token_makes_one_key_however_many_try(writers: Writers) -> None:
    keys, node = writers.stores.node_keys, NodeId("node")
    keys.allow(node, "token", at(60))
    assert writers.meanwhile(
        lambda: keys.enrol(node, "token", "one", T0), lambda: keys.enrol(node, "token", "two", T0)
    ) == (True, False)


def test_a_node_that_is_shut_out_while_it_enrols_is_out(writers: Writers) -> None:
    keys, node = writers.stores.node_keys, NodeId("node")
    keys.allow(node, "token", at(60))
    assert writers.meanwhile(lambda: keys.enrol(node, "token", "key", T0), lambda: keys.revoke(node)) == (True, True)
    assert not keys.holds(node, "key")


def test_who_forgets_sessions_waits_for_nobody(writers: Writers) -> None:
    sessions = writers.stores.sessions
    writers.stores.users.add(LI, "hash")
    for token in ("held", "old"):
        sessions.start(token, "li", T0, at(10))
    waited: list[bool] = []

    def forget() -> None:
        sessions.forget(expired_at=at(20), idle_since=at(-60))
        waited.append(sessions.find("old") is not None)

    writers.meanwhile(lambda: sessions.touch("held", at(5)), forget)
    assert waited == [False]
    assert sessions.find("held") is not None, "the next one who logs in forgets it"


def test_a_writer_that_waits_too_long_is_refused(
    writers: Writers, postgres: PostgresServer, postgres_database: str, opened: Opened
) -> None:
    alerts = writers.stores.alerts
    alerts.upsert(alert())
    with opened(postgres.url(postgres_database)).write() as session:
        other = Stores.over(writers.stores.database)
        session.connection().exec_driver_sql("SELECT * FROM alerts FOR UPDATE")
        with pytest.raises(StoreError, match="lock timeout"), other.database.write() as waiting:
            assert waiting.connection().exec_driver_sql("SHOW lock_timeout").scalar() == "10s"
            waiting.connection().exec_driver_sql("SET LOCAL lock_timeout = 50")
            other.alert_steps.take(alert().id, Taking(Step.CONFIRM, "a", T0))


def test_a_sum_waits_for_the_minute_that_is_being_entered(writers: Writers) -> None:
    """The minute's writer cannot see that somebody adds up; were he not waited for, the sum would lack it for good."""
    window, day = WindowId("window-a"), date(2026, 3, 2)
    asked = [Asked([window], [ServiceSpan(day, T0, at(600))])]
    minute = Minute(T0, 60.0, (WindowMinute(window, 60.0, 0.0, {}, 0.0, 30),))
    minutes, sums = writers.stores.minutes, writers.stores.window_sums
    added = writers.meanwhile(lambda: minutes.add("record-1", NodeId("node-a"), minute), lambda: sums.keep(asked))
    assert added == (True, 1)
    assert sums.keep(asked) == 0
    assert [one.staffed_s for one in sums.by_day(asked)] == [60.0]


def test_minutes_of_two_nodes_are_entered_at_one_time(writers: Writers) -> None:
    minutes = writers.stores.minutes
    one, other = (Minute(T0, 60.0, (WindowMinute(WindowId(name), 60.0, 0.0, {}, 0.0, 30),)) for name in ("a", "b"))
    waited: list[bool] = []

    def second() -> bool:
        added = minutes.add("record-2", NodeId("node-b"), other)
        waited.append(writers.waits())
        return added

    assert writers.meanwhile(lambda: minutes.add("record-1", NodeId("node-a"), one), second) == (True, True)
    assert waited == [False]
