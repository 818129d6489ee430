"""Where visitors take a ticket and sit: the machine's count stands for the lane while it is fresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.analytics.halls import (
    AT_ONE,
    AT_TWO,
    COUNTER,
    COUNTER_CAMERA,
    GROUP,
    HALL,
    HALL_CAMERA,
    NINE,
    QUEUE,
    TWO,
    camera,
    site,
)
from tests.unit.analytics.test_analyst import EMPTY, STAFFED, Scene, Scenes
from vigil.model.alerts import AlertKind, EndReason
from vigil.model.ids import CameraId
from vigil.model.looks import QueueSource
from vigil.model.site import Camera, Site, TicketFeed
from vigil.model.tickets import TicketCount

FEED = TicketFeed("http://192.0.2.9/api/queues/1", every_s=10)
CROWD: Scene = {COUNTER: (AT_ONE, AT_TWO), HALL: QUEUE}


def with_tickets(*cameras: Camera, feed: TicketFeed = FEED) -> Site:
    plain = site(*cameras)
    (hall,) = plain.halls
    return replace(plain, halls=(replace(hall, groups=(replace(hall.groups[0], tickets=feed),)),))


def play(
    hall: Scenes, scene: Scene, seconds: int, waiting: int | None, longest_s: float | None = None
) -> list[AlertKind]:
    """Asks the machine each ten seconds. Returns what was raised or ended."""
    alerts = []
    for second in range(seconds):
        if second % 10 == 0:
            hall.analyst.count(TicketCount(GROUP, waiting, longest_s, hall.at + timedelta(seconds=1)))
        alerts += hall.second(scene)
    return [alert.kind for alert in alerts]


def source(hall: Scenes) -> tuple[int | None, QueueSource]:
    return hall.queue().waiting, hall.queue().source


def test_the_machine_counts_for_the_lane_and_the_status_says_so() -> None:
    hall = Scenes(of=with_tickets())
    play(hall, CROWD, 5, waiting=3)
    assert source(hall) == (3, QueueSource.TICKETS)


def test_before_the_machine_has_answered_the_lane_counts() -> None:
    hall = Scenes(of=with_tickets())
    hall.play(CROWD, 5)
    assert source(hall) == (10, QueueSource.LANE)


def test_a_machine_that_falls_silent_counts_for_two_polls_and_a_little_and_then_the_lane() -> None:
    hall = Scenes(of=with_tickets())
    hall.analyst.count(TicketCount(GROUP, 3, None, NINE))
    hall.play(CROWD, 28)
    assert source(hall) == (3, QueueSource.TICKETS)
    hall.play(CROWD, 5)
    assert source(hall) == (10, QueueSource.LANE)


def test_nonsense_is_unknown_and_the_lane_counts_at_once() -> None:
    hall = Scenes(of=with_tickets())
    play(hall, CROWD, 5, waiting=3)
    play(hall, CROWD, 5, waiting=None)
    assert source(hall) == (10, QueueSource.LANE)


def test_without_a_lane_nonsense_is_unknown_and_not_zero() -> None:
    hall = Scenes(of=with_tickets(COUNTER_CAMERA))
    play(hall, EMPTY_COUNTER, 20, waiting=12)
    assert source(hall) == (12, QueueSource.TICKETS)
    play(hall, EMPTY_COUNTER, 2, waiting=None)
    assert source(hall) == (None, QueueSource.LANE)


def test_a_queue_that_sits_is_a_build_up_and_is_shown_by_a_camera_that_sees_its_windows() -> None:
    hall = Scenes(of=with_tickets(COUNTER_CAMERA))
    assert play(hall, {COUNTER: (AT_ONE, AT_TWO)}, 180, waiting=12) == []
    assert play(hall, {COUNTER: (AT_ONE, AT_TWO)}, 5, waiting=12) == [AlertKind.QUEUE_BUILDUP]
    (raised,) = hall.alerts
    assert (raised.camera, raised.group) == (COUNTER, GROUP)
    assert (raised.facts["waiting"], raised.facts["source"]) == (12, "tickets")
    assert raised.clip_from_at is not None
    assert play(hall, {COUNTER: (AT_ONE, AT_TWO)}, 65, waiting=2) == [AlertKind.QUEUE_BUILDUP]
    assert hall.alerts[-1].end_reason is EndReason.RESOLVED


def test_a_machine_that_is_asked_seldom_counts_between_two_answers() -> None:
    """Every 60 s is far beyond stale_after_s, and the number stands all the same."""
    hall = Scenes(of=with_tickets(COUNTER_CAMERA, feed=replace(FEED, every_s=60)))
    for _ in range(4):
        hall.analyst.count(TicketCount(GROUP, 20, None, hall.at))
        hall.play({COUNTER: (AT_ONE, AT_TWO)}, 60)
    (raised,) = hall.alerts
    assert raised.raised_at - raised.began_at == timedelta(seconds=180)


def test_somebody_who_has_waited_for_half_an_hour_is_a_build_up_however_few_wait() -> None:
    hall = Scenes(of=with_tickets())
    assert play(hall, STAFFED, 200, waiting=2, longest_s=1799) == []
    assert play(hall, STAFFED, 185, waiting=2, longest_s=1800) == [AlertKind.QUEUE_BUILDUP]
    assert hall.alerts[0].facts["longest_wait_s"] == 1800
    assert hall.queue().longest_wait_s == 1800


def test_the_lane_s_alert_does_not_speak_of_tickets() -> None:
    hall = Scenes(of=with_tickets())
    hall.play({COUNTER: (AT_ONE,), HALL: QUEUE}, 220)
    raised = next(alert for alert in hall.alerts if alert.kind is AlertKind.QUEUE_BUILDUP)
    assert "source" not in raised.facts
    assert "longest_wait_s" not in raised.facts


def test_tickets_of_the_lunch_hour_are_no_queue() -> None:
    hall = Scenes(NINE + timedelta(hours=3, minutes=30), with_tickets(COUNTER_CAMERA))
    play(hall, EMPTY_COUNTER, 300, waiting=40)
    assert hall.alerts == []
    assert hall.queue().waiting is None


def test_a_count_from_before_the_clock_was_set_back_is_not_fresh() -> None:
    hall = Scenes(of=with_tickets())
    hall.analyst.count(TicketCount(GROUP, 3, None, NINE + timedelta(hours=1)))
    hall.play(CROWD, 5)
    assert source(hall) == (10, QueueSource.LANE)


@pytest.mark.parametrize(
    ("cameras", "asked"),
    [
        ((COUNTER_CAMERA, HALL_CAMERA), True),
        ((COUNTER_CAMERA,), True),
        ((HALL_CAMERA,), True),
        ((camera(CameraId("door")),), False),
    ],
    ids=["both", "windows", "lane", "neither"],
)
def test_the_node_that_sees_the_queue_or_its_windows_asks(cameras: tuple[Camera, ...], asked: bool) -> None:
    hall = Scenes(of=with_tickets(*cameras))
    assert hall.analyst.feeds == ({GROUP: FEED} if asked else {})


def test_a_window_that_no_camera_sees_serves_a_queue_that_sits() -> None:
    """Nobody is blamed for a queue that may be served: twelve are a build-up for two windows, eleven are none."""
    one_window = replace(COUNTER_CAMERA, zones=tuple(z for z in COUNTER_CAMERA.zones if z.window != TWO))
    hall = Scenes(of=with_tickets(one_window))
    assert play(hall, {COUNTER: (AT_ONE,)}, 200, waiting=11) == []
    assert (hall.queue().staffed, hall.queue().unknown) == (1, 1)


EMPTY_COUNTER: Scene = {COUNTER: ()}


def test_without_tickets_a_count_changes_nothing() -> None:
    hall = Scenes()
    play(hall, EMPTY, 5, waiting=12)
    assert source(hall) == (0, QueueSource.LANE)
