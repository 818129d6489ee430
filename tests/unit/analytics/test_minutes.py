from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.analytics.halls import GROUP, NINE, ONE, TWO
from vigil.analytics.analyst import Standing
from vigil.analytics.minutes import LONGEST, Minutes
from vigil.model.looks import Presence, QueueStatus, Staffing, Unknown, WaitEstimate, WindowStatus
from vigil.model.minutes import Minute, QueueMinute

STAFFED = WindowStatus(ONE, in_service=True, staffing=Staffing.STAFFED, since_at=NINE, visitor=Presence.CLEAR)
EMPTY = replace(STAFFED, staffing=Staffing.UNSTAFFED)
DARK = replace(STAFFED, staffing=Staffing.UNKNOWN, why=Unknown.DARK)
CLOSED = replace(DARK, in_service=False, why=Unknown.CALENDAR)


class Watch:
    """Adds a standing each second and keeps what is over."""

    def __init__(self, at: datetime = NINE) -> None:
        self.minutes, self.at, self.over = Minutes(), at, list[Minute]()

    def play(self, seconds: int, *windows: WindowStatus, queues: Sequence[QueueStatus] = (), looks: int = 0) -> None:
        for _ in range(seconds):
            self.add(Standing(windows, tuple(queues), looks={ONE: looks} if looks else {}))
            self.at += timedelta(seconds=1)

    def add(self, standing: Standing) -> None:
        self.over += self.minutes.add(standing, self.at)


def test_a_minute_is_told_when_it_is_over_and_its_seconds_add_up() -> None:
    watch = Watch()
    watch.play(20, STAFFED)
    watch.play(25, EMPTY)
    watch.play(10, DARK)
    watch.play(5, replace(DARK, why=Unknown.UNSETTLED, visitor=Presence.SEEN))
    assert watch.over == []
    watch.play(1, STAFFED)
    (minute,) = watch.over
    (window,) = minute.windows
    assert (minute.at, minute.seconds) == (NINE, 60.0)
    assert (window.staffed_s, window.unstaffed_s, window.in_service_s) == (20.0, 25.0, 60.0)
    assert window.unknown_s == {Unknown.DARK: 10.0, Unknown.UNSETTLED: 5.0}
    assert window.visitor_s == 5.0


def test_out_of_service_nothing_counts_and_a_minute_without_any_service_is_not_told() -> None:
    watch = Watch()
    watch.play(120, CLOSED, replace(CLOSED, window=TWO))
    watch.play(30, CLOSED, replace(CLOSED, window=TWO))
    watch.play(31, replace(CLOSED, visitor=Presence.SEEN), replace(STAFFED, window=TWO))
    (minute,) = watch.over
    assert (minute.at, minute.seconds) == (NINE + timedelta(minutes=2), 60.0)
    assert [(window.window, window.in_service_s) for window in minute.windows] == [(TWO, 30.0)]


def test_looks_are_counted_from_totals_that_may_begin_anew() -> None:
    watch = Watch()
    watch.add(Standing((STAFFED,), looks={ONE: 500}))  # taken before this one watched
    for total in (501, 503, 503, 2):
        watch.at += timedelta(seconds=1)
        watch.add(Standing((STAFFED,), looks={ONE: total}))
    (minute,) = watch.minutes.end()
    assert minute.windows[0].looks == 5


def test_a_queue_is_summed_up_over_the_time_in_which_it_could_be_counted() -> None:
    def queue(waiting: int | None, staffed: int, wait_s: float | None = None) -> QueueStatus:
        wait = None if wait_s is None else WaitEstimate(wait_s, 0, 2 * wait_s)
        return QueueStatus(GROUP, waiting, staffed, unknown=0, in_service=2, at=NINE, wait=wait)

    watch = Watch()
    watch.play(30, queues=[queue(4, 2, 100)])
    watch.play(10, queues=[queue(8, 1, 700)])
    watch.play(20, queues=[queue(None, 1)])
    watch.play(1)
    assert watch.over[0].queues == (
        QueueMinute(
            GROUP,
            in_service_s=60.0,
            known_s=40.0,
            waiting_mean=5.0,
            waiting_least=4,
            waiting_most=8,
            staffed_mean=1.5,
            wait_s=100.0,
        ),
    )


def test_a_queue_that_nobody_could_count_has_no_figures() -> None:
    watch = Watch()
    watch.play(61, queues=[QueueStatus(GROUP, None, 0, unknown=2, in_service=2, at=NINE)])
    (queue,) = watch.over[0].queues
    assert (queue.known_s, queue.waiting_mean, queue.waiting_least, queue.wait_s) == (0.0, None, None, None)


def test_the_minutes_of_start_and_stop_say_that_they_are_parts() -> None:
    watch = Watch(NINE + timedelta(seconds=48))
    watch.play(30, STAFFED)
    assert [(minute.at, minute.seconds) for minute in watch.over] == [(NINE, 12.0)]
    assert [(minute.at, minute.seconds) for minute in watch.minutes.end()] == [(NINE + timedelta(minutes=1), 17.0)]
    assert watch.minutes.end() == []


def test_steps_that_fall_anywhere_still_make_whole_minutes() -> None:
    watch = Watch(NINE - timedelta(seconds=0.7))
    for _ in range(200):
        watch.add(Standing((STAFFED,)))
        watch.at += timedelta(seconds=1.13)
    assert [minute.seconds for minute in watch.over] == [0.7, 60.0, 60.0, 60.0]
    assert [minute.windows[0].staffed_s for minute in watch.over] == [0.7, 60.0, 60.0, 60.0]


def test_time_that_jumped_was_not_watched() -> None:
    watch = Watch()
    watch.play(20, STAFFED)
    watch.at += timedelta(minutes=10)
    watch.play(70, STAFFED)
    assert [(minute.at, minute.seconds) for minute in watch.over] == [
        (NINE, 19.0),
        (NINE + timedelta(minutes=10), 40.0),
    ]


def test_a_stall_within_a_minute_is_not_said_to_be_watched() -> None:
    watch = Watch()
    watch.play(20, STAFFED)
    watch.at += LONGEST
    watch.play(36, STAFFED)
    assert [(minute.at, minute.seconds) for minute in watch.over] == [(NINE, 54.0)]


def test_a_clock_that_is_set_back_loses_nothing_and_counts_nothing_twice() -> None:
    watch = Watch()
    watch.play(90, STAFFED)
    watch.at -= timedelta(seconds=80)
    watch.play(60, EMPTY)
    parts = [*watch.over, *watch.minutes.end()]
    assert [(part.at, part.seconds) for part in parts] == [
        (NINE, 60.0),
        (NINE + timedelta(minutes=1), 29.0),
        (NINE, 50.0),
        (NINE + timedelta(minutes=1), 9.0),
    ]
    assert sum(part.windows[0].staffed_s for part in parts) == 89.0
    assert sum(part.windows[0].unstaffed_s for part in parts) == 59.0


@given(st.lists(st.floats(-120, 120) | st.floats(0, 3), max_size=200))
def test_no_time_counts_twice_whatever_the_clock_does(steps: list[float]) -> None:
    watch, passed_s = Watch(), 0.0
    watch.add(Standing((STAFFED,)))
    for step_s in steps:
        step = timedelta(seconds=step_s)
        passed_s += step.total_seconds() if timedelta() <= step <= LONGEST else 0.0
        watch.at += step
        watch.add(Standing((STAFFED,)))
    parts = [*watch.over, *watch.minutes.end()]
    assert all(0 < part.seconds <= 60 for part in parts)
    assert abs(sum(part.seconds for part in parts) - passed_s) < 0.001 * (len(parts) + 1)
    assert all(part.windows[0].in_service_s == part.seconds for part in parts)
