"""Escalation over a real database, by a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.notify.samples import SITE
from tests.unit.store.samples import T0, alert, at
from vigil.center.escalator import Escalated, Escalator
from vigil.center.notify.notifier import Notifier
from vigil.clock import FakeClock
from vigil.errors import StoreError
from vigil.model.alerts import AlertKind, AlertState, EndReason
from vigil.model.escalation import Escalation
from vigil.model.ids import AlertId, ChannelName, HallId, MessageId, MuteId, WindowId
from vigil.model.notices import Answer, Due, Stage, Verdict
from vigil.model.people import Role
from vigil.model.steps import Assignee, DismissReason, Step
from vigil.notify.message import Draughtsman
from vigil.notify.rules import Rule, Rules
from vigil.store.alert_steps import SYSTEM, Taking
from vigil.store.alerts import AlertRecord
from vigil.store.database import Database
from vigil.store.deliveries import Claim
from vigil.store.mutes import Mute
from vigil.store.stores import Stores

DUTY = ChannelName("duty")
OPERATOR, SUPERVISOR, INVESTIGATOR = Role.OPERATOR, Role.SUPERVISOR, Role.INVESTIGATOR


class Centre:
    """`told` is what the screens would have heard; the notices of channel `duty` are in the database."""

    def __init__(self, path: Path, clock: FakeClock, escalation: Escalation) -> None:
        self._path, self.clock, self._escalation = path, clock, escalation
        self.told: list[Escalated] = []
        self.start()

    def start(self) -> None:
        self.database = Database.in_file(self._path)
        self.stores = Stores.over(self.database)
        rules = Rules((Rule((DUTY,), stages=frozenset({Stage.OVERDUE})),), timedelta(0), ZoneInfo("Asia/Shanghai"))
        notifier = Notifier((), rules, Draughtsman(SITE, None), self.stores, self.clock)
        self.escalator = Escalator(self.stores, self._escalation, notifier, self.clock, self.told.append)

    def stop(self) -> None:
        self.database.close()

    def raised(self, name: str = "alert-1", **changes: Any) -> AlertId:
        self.stores.alerts.upsert(alert(name, raised_at=self.clock.now(), **changes), at=self.clock.now())
        return AlertId(name)

    def take(self, step: Step, **more: Any) -> None:
        result = self.stores.alert_steps.take(AlertId("alert-1"), Taking(step, "li", self.clock.now(), **more))
        assert result is not None
        assert result.applied

    def after(self, seconds: float) -> int:
        self.clock.advance(seconds)
        return self.escalator.run()

    def told_of(self) -> list[Due]:
        """What channel `duty` is told of now, and is thereby told."""
        heard: list[Due] = []

        def draw(_: MessageId, dues: Sequence[Due]) -> dict[str, Any]:
            heard.extend(dues)
            return {}

        now, day = self.clock.now(), timedelta(days=1)
        claim = self.stores.deliveries.claim(DUTY, draw, limits=(), now=now, lease=day, patience=day)
        if isinstance(claim, Claim):
            self.stores.deliveries.finish(claim, Answer(Verdict.DELIVERED, "ok"), now=now, rest_until=None)
        return heard

    def found(self, name: str = "alert-1") -> AlertRecord:
        record = self.stores.alerts.find(AlertId(name))
        assert record is not None
        return record


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(T0)


@pytest.fixture
def centre(tmp_path: Path, clock: FakeClock) -> Iterator[Centre]:
    made = Centre(tmp_path / "vigil.db", clock, Escalation())
    yield made
    made.stop()


@pytest.fixture
def three(tmp_path: Path, clock: FakeClock) -> Iterator[Centre]:
    """A ladder of three rungs."""
    made = Centre(tmp_path / "vigil.db", clock, Escalation(roles=(OPERATOR, SUPERVISOR, INVESTIGATOR)))
    yield made
    made.stop()


def test_what_nobody_acknowledges_goes_to_the_next_role_once(centre: Centre) -> None:
    name = centre.raised()
    assert centre.after(299) == 0
    assert centre.after(1) == 1
    assert [centre.after(1000) for _ in range(3)] == [0, 0, 0]
    record = centre.found()
    assert (record.state, record.level, record.assigned) == (AlertState.OPEN, 1, Assignee(role=SUPERVISOR))
    (step,) = record.history
    assert (step.at, step.by, step.step, step.to) == (at(300), SYSTEM, Step.ESCALATE, Assignee(role=SUPERVISOR))
    assert centre.told == [Escalated(name, SUPERVISOR, 1)]


def test_a_visitor_who_stands_there_waits_less(centre: Centre) -> None:
    centre.raised(kind=AlertKind.UNSERVED_VISITOR)
    assert centre.after(119) == 0
    assert centre.after(1) == 1


def test_who_acknowledged_has_time_to_decide(centre: Centre) -> None:
    centre.raised()
    centre.clock.advance(200)
    centre.take(Step.ACKNOWLEDGE)
    assert centre.after(3599) == 0
    assert centre.after(1) == 1
    assert centre.found().state is AlertState.ACKNOWLEDGED


def test_what_is_over_hurries_nobody(centre: Centre) -> None:
    centre.raised()
    centre.stores.alerts.upsert(alert(revision=2, raised_at=T0, ended_at=at(60), end_reason=EndReason.RESOLVED))
    assert centre.after(3599) == 0
    assert centre.after(1) == 1


@pytest.mark.parametrize("step", [Step.CONFIRM, Step.DISMISS])
def test_what_is_decided_is_never_escalated(centre: Centre, step: Step) -> None:
    centre.raised()
    centre.take(step, reason=DismissReason.FALSE_DETECTION if step is Step.DISMISS else None)
    assert centre.after(1_000_000) == 0


def test_a_comment_takes_nothing_further(centre: Centre) -> None:
    centre.raised()
    centre.clock.advance(200)
    centre.take(Step.COMMENT, note="在看")
    assert centre.after(100) == 1


def test_reopened_it_begins_at_the_first_rung(centre: Centre) -> None:
    centre.raised()
    assert centre.after(300) == 1
    centre.take(Step.CONFIRM)
    centre.take(Step.REOPEN, note="看错")
    assert centre.found().level == 0
    assert centre.after(3600) == 1
    assert centre.told[-1].level == 1


def test_each_rung_has_its_time(three: Centre) -> None:
    three.raised()
    assert [three.after(299), three.after(1), three.after(299), three.after(1), three.after(5000)] == [0, 1, 0, 1, 0]
    assert [one.to for one in three.told] == [SUPERVISOR, INVESTIGATOR]


def test_a_centre_that_was_down_goes_on_with_the_next_rung_and_not_the_last(three: Centre) -> None:
    three.raised()
    three.stop()
    three.clock.advance(7200)
    three.start()
    assert [three.after(0), three.after(0), three.after(299), three.after(1)] == [1, 0, 0, 1]


def test_a_restart_escalates_nothing_again(centre: Centre) -> None:
    centre.raised()
    assert centre.after(300) == 1
    centre.stop()
    centre.start()
    assert centre.after(300) == 0
    assert len(centre.found().history) == 1


def test_what_came_late_has_its_time_from_when_it_came(centre: Centre) -> None:
    late = alert(raised_at=T0 - timedelta(hours=3))
    centre.stores.alerts.upsert(late, backfilled=True, at=T0)
    assert centre.after(299) == 0
    assert centre.after(1) == 1


def test_two_that_run_at_once_escalate_once(centre: Centre) -> None:
    centre.raised()
    centre.clock.advance(300)
    stale = centre.stores.alerts.waiting(before=centre.clock.now(), below_level=1)
    assert centre.escalator.run() == 1
    taking = Taking(Step.ESCALATE, SYSTEM, at(301), key=f"escalate {stale[0].waits_since.isoformat()}")
    again = centre.stores.alert_steps.take(AlertId("alert-1"), taking)
    assert again is not None
    assert not again.applied
    assert len(centre.found().history) == 1


def test_more_than_one_page_of_them(centre: Centre) -> None:
    for number in range(1203):
        centre.raised(f"alert-{number:04}")
    assert centre.after(300) == 1203
    assert centre.after(300) == 0


def test_one_role_alone_escalates_nothing(tmp_path: Path, clock: FakeClock) -> None:
    alone = Centre(tmp_path / "vigil.db", clock, Escalation(roles=(OPERATOR,)))
    alone.raised()
    assert alone.after(1_000_000) == 0
    alone.stop()


def mute(centre: Centre, seconds: float) -> Mute:
    now = centre.clock.now()
    entered = Mute(
        MuteId("m"),
        HallId("hall-1"),
        WindowId("window-1"),
        AlertKind.WINDOW_UNSTAFFED,
        now,
        now + timedelta(seconds=seconds),
        "窗口搬迁",
        "wang",
    )
    assert centre.stores.mutes.add(entered).applied
    return entered


def test_a_muted_alert_waits_for_the_end_of_the_mute(centre: Centre) -> None:
    centre.raised()
    mute(centre, 1800)
    assert [centre.after(1799), centre.after(1), centre.after(299), centre.after(1)] == [0, 0, 0, 1]


def test_a_mute_that_is_ended_ends_for_its_alerts(centre: Centre) -> None:
    centre.raised()
    centre.stores.mutes.end(mute(centre, 1800).id, by="wang", at=centre.clock.now())
    assert [centre.after(299), centre.after(1)] == [0, 1]


def test_what_ended_while_it_was_muted_calls_nobody(centre: Centre) -> None:
    centre.raised()
    mute(centre, 1800)
    centre.stores.alerts.upsert(alert(revision=2, raised_at=T0, ended_at=at(60), end_reason=EndReason.RESOLVED))
    assert centre.after(1_000_000) == 0
    assert centre.found().state is AlertState.OPEN


def test_people_are_told_of_each_rung_once_and_by_whoever_comes_after_a_kill(centre: Centre) -> None:
    centre.raised()
    centre.after(300)
    centre.stop()  # nobody was woken, nothing was sent
    centre.start()
    (due,) = centre.told_of()
    assert due.stages == {Stage.OVERDUE}
    assert (due.passed_to, due.state) == (SUPERVISOR, AlertState.OPEN)
    assert centre.after(1000) == 0
    assert centre.told_of() == []


def test_an_alert_that_lies_again_is_told_of_again(centre: Centre) -> None:
    centre.raised()
    centre.after(300)
    assert len(centre.told_of()) == 1
    centre.take(Step.ACKNOWLEDGE)
    centre.after(3600)
    (due,) = centre.told_of()
    assert (due.passed_to, due.state) == (SUPERVISOR, AlertState.ACKNOWLEDGED)


def test_what_was_taken_further_before_the_message_left_is_not_called_overdue(centre: Centre) -> None:
    centre.raised()
    centre.after(300)
    centre.take(Step.CONFIRM)
    (due,) = centre.told_of()
    assert (due.passed_to, due.state) == (None, AlertState.CONFIRMED)


def test_of_two_rungs_that_wait_the_later_is_told(three: Centre) -> None:
    three.raised()
    three.after(300)
    three.after(300)
    (due,) = three.told_of()
    assert due.passed_to is INVESTIGATOR


def test_nobody_is_escalated_of_whom_nobody_will_hear(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.raised()

    def fail(*_: object, **__: object) -> int:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("vigil.store.notices.Notices.enter", fail)
        with pytest.raises(StoreError):
            centre.after(300)
    assert (centre.found().level, centre.told) == (0, [])
    assert centre.after(0) == 1
    assert len(centre.told_of()) == 1
