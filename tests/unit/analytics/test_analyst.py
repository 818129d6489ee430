from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.unit.analytics.halls import (
    ALWAYS,
    AT_ONE,
    AT_TWO,
    COUNTER,
    COUNTER_CAMERA,
    DETECTOR,
    GROUP,
    HALL,
    HALL_CAMERA,
    LANE,
    NINE,
    ONE,
    QUEUE,
    SPOT_ONE,
    STAFF_ONE,
    STAFF_TWO,
    TWO,
    USUAL,
    VISITOR_ONE,
    camera,
    local,
    site,
)
from vigil.analytics.analyst import Analyst, Memory, Standing
from vigil.analytics.zones import Look
from vigil.model.alerts import Alert, AlertKind, EndReason
from vigil.model.ids import CameraId, WindowId
from vigil.model.looks import (
    CameraHealth,
    CameraStatus,
    Detection,
    Presence,
    QueueStatus,
    Staffing,
    Unknown,
    WindowStatus,
)
from vigil.model.site import Calendar, Rates, Site, Thresholds, Workdays
from vigil.model.trace import ScoreMarks

Seen = Sequence[Detection] | Unknown | None
"""What a camera shows: people, a reason why nothing can be seen, or no picture at all."""
Scene = Mapping[CameraId, Seen] | Callable[[datetime], Mapping[CameraId, Seen]]

EMPTY: Scene = {COUNTER: (), HALL: ()}
STAFFED: Scene = {COUNTER: (AT_ONE, AT_TWO), HALL: ()}
ONE_LEFT: Scene = {COUNTER: (AT_TWO,), HALL: ()}
UNSERVED: Scene = {COUNTER: (AT_TWO, VISITOR_ONE), HALL: ()}
SERVED: Scene = {COUNTER: (AT_ONE, AT_TWO, VISITOR_ONE), HALL: ()}

MEMORY: TypeAdapter[Memory] = TypeAdapter(Memory)


class Scenes:
    """Plays scenes to an analyst: each camera is looked at once a second, and then judged."""

    def __init__(self, at: datetime = NINE, of: Site | None = None, memory: Memory = Memory()) -> None:  # noqa: B008
        self.site = of or site()
        self.at = at
        self.alerts: list[Alert] = []
        self._start(memory)

    def _start(self, memory: Memory) -> None:
        cameras = frozenset(one.id for _, one in self.site.cameras())
        self.analyst = Analyst(self.site, cameras, DETECTOR, memory, self.at)

    def restart(self, of: Site | None = None, *, away_s: float = 5) -> None:
        """Through JSON, as the node keeps its memory."""
        memory = MEMORY.validate_json(MEMORY.dump_json(self.analyst.memory))
        self.site = of or self.site
        self.at += timedelta(seconds=away_s)
        self._start(memory)

    def second(self, scene: Scene) -> list[Alert]:
        self.at += timedelta(seconds=1)
        self.show(scene, self.at)
        return self.step()

    def show(self, scene: Scene, at: datetime) -> None:
        for name, seen in (scene(at) if callable(scene) else scene).items():
            if isinstance(seen, Unknown):
                self.analyst.look(Look.blind(name, at, seen))
            elif seen is not None:
                self.analyst.look(self.analyst.zones(name).look(seen, at))

    def step(self) -> list[Alert]:
        alerts = self.analyst.step(self.at)
        self.alerts += alerts
        return alerts

    def play(self, scene: Scene, seconds: int) -> list[Alert]:
        return [alert for _ in range(seconds) for alert in self.second(scene)]

    def play_until(self, scene: Scene, at: datetime) -> list[Alert]:
        return self.play(scene, round((at - self.at).total_seconds()))

    @property
    def standing(self) -> Standing:
        return self.analyst.standing(self.at)

    def window(self, name: WindowId = ONE) -> WindowStatus:
        return next(one for one in self.standing.windows if one.window == name)

    def queue(self) -> QueueStatus:
        (queue,) = self.standing.queues
        return queue

    def camera(self, name: CameraId = COUNTER) -> CameraStatus:
        return next(one for one in self.standing.cameras if one.camera == name)

    def staffing(self, name: WindowId = ONE) -> tuple[Staffing, Unknown | None]:
        status = self.window(name)
        return status.staffing, status.why


def absences(alerts: Sequence[Alert]) -> list[Alert]:
    return [one for one in alerts if one.kind is AlertKind.WINDOW_UNSTAFFED]


# An absence from beginning to end


def test_an_absence_is_one_alert_that_escalates_and_ends() -> None:
    hall = Scenes()
    hall.play(STAFFED, 60)
    left_at = hall.at + timedelta(seconds=1)
    assert hall.play(ONE_LEFT, 300) == []
    (raised,) = hall.second(ONE_LEFT)
    assert (raised.kind, raised.revision, raised.hall) == (AlertKind.WINDOW_UNSTAFFED, 1, "gongan")
    assert (raised.window, raised.group, raised.camera) == (ONE, GROUP, COUNTER)
    assert (raised.began_at, raised.raised_at) == (left_at, hall.at)
    assert raised.facts == {"absent_s": 300.0, "probability": 0.99, "detector": DETECTOR}
    assert raised.clip_from_at == left_at - timedelta(seconds=15)
    assert raised.clip_to_at == hall.at + timedelta(seconds=15)

    assert hall.play(ONE_LEFT, 299) == []
    (escalated,) = hall.second(ONE_LEFT)
    assert (escalated.id, escalated.revision, escalated.escalated_at) == (raised.id, 2, hall.at)
    assert escalated.facts["absent_s"] == 600.0

    back_at = hall.at + timedelta(seconds=1)
    assert hall.play(STAFFED, 10) == []
    (ended,) = hall.second(STAFFED)
    assert (ended.id, ended.revision) == (raised.id, 3)
    assert (ended.ended_at, ended.end_reason) == (back_at, EndReason.RESOLVED)
    assert (ended.raised_at, ended.escalated_at) == (raised.raised_at, escalated.escalated_at)
    assert hall.analyst.memory.open == {}


def test_the_next_absence_has_an_id_of_its_own() -> None:
    hall = Scenes()
    for _ in range(2):
        hall.play(STAFFED, 20)
        hall.play(ONE_LEFT, 310)
    assert len({alert.id for alert in hall.alerts}) == 2


def test_a_long_clip_loses_its_beginning() -> None:
    hall = Scenes(of=site(thresholds=Thresholds(absence_alert_s=1200, absence_escalate_s=1800)))
    hall.play(ONE_LEFT, 1201)
    (raised,) = hall.alerts
    assert raised.clip_to_at is not None
    assert raised.clip_from_at == raised.clip_to_at - timedelta(seconds=600)


def test_flicker_at_the_threshold_is_one_alert() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 301)
    for _ in range(100):
        hall.play(STAFFED, 2)
        hall.play(ONE_LEFT, 2)
        hall.second({COUNTER: Unknown.DARK, HALL: ()})
    assert [alert.revision for alert in absences(hall.alerts)] in ([1], [1, 2])


def test_statuses_say_since_when() -> None:
    hall = Scenes()
    first_at = hall.at + timedelta(seconds=1)
    hall.play(STAFFED, 11)
    status = hall.window()
    assert (status.in_service, status.staffing, status.why, status.since_at) == (True, Staffing.STAFFED, None, first_at)
    left_at = hall.at + timedelta(seconds=1)
    hall.play(ONE_LEFT, 31)
    assert (hall.window().staffing, hall.window().since_at) == (Staffing.UNSTAFFED, left_at)
    assert hall.staffing(TWO) == (Staffing.STAFFED, None)


# Hours


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2026-03-02T06:00", "2026-03-02T08:30"),  # before the opening
        ("2026-03-02T12:01", "2026-03-02T14:30"),  # lunch
        ("2026-03-02T18:00", "2026-03-02T20:00"),  # after work
        ("2026-03-01T09:00", "2026-03-01T10:00"),  # a Sunday
        ("2026-10-01T09:00", "2026-10-01T10:00"),  # a holiday, on a Thursday
    ],
)
def test_nobody_is_absent_out_of_service(begin: str, end: str) -> None:
    hall = Scenes(local(begin))
    hall.play_until(EMPTY, local(end) - timedelta(seconds=1))
    assert hall.alerts == []
    assert not hall.window().in_service
    assert hall.window().since_at == local(begin) + timedelta(seconds=1)


def test_a_make_up_workday_is_a_workday() -> None:
    hall = Scenes(local("2026-10-10T09:00"))  # a Saturday (调休)
    hall.play(ONE_LEFT, 301)
    assert len(absences(hall.alerts)) == 1


def test_at_the_opening_the_clock_begins_with_the_first_look_in_service() -> None:
    hall = Scenes(local("2026-03-02T08:00"))
    hall.play_until(EMPTY, local("2026-03-02T08:34:59"))
    assert hall.alerts == []
    alerts = hall.second(EMPTY)
    assert [alert.began_at for alert in alerts] == [local("2026-03-02T08:30")] * 2
    assert [alert.facts["absent_s"] for alert in alerts] == [300.0] * 2


def test_a_look_from_before_the_opening_counts_for_nothing() -> None:
    # The second window is in service at night, too, so its camera is looked at all the time.
    hall = Scenes(local("2026-03-02T08:29:50"), site(second_calendar=ALWAYS))
    hall.play_until(EMPTY, local("2026-03-02T08:29:59"))
    hall.show(EMPTY, local("2026-03-02T08:29:59.900"))
    hall.at = local("2026-03-02T08:30:00.500")
    hall.step()
    assert hall.staffing() == (Staffing.UNKNOWN, Unknown.UNSETTLED)
    hall.play(EMPTY, 299)
    hall.play(EMPTY, 2)
    alert = next(one for one in hall.alerts if one.window == ONE)
    assert alert.began_at == local("2026-03-02T08:30:01.500")
    assert alert.raised_at - alert.began_at == timedelta(seconds=300)


def test_a_camera_that_was_not_looked_at_before_the_opening_is_no_reason_to_complain() -> None:
    hall = Scenes(local("2026-03-02T08:29:50"))
    hall.play_until({COUNTER: Unknown.CLOSED, HALL: Unknown.CLOSED}, local("2026-03-02T08:29:59"))
    hall.at = local("2026-03-02T08:30")
    hall.step()
    assert hall.staffing() == (Staffing.UNKNOWN, Unknown.UNSETTLED)
    assert hall.window().since_at == local("2026-03-02T08:30")


def test_lunch_ends_an_absence_and_the_afternoon_begins_anew() -> None:
    hall = Scenes(local("2026-03-02T11:50"))
    hall.play_until(ONE_LEFT, local("2026-03-02T12:00"))
    ended = hall.alerts[-1]
    assert (ended.ended_at, ended.end_reason) == (local("2026-03-02T11:59:59"), EndReason.CLOSED)
    hall.play_until(EMPTY, local("2026-03-02T14:34:59"))
    assert len(hall.alerts) == 2
    hall.second(EMPTY)
    assert [alert.began_at for alert in hall.alerts[2:]] == [local("2026-03-02T14:30")] * 2


def test_an_absence_shorter_than_the_threshold_before_lunch_is_none_after_it() -> None:
    hall = Scenes(local("2026-03-02T11:56"))
    hall.play_until(EMPTY, local("2026-03-02T14:34:59"))
    assert hall.alerts == []


def test_a_window_has_hours_of_its_own() -> None:
    evening = Calendar(hours=("18:00-20:00",))
    hall = Scenes(local("2026-03-02T18:00"), site(second_calendar=evening))
    hall.play(EMPTY, 302)
    assert {alert.window for alert in hall.alerts} == {TWO}
    assert (hall.window(ONE).in_service, hall.window(TWO).in_service) == (False, True)


def test_a_camera_is_wanted_while_something_in_its_picture_is_in_service() -> None:
    hall = Scenes(of=site(second_calendar=Calendar(hours=("18:00-20:00",))))
    wants = hall.analyst.wants
    for camera_id in (COUNTER, HALL):  # the hall's queue belongs to both windows
        assert wants(camera_id, local("2026-03-02T09:00"))
        assert not wants(camera_id, local("2026-03-02T12:30"))
        assert wants(camera_id, local("2026-03-02T19:00"))
        assert not wants(camera_id, local("2026-03-02T21:00"))


# The calendar


def test_a_start_in_a_year_that_is_not_known_leaves_windows_unknown_and_runs() -> None:
    hall = Scenes(local("2027-03-01T09:00"))

    hall.play_until(ONE_LEFT, local("2027-03-01T09:20"))

    assert hall.alerts == []
    assert {(window.staffing, window.why) for window in hall.standing.windows} == {(Staffing.UNKNOWN, Unknown.CALENDAR)}


def test_windows_are_unknown_in_a_year_that_is_not_known() -> None:
    hall = Scenes(local("2026-12-31T17:50"))
    hall.play_until(ONE_LEFT, local("2026-12-31T18:01"))
    assert [alert.end_reason for alert in hall.alerts] == [None, EndReason.CLOSED]
    hall.at = local("2027-01-04T09:00")
    hall.play(EMPTY, 1000)
    assert len(hall.alerts) == 2
    assert hall.staffing() == (Staffing.UNKNOWN, Unknown.CALENDAR)
    assert hall.queue().waiting == 0  # who waits is seen all the same


# Unknown


@pytest.mark.parametrize("stale_after_s", [2, 8, 9])
def test_without_pictures_a_window_is_unknown_within_ten_seconds_and_never_unstaffed(stale_after_s: float) -> None:
    hall = Scenes(of=site(thresholds=Thresholds(stale_after_s=stale_after_s)))
    hall.play(ONE_LEFT, 20)  # window 1 is nearly unstaffed
    for second in range(1, 300):
        hall.second({})
        assert hall.window().staffing is not Staffing.UNSTAFFED
        if second >= 10:
            assert hall.staffing(TWO) == (Staffing.UNKNOWN, Unknown.NO_SIGNAL)
    assert absences(hall.alerts) == []


@pytest.mark.parametrize("why", [Unknown.DARK, Unknown.FROZEN, Unknown.OCCLUDED, Unknown.DETECTOR])
def test_a_picture_that_shows_nothing_accuses_nobody(why: Unknown) -> None:
    hall = Scenes()
    hall.play(STAFFED, 20)
    hall.play({COUNTER: why, HALL: why}, 1000)
    assert absences(hall.alerts) == []
    assert hall.staffing() == (Staffing.UNKNOWN, why)


def test_the_very_same_look_proves_nothing_anew() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 30)
    at = hall.at
    for _ in range(9):
        hall.at += timedelta(seconds=0.5)
        hall.show(ONE_LEFT, at)
        hall.step()
    assert hall.window().staffing is Staffing.UNKNOWN  # 29 s, not 33


def test_looks_out_of_order_count_once() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 200)
    for _ in range(50):
        hall.show(ONE_LEFT, hall.at - timedelta(seconds=3))
        hall.step()
        hall.show(ONE_LEFT, hall.at)
        hall.step()
    assert hall.alerts == []
    hall.play(ONE_LEFT, 100)
    assert hall.alerts == []
    assert len(hall.second(ONE_LEFT)) == 1


def test_a_short_blindness_pauses_and_a_long_one_ends_an_absence() -> None:
    blind: Scene = {COUNTER: Unknown.OCCLUDED, HALL: ()}
    hall = Scenes()
    hall.play(ONE_LEFT, 201)
    hall.play(blind, 100)
    assert absences(hall.play(ONE_LEFT, 100)) == []
    (raised,) = absences(hall.second(ONE_LEFT))
    last_look_at = hall.at
    assert raised.facts["absent_s"] == 300.0
    (ended,) = absences(hall.play(blind, 130))
    assert (ended.id, ended.ended_at, ended.end_reason) == (raised.id, last_look_at, EndReason.LOST_SIGHT)
    assert absences(hall.play(ONE_LEFT, 300)) == []


# The clock


def test_a_clock_set_back_by_hours_stops_nothing() -> None:
    hall = Scenes(local("2026-03-02T17:00"))
    hall.play(STAFFED, 60)
    hall.at = NINE
    hall.second({})
    assert hall.window().why is not None  # what was seen at 17:00 says nothing of 09:00
    hall.play(STAFFED, 15)
    assert hall.staffing() == (Staffing.STAFFED, None)
    assert hall.queue().waiting == 0
    hall.play(ONE_LEFT, 301)
    assert len(absences(hall.alerts)) == 1


def test_a_clock_set_back_while_the_node_was_off_stops_nothing() -> None:
    hall = Scenes(local("2026-03-02T17:00"))
    hall.play(STAFFED, 60)
    hall.restart(away_s=-8 * 3600)
    hall.play(ONE_LEFT, 302)
    assert len(absences(hall.alerts)) == 1
    assert hall.queue().waiting == 0


def test_a_clock_set_ahead_accuses_nobody() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 200)
    hall.at += timedelta(hours=1)
    assert hall.play(ONE_LEFT, 300) == []
    assert len(hall.second(ONE_LEFT)) == 1


# More cameras than one

SIDE = CameraId("side")
TWO_SIDES = (COUNTER_CAMERA, camera(SIDE, STAFF_ONE), HALL_CAMERA)


def test_somebody_seen_by_one_of_two_cameras_is_there() -> None:
    hall = Scenes(of=site(*TWO_SIDES))
    hall.play({COUNTER: (AT_TWO,), SIDE: (AT_ONE,), HALL: ()}, 1000)
    assert hall.alerts == []
    assert hall.staffing() == (Staffing.STAFFED, None)


def test_one_camera_blind_and_the_other_clear_is_clear() -> None:
    hall = Scenes(of=site(*TWO_SIDES))
    hall.play({COUNTER: (AT_TWO,), SIDE: Unknown.DARK, HALL: ()}, 301)
    assert [alert.camera for alert in absences(hall.alerts)] == [COUNTER]


def test_both_cameras_blind_is_unknown() -> None:
    hall = Scenes(of=site(*TWO_SIDES))
    hall.play({COUNTER: Unknown.DARK, SIDE: Unknown.DARK, HALL: ()}, 1000)
    assert absences(hall.alerts) == []
    assert hall.staffing() == (Staffing.UNKNOWN, Unknown.DARK)


def test_cameras_out_of_step_count_time_once() -> None:
    def turns(at: datetime) -> Mapping[CameraId, Seen]:
        even = at.second % 2 == 0
        return {COUNTER if even else SIDE: (AT_TWO,) if even else (), HALL: ()}

    hall = Scenes(of=site(*TWO_SIDES))
    hall.play(turns, 300)
    assert hall.alerts == []
    assert len(absences(hall.play(turns, 2))) == 1


# Visitors


def test_a_visitor_is_shown_and_staffs_nothing() -> None:
    hall = Scenes()
    hall.play({COUNTER: (AT_TWO, VISITOR_ONE), HALL: ()}, 301)
    assert (hall.window(ONE).visitor, hall.window(TWO).visitor) == (Presence.SEEN, Presence.CLEAR)
    assert [alert.window for alert in absences(hall.alerts)] == [ONE]


def test_a_visitor_whom_nobody_serves_is_told_before_the_absence_with_figures_and_footage() -> None:
    hall = Scenes()
    hall.play(STAFFED, 30)
    hall.play(ONE_LEFT, 20)
    came_at = hall.at + timedelta(seconds=1)
    assert hall.play(UNSERVED, 60) == []
    (raised,) = hall.second(UNSERVED)
    assert (raised.kind, raised.revision, raised.hall) == (AlertKind.UNSERVED_VISITOR, 1, "gongan")
    assert (raised.window, raised.group, raised.camera) == (ONE, GROUP, COUNTER)
    assert (raised.began_at, raised.raised_at) == (came_at, hall.at)
    assert raised.facts == {"waited_s": 60.0, "absent_s": 80.0, "probability": 0.99, "detector": DETECTOR}
    assert raised.clip_from_at == came_at - timedelta(seconds=15)

    back_at = hall.at + timedelta(seconds=1)
    assert hall.play(SERVED, 10) == []
    (ended,) = hall.second(SERVED)
    assert (ended.id, ended.revision, ended.ended_at, ended.end_reason) == (raised.id, 2, back_at, EndReason.RESOLVED)
    assert hall.analyst.memory.open == {}


def test_an_unserved_visitor_and_the_absence_are_two_alerts() -> None:
    hall = Scenes()
    hall.play(UNSERVED, 320)
    assert [one.kind for one in hall.alerts] == [AlertKind.UNSERVED_VISITOR, AlertKind.WINDOW_UNSTAFFED]
    assert set(hall.analyst.memory.open) == {f"unserved {ONE}", f"window {ONE}"}


def test_a_visitor_of_the_hall_camera_at_a_window_of_the_counter_camera_is_shown_by_the_counter() -> None:
    hall = Scenes(of=site(camera(COUNTER, STAFF_ONE, STAFF_TWO), camera(HALL, SPOT_ONE)))
    hall.play({COUNTER: (AT_TWO,), HALL: (VISITOR_ONE,)}, 61)
    assert [(one.kind, one.camera) for one in hall.alerts] == [(AlertKind.UNSERVED_VISITOR, COUNTER)]


def test_a_visitor_is_not_unserved_where_either_side_cannot_be_seen() -> None:
    hall = Scenes(of=site(camera(COUNTER, STAFF_ONE, STAFF_TWO), camera(HALL, SPOT_ONE)))
    for _ in range(3):
        hall.play({COUNTER: (AT_TWO,), HALL: (VISITOR_ONE,)}, 50)
        hall.play({COUNTER: Unknown.OCCLUDED, HALL: (VISITOR_ONE,)}, 130)
        hall.play({COUNTER: (AT_TWO,), HALL: (VISITOR_ONE,)}, 50)
        hall.play({COUNTER: (AT_TWO,), HALL: Unknown.DARK}, 130)
    assert [one for one in hall.alerts if one.kind is AlertKind.UNSERVED_VISITOR] == []


def test_visitors_before_the_opening_and_at_lunch_are_nobody_s_fault() -> None:
    hall = Scenes(local("2026-03-02T08:20"))
    hall.play_until(UNSERVED, local("2026-03-02T08:30:59"))
    assert hall.alerts == []
    (raised,) = hall.second(UNSERVED)
    assert raised.began_at == local("2026-03-02T08:30")
    hall = Scenes(local("2026-03-02T11:58"))
    hall.play_until(UNSERVED, local("2026-03-02T14:00"))
    assert [(one.revision, one.end_reason) for one in hall.alerts] == [(1, None), (2, EndReason.CLOSED)]
    assert hall.alerts[-1].ended_at == local("2026-03-02T11:59:59")


def test_an_unserved_visitor_goes_on_over_a_restart_without_a_second_alert() -> None:
    hall = Scenes()
    hall.play(UNSERVED, 100)
    hall.restart()
    hall.play(UNSERVED, 60)
    assert [one.revision for one in hall.alerts] == [1]
    hall.play(ONE_LEFT, 9)
    assert [one.revision for one in hall.alerts] == [1, 2]


def test_an_unserved_visitor_ends_where_the_spot_is_watched_no_more() -> None:
    hall = Scenes()
    hall.play(UNSERVED, 100)
    hall.restart(site(camera(COUNTER, STAFF_ONE, STAFF_TWO), HALL_CAMERA))
    assert [(one.kind, one.end_reason) for one in hall.second(UNSERVED)] == [
        (AlertKind.UNSERVED_VISITOR, EndReason.REMOVED)
    ]


def test_a_clock_set_back_makes_nobody_wait() -> None:
    hall = Scenes(local("2026-03-02T17:00"))
    hall.play(UNSERVED, 50)
    hall.at = NINE
    hall.play(UNSERVED, 60)
    assert hall.alerts == []
    (raised,) = hall.second(UNSERVED) + hall.second(UNSERVED)
    assert raised.began_at < raised.raised_at


def test_a_window_without_a_visitor_spot_is_judged_like_any_other() -> None:
    hall = Scenes(of=site(camera(COUNTER, STAFF_ONE, STAFF_TWO), HALL_CAMERA))
    hall.play(STAFFED, 20)
    assert hall.staffing() == (Staffing.STAFFED, None)
    assert hall.window().visitor is Presence.UNKNOWN


def test_a_visitor_is_seen_by_a_camera_that_does_not_see_the_counter() -> None:
    hall = Scenes(of=site(camera(COUNTER, STAFF_ONE, STAFF_TWO), camera(HALL, SPOT_ONE)))
    hall.play({COUNTER: (AT_ONE, AT_TWO), HALL: (VISITOR_ONE,)}, 5)
    assert hall.window().visitor is Presence.SEEN
    assert hall.analyst.wants(HALL, hall.at)


# Queues


def queue_of(people: int, *staff: Detection) -> Scene:
    return {COUNTER: staff, HALL: QUEUE[:people]}


def test_a_build_up_is_told_with_its_figures() -> None:
    hall = Scenes(of=site(thresholds=Thresholds(absence_alert_s=3000, absence_escalate_s=3000)))
    hall.play(ONE_LEFT, 60)
    begin_at = hall.at + timedelta(seconds=2)  # the second of three looks is the median's
    alerts = hall.play(queue_of(8, AT_TWO), 181)
    assert alerts == []
    (raised,) = hall.second(queue_of(8, AT_TWO))
    assert (raised.kind, raised.group, raised.window, raised.camera) == (AlertKind.QUEUE_BUILDUP, GROUP, None, HALL)
    assert (raised.began_at, raised.raised_at) == (begin_at, hall.at)
    wait = hall.queue().wait
    assert wait is not None
    assert raised.facts == {
        "wait_s": wait.median_s,
        "wait_low_s": wait.low_s,
        "wait_high_s": wait.high_s,
        "waiting": 8,
        "staffed": 1,
        "unknown": 0,
        "in_service": 2,
        "empty_windows": [ONE],
        "detector": DETECTOR,
    }


def test_windows_of_which_nothing_is_known_count_as_serving() -> None:
    hall = Scenes()
    hall.play(queue_of(8, AT_ONE), 20)
    hall.play({COUNTER: Unknown.DETECTOR, HALL: QUEUE[:8]}, 1000)
    assert hall.alerts == []  # 8 people, and two windows that may be staffed
    assert (hall.queue().staffed, hall.queue().unknown, hall.queue().in_service) == (0, 2, 2)


def test_windows_that_no_camera_of_the_node_sees_count_as_serving() -> None:
    hall = Scenes(of=site(camera(COUNTER, STAFF_TWO), HALL_CAMERA))
    hall.play(queue_of(8, AT_TWO), 1000)
    assert hall.alerts == []
    assert (hall.queue().staffed, hall.queue().unknown, hall.queue().in_service) == (1, 1, 2)
    assert [status.window for status in hall.standing.windows] == [TWO]


def test_a_queue_is_watched_where_no_counter_is() -> None:
    hall = Scenes(of=site(HALL_CAMERA))
    assert hall.analyst.wants(HALL, hall.at)
    assert not hall.analyst.wants(HALL, local("2026-03-02T13:00"))
    hall.play({HALL: QUEUE}, 1000)
    assert hall.alerts == []  # ten people, two windows that may be staffed
    assert hall.queue().waiting == 10
    crowd = tuple(replace(one, score=0.5) for one in QUEUE[:3])
    hall.play({HALL: QUEUE + crowd}, 200)
    (raised,) = hall.alerts
    assert raised.facts["empty_windows"] == []
    assert "wait_s" not in raised.facts


def test_the_wait_is_told_with_a_range_while_the_lane_is_seen_and_a_window_is_staffed() -> None:
    hall = Scenes()
    hall.play(queue_of(5, AT_ONE, AT_TWO), 60)
    wait = hall.queue().wait
    assert wait is not None
    assert 0 < wait.low_s < wait.median_s < wait.high_s
    hall.second({COUNTER: (AT_ONE, AT_TWO), HALL: Unknown.DARK})
    assert hall.queue().wait is None
    hall.play(queue_of(5), 32)
    assert (hall.queue().waiting, hall.queue().staffed, hall.queue().wait) == (5, 0, None)


def test_services_that_are_seen_to_begin_shorten_the_wait() -> None:
    slow, quick = Scenes(), Scenes()
    slow.play(queue_of(5, AT_ONE, AT_TWO), 400)
    quick.play(queue_of(5, AT_ONE, AT_TWO), 15)
    for _ in range(20):
        quick.play(queue_of(5, AT_ONE, AT_TWO, VISITOR_ONE), 15)
        quick.play(queue_of(5, AT_ONE, AT_TWO), 5)
    long, short = slow.queue().wait, quick.queue().wait
    assert long is not None
    assert short is not None
    assert short.median_s < long.low_s
    assert sum(minute.begun for minute in quick.analyst.memory.waits[GROUP].minutes) == 20


def test_a_long_wait_that_rests_on_services_seen_is_a_build_up_though_few_wait() -> None:
    def slow(at: datetime) -> Mapping[CameraId, Seen]:
        served = at.timestamp() % 600 < 570
        return {COUNTER: (AT_ONE, VISITOR_ONE) if served else (AT_ONE,), HALL: QUEUE[:4]}

    rules = Thresholds(absence_alert_s=30000, absence_escalate_s=30000, service_time_s=600)
    hall = Scenes(of=site(camera(COUNTER, STAFF_ONE, SPOT_ONE, STAFF_TWO), HALL_CAMERA, thresholds=rules))
    assert hall.play(slow, 1800) == []  # three services seen: the estimate rests on the configuration
    (raised,) = hall.play(slow, 900)
    assert (raised.kind, raised.facts["waiting"]) == (AlertKind.QUEUE_BUILDUP, 4)
    wait_s = raised.facts["wait_s"]
    assert isinstance(wait_s, float)
    assert wait_s >= 1800
    (ended,) = hall.play({COUNTER: (AT_ONE,), HALL: ()}, 80)
    assert ended.end_reason is EndReason.RESOLVED


def test_the_estimate_goes_on_over_a_restart_and_begins_anew_after_lunch() -> None:
    hall = Scenes(local("2026-03-02T11:50"))
    for _ in range(10):
        hall.play(queue_of(5, AT_ONE, AT_TWO, VISITOR_ONE), 15)
        hall.play(queue_of(5, AT_ONE, AT_TWO), 5)
    before = hall.analyst.memory.waits
    hall.restart()
    assert hall.analyst.memory.waits == before
    hall.play_until(EMPTY, local("2026-03-02T12:01"))
    assert hall.analyst.memory.waits[GROUP].minutes == ()


def test_a_lane_without_people_is_zero_and_one_that_is_not_seen_is_unknown() -> None:
    hall = Scenes()
    hall.play(queue_of(9, AT_ONE), 10)
    assert hall.queue().waiting == 9
    hall.play(queue_of(0, AT_ONE), 3)
    assert hall.queue().waiting == 0
    hall.second({COUNTER: (), HALL: Unknown.DARK})
    assert hall.queue().waiting is None


def test_a_lane_whose_camera_is_lost_is_unknown_within_ten_seconds() -> None:
    hall = Scenes()
    hall.play(queue_of(9, AT_ONE), 10)
    hall.play({COUNTER: (AT_ONE,)}, 10)
    assert hall.queue().waiting is None


def test_people_before_the_opening_are_no_queue() -> None:
    hall = Scenes(local("2026-03-02T08:00"), site(camera(HALL, LANE)))
    crowd: Scene = {HALL: QUEUE + QUEUE}
    hall.play_until(crowd, local("2026-03-02T08:30") - timedelta(seconds=1))
    assert hall.queue().waiting is None
    hall.show(crowd, hall.at)
    hall.at = local("2026-03-02T08:30")
    hall.step()
    hall.play(crowd, 182)
    (raised,) = hall.alerts
    assert raised.began_at > local("2026-03-02T08:30")


def test_lunch_ends_a_build_up_at_once() -> None:
    hall = Scenes(local("2026-03-02T11:50"))
    hall.play_until(queue_of(10, AT_ONE), local("2026-03-02T11:59:59"))
    assert [one.kind for one in hall.alerts].count(AlertKind.QUEUE_BUILDUP) == 1
    hall.at = local("2026-03-02T12:00")
    ended = next(one for one in hall.step() if one.kind is AlertKind.QUEUE_BUILDUP)
    assert (ended.ended_at, ended.end_reason) == (local("2026-03-02T11:59:59"), EndReason.CLOSED)


# Cameras


def test_a_camera_without_pictures_raises_one_alert_an_outage() -> None:
    hall = Scenes()
    hall.play(STAFFED, 20)
    lost: Scene = {HALL: ()}
    hall.play(lost, 17)
    assert hall.alerts == []
    assert (hall.camera().health, hall.camera().why) == (CameraHealth.OFFLINE, Unknown.NO_SIGNAL)
    hall.play(lost, 1000)
    (raised,) = hall.alerts
    assert (raised.kind, raised.camera, raised.facts["why"]) == (AlertKind.CAMERA_FAULT, COUNTER, "no-signal")
    assert (raised.clip_from_at, raised.clip_to_at) == (None, None)
    back_at = hall.at + timedelta(seconds=1)
    hall.play(STAFFED, 6)
    assert (hall.alerts[-1].ended_at, hall.alerts[-1].end_reason) == (back_at, EndReason.RESOLVED)
    assert hall.camera().health is CameraHealth.ONLINE
    assert hall.camera().last_frame_at == hall.at


def test_a_camera_that_never_came_is_alerted_too() -> None:
    hall = Scenes()
    hall.play({HALL: ()}, 8)
    assert hall.alerts == []
    hall.play({HALL: ()}, 11)
    assert [alert.camera for alert in hall.alerts] == [COUNTER]


def test_a_picture_that_shows_nothing_is_an_impaired_camera() -> None:
    hall = Scenes()
    hall.play({COUNTER: Unknown.OCCLUDED, HALL: ()}, 11)
    assert [(alert.camera, alert.facts["why"]) for alert in hall.alerts] == [(COUNTER, "occluded")]
    assert (hall.camera().health, hall.camera().why) == (CameraHealth.IMPAIRED, Unknown.OCCLUDED)
    assert hall.camera().last_frame_at == hall.at


def test_a_detector_that_fails_is_no_camera_s_fault() -> None:
    hall = Scenes()
    hall.play({COUNTER: Unknown.DETECTOR, HALL: Unknown.DETECTOR}, 1000)
    assert hall.alerts == []
    assert (hall.camera().health, hall.camera().last_frame_at) == (CameraHealth.ONLINE, hall.at)


@pytest.mark.parametrize(
    "why",
    [Unknown.DARK, Unknown.OCCLUDED, Unknown.MOVED, Unknown.DEFOCUSED, Unknown.OVEREXPOSED, Unknown.CAST],
)
def test_a_hall_whose_lights_are_off_at_night_is_no_outage(why: Unknown) -> None:
    hall = Scenes(local("2026-03-02T18:00"))
    hall.play({COUNTER: why, HALL: why}, 3600)
    assert hall.alerts == []
    assert hall.camera().health is CameraHealth.IMPAIRED
    hall.at = local("2026-03-03T08:30")
    hall.play({COUNTER: why, HALL: why}, 11)
    assert {alert.camera for alert in hall.alerts} == {COUNTER, HALL}
    assert {alert.began_at for alert in hall.alerts} == {local("2026-03-03T08:30:01")}


@pytest.mark.parametrize("why", [Unknown.DARK, Unknown.MOVED, Unknown.DEFOCUSED])
def test_an_outage_goes_on_over_the_night_until_the_camera_is_seen_to_be_well(why: Unknown) -> None:
    hall = Scenes(local("2026-03-02T17:59"))
    spoiled: Scene = {COUNTER: why, HALL: Unknown.CLOSED}
    hall.play(spoiled, 600)
    assert [alert.revision for alert in hall.alerts] == [1]
    hall.restart()
    hall.play(spoiled, 600)
    assert len(hall.alerts) == 1
    hall.play({COUNTER: Unknown.CLOSED, HALL: Unknown.CLOSED}, 6)
    assert [alert.end_reason for alert in hall.alerts] == [None, EndReason.RESOLVED]


@pytest.mark.parametrize("why", [Unknown.OVEREXPOSED, Unknown.CAST])
def test_a_picture_that_is_white_or_has_a_cast_turns_windows_unknown_and_alerts_the_camera_alone(why: Unknown) -> None:
    hall = Scenes()
    hall.play(STAFFED, 60)
    hall.play({COUNTER: why, HALL: ()}, 11)
    assert hall.staffing() == (Staffing.UNKNOWN, why)
    hall.play({COUNTER: why, HALL: ()}, 1000)
    assert [(alert.kind, alert.facts["why"]) for alert in hall.alerts] == [(AlertKind.CAMERA_FAULT, why.value)]


def test_a_clock_that_runs_away_alerts_the_camera_and_leaves_its_windows_known() -> None:
    hall = Scenes()
    for second in range(300):
        hall.analyst.drift(COUNTER, -0.01 * second, hall.at)
        hall.second(STAFFED)
    (raised,) = hall.alerts
    assert (raised.kind, raised.camera, raised.facts["why"]) == (AlertKind.CAMERA_FAULT, COUNTER, "clock-drift")
    assert raised.facts["drift_s"] == pytest.approx(-1.6, abs=0.05)
    assert hall.staffing() == (Staffing.STAFFED, None)
    assert (hall.camera().health, hall.camera().why, hall.camera().drifting) == (CameraHealth.ONLINE, None, True)
    assert not hall.camera(HALL).drifting


def test_a_camera_s_clock_and_its_picture_are_two_alerts_also_over_a_restart() -> None:
    hall = Scenes()
    hall.analyst.drift(COUNTER, 2.0, NINE + timedelta(seconds=1))
    for second in range(61):
        hall.second({COUNTER: Unknown.DARK, HALL: ()})
        hall.analyst.drift(COUNTER, 2.0 + second, hall.at)
    hall.second({COUNTER: Unknown.DARK, HALL: ()})
    assert {alert.facts["why"] for alert in hall.alerts} == {"dark", "clock-drift"}
    assert len({alert.began_at for alert in hall.alerts}) == 1
    assert len({alert.id for alert in hall.alerts}) == 2
    hall.restart()
    assert hall.camera().drifting
    for _ in range(620):
        hall.analyst.drift(COUNTER, 0.0, hall.at)
        hall.second(STAFFED)
    ended = [alert for alert in hall.alerts if alert.ended_at is not None]
    assert {(alert.revision, alert.end_reason) for alert in ended} == {(2, EndReason.RESOLVED)}
    assert len(ended) == 2
    assert not hall.camera().drifting


@pytest.mark.parametrize("why", [Unknown.FROZEN, None])
def test_a_camera_that_is_lost_at_night_is_an_outage(why: Unknown | None) -> None:
    hall = Scenes(local("2026-03-02T18:00"))
    hall.play({COUNTER: why, HALL: Unknown.CLOSED}, 30)
    assert [alert.camera for alert in hall.alerts] == [COUNTER]


# Traces


def told(alert: Alert) -> list[tuple[str, int]]:
    """Runs of what the trace says: what, and how many points."""
    said = [one.why or one.presence for one in alert.trace]
    return [(str(what), len(list(run))) for what, run in groupby(said)]


def test_an_absence_shows_what_was_seen_from_a_minute_before_it_until_it_was_raised() -> None:
    hall = Scenes()
    hall.play(STAFFED, 100)
    hall.play(ONE_LEFT, 100)
    hall.play({COUNTER: Unknown.DARK, HALL: ()}, 20)
    hall.play({COUNTER: (replace(AT_ONE, score=0.2, sure=False), AT_TWO, VISITOR_ONE), HALL: ()}, 5)
    hall.play(ONE_LEFT, 250)
    (raised,) = absences(hall.alerts)
    assert raised.trace[0].at == raised.began_at - timedelta(seconds=60)
    assert raised.trace[-1].at == raised.raised_at
    assert told(raised)[:4] == [("seen", 60), ("clear", 100), ("dark", 20), ("doubtful", 5)]
    scores = {one.why or one.presence: one.score for one in raised.trace}
    assert scores == {Presence.SEEN: 0.9, Presence.CLEAR: 0.0, Unknown.DARK: None, Unknown.DOUBTFUL: 0.2}
    assert {one.visitor for one in raised.trace if one.why is Unknown.DOUBTFUL} == {Presence.SEEN}


def test_each_revision_shows_it_up_to_itself_and_the_memory_keeps_none_of_it() -> None:
    hall = Scenes()
    hall.play(STAFFED, 20)
    hall.play(ONE_LEFT, 620)
    hall.play(STAFFED, 20)
    raised, escalated, ended = absences(hall.alerts)
    assert [one.trace[-1].at - one.began_at for one in (raised, escalated)] == [
        timedelta(seconds=300),
        timedelta(seconds=600),
    ]
    assert ended.trace[-1].presence is Presence.SEEN
    hall.play(ONE_LEFT, 310)
    assert [one.trace for one in hall.analyst.memory.open.values()] == [()]


def test_a_trace_says_nothing_of_who_is_there_out_of_service() -> None:
    hall = Scenes(at=local("2026-03-02T08:29"))
    hall.play(STAFFED, 59)
    hall.play(ONE_LEFT, 310)
    (raised,) = absences(hall.alerts)
    assert told(raised)[0][0] == "closed"
    assert all(one.presence is not Presence.SEEN for one in raised.trace)


def test_what_one_of_two_cameras_sees_is_what_the_trace_says() -> None:
    hall = Scenes(of=site(COUNTER_CAMERA, camera(HALL, STAFF_ONE, LANE), thresholds=Thresholds(absence_alert_s=60)))
    hall.play({COUNTER: (replace(AT_ONE, score=0.4), AT_TWO), HALL: ()}, 30)
    hall.play(ONE_LEFT, 61)
    (raised,) = absences(hall.alerts)
    assert told(raised) == [("seen", 30), ("clear", 61)]
    assert raised.trace[0].score == 0.4


def test_a_build_up_shows_how_many_waited_against_the_mark_of_that_moment() -> None:
    hall = Scenes(of=site(thresholds=Thresholds(absence_alert_s=3000, absence_escalate_s=3000)))
    hall.play({COUNTER: (AT_ONE, AT_TWO), HALL: QUEUE[:2]}, 60)
    hall.play(queue_of(8, AT_TWO), 250)
    (raised,) = hall.alerts
    assert [(one.waiting, one.mark) for one in (raised.trace[0], raised.trace[-1])] == [(2, 12.0), (8, 6.0)]
    assert {one.score for one in raised.trace} == {None}


def test_a_camera_s_own_fault_has_no_trace() -> None:
    hall = Scenes()
    hall.play({}, 30)
    assert [one.trace for one in hall.alerts if one.kind is AlertKind.CAMERA_FAULT] == [(), ()]


def test_after_a_restart_a_trace_begins_anew() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 200)
    hall.restart()
    restarted_at = hall.at
    hall.play(ONE_LEFT, 120)
    (raised,) = absences(hall.alerts)
    assert raised.trace[0].at > restarted_at


def test_an_alert_about_a_window_says_with_which_marks_it_was_looked_at() -> None:
    hall = Scenes()
    cameras = frozenset({COUNTER, HALL})
    marks = ScoreMarks(confidence=0.3, doubt=0.12)
    hall.analyst = Analyst(hall.site, cameras, DETECTOR, Memory(), hall.at, marks=marks)
    hall.play({COUNTER: (AT_TWO,)}, 310)
    facts = {alert.kind: alert.facts for alert in hall.alerts}
    assert facts[AlertKind.WINDOW_UNSTAFFED] == {
        "absent_s": 300.0,
        "probability": 0.99,
        "detector": DETECTOR,
        "confidence": 0.3,
        "doubt": 0.12,
    }
    assert "doubt" not in facts[AlertKind.CAMERA_FAULT]


# What looks are worth

FAR = Rates(miss=0.6, false_alarm=0.02, run_s=40)
FAR_ONE = replace(STAFF_ONE, rates=FAR)


def test_a_window_that_is_seen_badly_is_undecided_and_its_neighbour_unstaffed() -> None:
    hall = Scenes(of=site(camera(COUNTER, FAR_ONE, STAFF_TWO), HALL_CAMERA))
    hall.play(STAFFED, 60)
    hall.play(EMPTY, 400)
    assert hall.staffing(ONE) == (Staffing.UNKNOWN, Unknown.UNDECIDED)
    assert hall.staffing(TWO) == (Staffing.UNSTAFFED, None)
    assert [alert.window for alert in absences(hall.alerts)] == [TWO]


def test_of_two_cameras_that_see_nobody_the_better_one_is_believed_and_alone_the_worse_is_not() -> None:
    hall = Scenes(of=site(camera(COUNTER, FAR_ONE), camera(HALL, STAFF_ONE)))
    hall.play({COUNTER: (AT_ONE,), HALL: (AT_ONE,)}, 60)
    hall.play(EMPTY, 60)
    assert hall.staffing() == (Staffing.UNSTAFFED, None)
    alone = Scenes(of=site(camera(COUNTER, FAR_ONE), camera(HALL, STAFF_ONE)))
    alone.play({COUNTER: (AT_ONE,), HALL: (AT_ONE,)}, 60)
    alone.play({COUNTER: (), HALL: Unknown.DARK}, 60)
    assert alone.staffing() == (Staffing.UNKNOWN, Unknown.UNDECIDED)


def test_a_state_comes_with_a_confidence_that_alone_is_no_news() -> None:
    hall = Scenes()
    assert hall.window().confidence is None
    hall.play(STAFFED, 60)
    sure = hall.window()
    hall.play(ONE_LEFT, 15)
    doubtful = hall.window()
    assert sure.confidence == 0.99
    assert doubtful.confidence is not None
    assert doubtful.confidence < 0.5
    assert doubtful == sure


def test_looks_are_counted_for_each_window_that_they_show() -> None:
    hall = Scenes()
    hall.play(STAFFED, 5)
    hall.play({COUNTER: Unknown.DARK, HALL: ()}, 5)
    assert hall.standing.looks == {ONE: 5, TWO: 5}


# A restart


def test_an_episode_goes_on_over_a_restart_without_a_second_alert() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 400)
    hall.restart()
    hall.play(ONE_LEFT, 190)
    assert len(hall.alerts) == 1
    hall.play(ONE_LEFT, 20)
    hall.play(STAFFED, 11)
    assert [alert.revision for alert in hall.alerts] == [1, 2, 3]
    assert len({alert.id for alert in hall.alerts}) == 1


def test_after_a_restart_the_clock_goes_on_without_the_time_between() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 201)
    hall.restart(away_s=60)
    assert hall.play(ONE_LEFT, 100) == []
    (raised,) = hall.second(ONE_LEFT)
    assert raised.facts["absent_s"] == 300.0
    assert raised.began_at == NINE + timedelta(seconds=1)


def test_after_a_long_restart_all_begins_anew() -> None:
    hall = Scenes()
    hall.play(ONE_LEFT, 400)
    last_look_at = hall.at
    hall.restart(away_s=600)
    (ended,) = hall.play(ONE_LEFT, 300)
    assert (ended.ended_at, ended.end_reason) == (last_look_at, EndReason.LOST_SIGHT)
    assert len(hall.second(ONE_LEFT)) == 1


def test_a_restart_over_lunch_does_not_make_lunch_an_absence() -> None:
    hall = Scenes(local("2026-03-02T11:50"))
    hall.play(ONE_LEFT, 400)
    last_look_at = hall.at
    hall.restart(away_s=3600)
    ended = hall.second(ONE_LEFT)[0]
    assert (ended.ended_at, ended.end_reason) == (last_look_at, EndReason.LOST_SIGHT)


def test_an_outage_goes_on_over_a_restart_without_a_second_alert() -> None:
    hall = Scenes()
    hall.play({HALL: ()}, 30)
    hall.restart()
    hall.play({HALL: ()}, 300)
    hall.play(STAFFED, 6)
    assert [(alert.camera, alert.revision) for alert in hall.alerts] == [(COUNTER, 1), (COUNTER, 2)]


def test_the_node_s_own_absence_is_no_outage() -> None:
    hall = Scenes()
    hall.play(STAFFED, 10)
    hall.play({HALL: ()}, 12)  # ill for some seconds, not yet alerted
    hall.restart(away_s=3600)
    assert hall.play({HALL: ()}, 18) == []
    (raised,) = hall.play({HALL: ()}, 1)
    assert raised.began_at > hall.at - timedelta(seconds=20)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from([STAFFED, ONE_LEFT, UNSERVED, EMPTY, {HALL: QUEUE}, {}]), st.integers(1, 40)),
        max_size=12,
    )
)
def test_memory_survives_json_at_any_time(scenes: list[tuple[Scene, int]]) -> None:
    quick = Thresholds(4, 6, 15, 45, 2.5, 1.5, 10, 10, 8, 20, 10, 10)
    hall = Scenes(of=site(thresholds=quick))
    for scene, seconds in scenes:
        hall.play(scene, seconds)
        memory = hall.analyst.memory
        assert MEMORY.validate_json(MEMORY.dump_json(memory)) == memory
        subjects = {f"window {name}" for name, one in memory.windows.items() if one.episode}
        subjects |= {f"unserved {name}" for name, met in memory.visitors.items() if met.episode}
        subjects |= {f"group {name}" for name, group in memory.groups.items() if group.episode}
        subjects |= {f"camera {name}" for name, eye in memory.cameras.items() if eye.episode}
        assert subjects == set(memory.open)


# What leaves the configuration


def test_an_alert_whose_subject_is_gone_ends() -> None:
    hall = Scenes()
    hall.play(EMPTY, 302)
    assert {alert.window for alert in hall.alerts} == {ONE, TWO}
    hall.restart(site(camera(COUNTER, STAFF_TWO), HALL_CAMERA))
    (ended,) = hall.second(EMPTY)
    assert (ended.window, ended.revision, ended.end_reason) == (ONE, 2, EndReason.REMOVED)
    assert ended.ended_at == hall.at
    assert ONE not in hall.analyst.memory.windows
    assert hall.play(EMPTY, 60) == []
    assert (hall.queue().unknown, hall.queue().in_service) == (1, 2)  # the window is there, and nobody looks


def test_a_hall_that_is_gone_takes_its_alerts_along() -> None:
    hall = Scenes()
    hall.play({HALL: QUEUE}, 400)
    open_before = len(hall.analyst.memory.open)
    assert open_before >= 1
    hall.restart(Site(name="empty"))
    assert [alert.end_reason for alert in hall.second({})] == [EndReason.REMOVED] * open_before
    assert hall.analyst.memory == Memory()


def test_all_hours_work_where_the_calendar_says_so() -> None:
    every_day = Calendar(workdays=Workdays.EVERY_DAY, hours=USUAL.hours)
    hall = Scenes(local("2026-10-01T09:00"), site(calendar=every_day))
    hall.play(ONE_LEFT, 301)
    assert len(hall.alerts) == 1
