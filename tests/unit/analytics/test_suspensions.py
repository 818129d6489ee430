"""While a window is suspended nobody is missed there, nothing is counted, and afterwards everything begins anew."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.unit.analytics.halls import (
    ALWAYS,
    AT_ONE,
    AT_TWO,
    COUNTER,
    COUNTER_CAMERA,
    HALL,
    NINE,
    ONE,
    QUEUE,
    TWO,
    local,
    site,
)
from tests.unit.analytics.test_analyst import EMPTY, ONE_LEFT, STAFFED, UNSERVED, Scene, Scenes, absences
from vigil.model.alerts import AlertKind, EndReason
from vigil.model.ids import SuspensionId, WindowId
from vigil.model.looks import Staffing, Unknown
from vigil.model.suspensions import Suspension, SuspensionKind, running

CROWD: Scene = {COUNTER: (AT_ONE, AT_TWO), HALL: QUEUE}


def suspension(
    from_at: datetime,
    to_at: datetime,
    window: WindowId = ONE,
    kind: SuspensionKind = SuspensionKind.PAUSED,
    name: str = "s-1",
) -> Suspension:
    return Suspension(SuspensionId(name), window, kind, from_at, to_at)


def later(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.mark.parametrize("kind", SuspensionKind)
def test_nobody_is_missed_at_a_window_that_is_suspended_and_the_others_go_on(kind: SuspensionKind) -> None:
    hall = Scenes()
    hall.analyst.suspend([suspension(NINE, later(60), kind=kind)])
    hall.play(EMPTY, 400)
    assert {alert.window for alert in hall.alerts} == {TWO}
    assert (hall.window(ONE).in_service, hall.window(ONE).suspended) == (False, kind)
    assert (hall.window(TWO).in_service, hall.window(TWO).suspended) == (True, None)


def test_it_counts_from_its_beginning_to_its_end_and_not_at_its_end() -> None:
    hall = Scenes()
    hall.analyst.suspend([suspension(later(1), later(2))])
    states = []
    for at in (later(1) - timedelta(seconds=1), later(1), later(2) - timedelta(seconds=1), later(2)):
        hall.play_until(STAFFED, at)
        states.append(hall.window().in_service)
    assert states == [True, False, False, True]


def test_an_open_absence_ends_at_the_last_look_before_the_pause() -> None:
    hall = Scenes()
    hall.play(STAFFED, 20)
    hall.play(ONE_LEFT, 400)
    last_look_at = hall.at
    hall.analyst.suspend([suspension(hall.at + timedelta(seconds=1), later(60))])
    ended = hall.second(ONE_LEFT)[-1]
    assert (ended.kind, ended.ended_at, ended.end_reason) == (
        AlertKind.WINDOW_UNSTAFFED,
        last_look_at,
        EndReason.SUSPENDED,
    )
    assert hall.play(ONE_LEFT, 700) == []


def test_a_visitor_at_a_paused_window_waits_for_nobody() -> None:
    hall = Scenes()
    hall.play(STAFFED, 20)
    hall.play(UNSERVED, 100)
    (raised,) = hall.alerts
    hall.analyst.suspend([suspension(hall.at, later(60))])
    (ended,) = hall.second(UNSERVED)
    assert (ended.id, ended.end_reason) == (raised.id, EndReason.SUSPENDED)
    assert hall.play(UNSERVED, 200) == []


def test_afterwards_everything_begins_anew() -> None:
    hall = Scenes()
    hall.play(STAFFED, 20)
    hall.play(ONE_LEFT, 299)
    hall.analyst.suspend([suspension(hall.at, later(20))])
    hall.play_until(ONE_LEFT, later(20) - timedelta(seconds=1))
    hall.second(ONE_LEFT)
    assert hall.staffing() == (Staffing.UNKNOWN, Unknown.UNSETTLED)
    hall.play(ONE_LEFT, 299)
    assert absences(hall.alerts) == []
    hall.second(ONE_LEFT)
    assert [alert.began_at for alert in absences(hall.alerts)] == [later(20)]


def test_a_look_from_within_the_pause_does_not_count_after_it() -> None:
    hall = Scenes()
    hall.analyst.suspend([suspension(NINE, later(1))])
    hall.play_until(EMPTY, later(1) - timedelta(seconds=1))
    hall.show(EMPTY, later(1) - timedelta(milliseconds=100))
    hall.at = later(1) + timedelta(milliseconds=500)
    hall.step()
    assert hall.analyst.memory.windows[ONE].clear_from_at is None


def test_one_that_is_ended_early_counts_no_more() -> None:
    hall = Scenes()
    hall.analyst.suspend([suspension(NINE, later(60))])
    hall.play(EMPTY, 100)
    hall.analyst.suspend([])
    hall.play(STAFFED, 20)
    assert hall.staffing() == (Staffing.STAFFED, None)


def test_a_suspended_window_does_not_serve_the_queue() -> None:
    """Ten people are a build-up for one window, and none for two."""
    hall = Scenes()
    hall.play(CROWD, 200)
    assert hall.alerts == []
    hall.analyst.suspend([suspension(hall.at, later(60), TWO)])
    hall.play(CROWD, 185)
    (raised,) = hall.alerts
    assert (raised.kind, raised.facts["in_service"], raised.facts["staffed"]) == (AlertKind.QUEUE_BUILDUP, 1, 1)


def test_a_queue_whose_windows_are_all_suspended_is_none() -> None:
    hall = Scenes()
    hall.analyst.suspend([suspension(NINE, later(60), TWO)])
    hall.play(CROWD, 200)
    hall.analyst.suspend([suspension(NINE, later(60), window, name=str(window)) for window in (ONE, TWO)])
    (ended,) = hall.second(CROWD)
    assert (ended.kind, ended.end_reason) == (AlertKind.QUEUE_BUILDUP, EndReason.SUSPENDED)
    hall.second(CROWD)
    assert (hall.queue().waiting, hall.queue().in_service) == (None, 0)


def test_nobody_is_looked_for_where_every_window_is_suspended() -> None:
    hall = Scenes(of=site(COUNTER_CAMERA))
    assert hall.analyst.wants(COUNTER, NINE)
    hall.analyst.suspend([suspension(NINE, later(60), window, name=str(window)) for window in (ONE, TWO)])
    assert not hall.analyst.wants(COUNTER, NINE)
    assert hall.analyst.wants(COUNTER, later(60))


def test_outside_the_hours_a_window_is_closed_and_not_suspended() -> None:
    hall = Scenes(local("2026-03-02T11:50"))
    hall.play_until(ONE_LEFT, local("2026-03-02T11:59:59"))
    hall.analyst.suspend([suspension(local("2026-03-02T12:00"), local("2026-03-02T14:00"))])
    (ended,) = hall.second(ONE_LEFT)
    assert ended.end_reason is EndReason.CLOSED
    assert (hall.window().in_service, hall.window().suspended) == (False, None)


def test_a_suspension_of_a_window_that_this_node_does_not_see_changes_nothing() -> None:
    hall = Scenes()
    hall.analyst.suspend([suspension(NINE, later(60), WindowId("elsewhere"))])
    hall.play(STAFFED, 20)
    assert hall.staffing() == (Staffing.STAFFED, None)


def test_an_episode_of_before_a_restart_ends_when_the_window_was_suspended_meanwhile() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 302)
    hall.restart()
    hall.analyst.suspend([suspension(hall.at, later(60))])
    (ended,) = hall.second(ONE_LEFT)
    assert ended.end_reason is EndReason.SUSPENDED


def test_of_several_at_once_the_one_that_ends_last_is_named() -> None:
    hall = Scenes(of=site(calendar=ALWAYS))
    leave = suspension(NINE, later(60), kind=SuspensionKind.LEAVE, name="leave")
    pause = suspension(NINE, later(10), name="pause")
    hall.analyst.suspend([leave, pause])
    hall.play(EMPTY, 2)
    assert hall.window().suspended is SuspensionKind.LEAVE
    assert running([leave, pause], later(60)) is None
