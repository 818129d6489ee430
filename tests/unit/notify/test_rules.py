from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.notify.samples import T0, alert, at
from vigil.model.alerts import AlertKind
from vigil.model.ids import ChannelName, HallId
from vigil.model.notices import Passed, Stage
from vigil.model.people import Role
from vigil.notify.rules import Quiet, Rule, Rules

ZONE = ZoneInfo("Asia/Shanghai")
A, B = ChannelName("a"), ChannelName("b")
NIGHT = Quiet(time(22, 0), time(7, 30))


def wanted(*rules: Rule, now: datetime = T0, **changes: Any) -> set[tuple[str, str, datetime]]:
    found = Rules(rules, timedelta(seconds=10), ZONE).wanted(alert(**changes), now)
    return {(one.channel, str(one.stage), one.due_at) for one in found}


def test_an_alert_waits_for_others_and_is_told_to_each_channel() -> None:
    assert wanted(Rule((A, B))) == {("a", "raised", at(10)), ("b", "raised", at(10))}


def test_every_stage_that_was_reached_is_told() -> None:
    stages = {stage for _, stage, _ in wanted(Rule((A,)), escalated_at=at(1), ended_at=at(2))}
    assert stages == {"raised", "escalated", "ended"}
    only = Rule((A,), stages=frozenset({Stage.ESCALATED}))
    assert wanted(only) == set()
    assert {stage for _, stage, _ in wanted(only, escalated_at=at(1), ended_at=at(2))} == {"escalated"}


def test_kinds_and_halls() -> None:
    faults = Rule((A,), kinds=frozenset({AlertKind.CAMERA_FAULT}))
    assert wanted(faults) == set()
    assert wanted(faults, kind=AlertKind.CAMERA_FAULT) != set()
    hall = Rule((A,), halls=frozenset({HallId("rs")}))
    assert wanted(hall) == set()
    assert wanted(hall, hall=HallId("rs")) != set()


def test_of_two_rules_the_earlier_holds() -> None:
    night = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    held = Rule((A,), quiet=NIGHT)
    morning = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert wanted(held, now=night) == {("a", "raised", morning)}
    assert wanted(held, Rule((A,)), now=night) == {("a", "raised", night + timedelta(seconds=10))}


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-03-02T21:59:49", None),
        ("2026-03-02T21:59:50", "2026-03-03T07:30:00"),  # what would leave in the quiet hours waits as well
        ("2026-03-02T23:59:59", "2026-03-03T07:30:00"),
        ("2026-03-03T00:00:00", "2026-03-03T07:30:00"),
        ("2026-03-03T07:29:49", "2026-03-03T07:30:00"),
        ("2026-03-03T07:29:50", None),
        ("2026-03-03T12:00:00", None),
    ],
)
def test_quiet_hours_over_midnight(local: str, until: str | None) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=ZONE)
    expected = now + timedelta(seconds=10) if until is None else datetime.fromisoformat(until).replace(tzinfo=ZONE)
    assert {due for _, _, due in wanted(Rule((A,), quiet=NIGHT), now=now)} == {expected}


def test_quiet_hours_within_a_day() -> None:
    lunch = Quiet(time(12, 0), time(14, 30))
    assert lunch.ends_after(datetime(2026, 3, 2, 13, 0, tzinfo=ZONE), ZONE) == datetime(2026, 3, 2, 14, 30, tzinfo=ZONE)
    assert lunch.ends_after(datetime(2026, 3, 2, 14, 30, tzinfo=ZONE), ZONE) is None
    assert lunch.ends_after(datetime(2026, 3, 2, 11, 59, tzinfo=ZONE), ZONE) is None


def overdue(*rules: Rule, role: Role = Role.SUPERVISOR, **changes: Any) -> set[tuple[str, datetime]]:
    found = Rules(rules, timedelta(seconds=10), ZONE).overdue(alert(**changes), Passed(role, 3), T0)
    assert {(one.stage, one.passed) for one in found} <= {(Stage.OVERDUE, Passed(role, 3))}
    return {(one.channel, one.due_at) for one in found}


def test_an_overdue_alert_goes_to_the_channels_of_the_role() -> None:
    leaders = Rule((B,), stages=frozenset({Stage.OVERDUE}), roles=frozenset({Role.SUPERVISOR}))
    operators = Rule((A,), stages=frozenset({Stage.RAISED, Stage.ENDED}))
    assert overdue(leaders, operators) == {("b", at(10))}
    assert overdue(leaders, role=Role.OPERATOR) == set()
    assert overdue(Rule((A,), halls=frozenset({HallId("rs")})), leaders) == {("b", at(10))}


def test_without_roles_a_rule_tells_of_every_rung_and_a_node_tells_of_none() -> None:
    everything = Rule((A,))
    assert overdue(everything) == overdue(everything, role=Role.OPERATOR) == {("a", at(10))}
    assert wanted(Rule((A,), stages=frozenset({Stage.OVERDUE})), escalated_at=at(1), ended_at=at(2)) == set()
