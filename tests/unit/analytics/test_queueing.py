from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from vigil.analytics.queueing import QueueEnded, QueueEvent, QueueMemory, QueueRaised, step
from vigil.model.alerts import EndReason
from vigil.model.site import Thresholds

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RULES = Thresholds()  # 6 people a window for 180 s; below 4 for 60 s ends it


class Lane:
    """A queue under the rule, counted again and again."""

    def __init__(self, serving: int = 1, rules: Thresholds = RULES) -> None:
        self.rules = rules
        self.serving = serving
        self.wait_s: float | None = None
        self.memory = QueueMemory()
        self.at = START
        self.events: list[QueueEvent] = []

    def count(self, people: int | None, after_s: float = 1.0, *, in_service: bool = True) -> list[QueueEvent]:
        self.at += timedelta(seconds=after_s)
        self.memory, events = step(
            self.memory,
            people,
            self.at,
            serving=self.serving,
            in_service=in_service,
            thresholds=self.rules,
            wait_s=self.wait_s,
        )
        self.events += events
        return list(events)

    def watch(self, people: int | None, seconds: int) -> list[QueueEvent]:
        """One count a second."""
        return [event for _ in range(seconds) for event in self.count(people)]

    @property
    def raised(self) -> list[QueueRaised]:
        return [event for event in self.events if isinstance(event, QueueRaised)]


def second(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def built_up(people: int = 8, serving: int = 1) -> Lane:
    lane = Lane(serving)
    lane.watch(people, 181)
    assert len(lane.raised) == 1
    return lane


def test_a_queue_that_lasts_is_alerted_with_the_count_that_completes_the_time() -> None:
    lane = Lane()
    assert lane.watch(6, 180) == []
    (event,) = lane.count(6)
    assert isinstance(event, QueueRaised)
    assert (event.episode.began_at, event.episode.raised_at, event.waiting) == (second(1), second(181), 6)


@pytest.mark.parametrize(("serving", "people", "alerted"), [(3, 17, False), (3, 18, True), (0, 5, False), (0, 6, True)])
def test_the_threshold_is_a_number_of_people_for_each_window_that_serves(
    serving: int, people: int, alerted: bool
) -> None:
    lane = Lane(serving)
    lane.watch(people, 400)
    assert bool(lane.raised) is alerted


def test_one_alert_however_long_the_queue_stays() -> None:
    lane = built_up()
    lane.watch(20, 3000)
    assert len(lane.events) == 1


def test_between_the_marks_nothing_begins_and_nothing_ends() -> None:
    lane = Lane()
    lane.watch(5, 1000)
    assert lane.events == []
    lane = built_up()
    lane.watch(5, 1000)
    assert len(lane.events) == 1


def test_a_count_at_the_lower_mark_does_not_end_it() -> None:
    lane = built_up()
    lane.watch(4, 1000)
    assert len(lane.events) == 1


def test_flicker_around_the_upper_mark_is_one_alert() -> None:
    lane = built_up()
    for _ in range(300):
        lane.watch(6, 2)
        lane.watch(5, 3)
    assert len(lane.events) == 1


def test_flicker_around_the_lower_mark_does_not_end_it() -> None:
    lane = built_up()
    for _ in range(100):
        lane.watch(3, 20)
        lane.watch(5, 10)
    assert len(lane.events) == 1


def test_a_short_queue_before_the_alert_is_forgotten() -> None:
    lane = Lane()
    for _ in range(20):
        lane.watch(9, 170)
        lane.watch(0, 10)
    assert lane.events == []


def test_a_dissolved_queue_ends_since_when_it_was_below() -> None:
    lane = built_up()
    lane.watch(0, 1)
    below_at = lane.at + timedelta(seconds=1)  # the second of three looks without anybody is the median's
    assert lane.watch(0, 60) == []
    (event,) = lane.count(0)
    assert isinstance(event, QueueEnded)
    assert (event.ended_at, event.reason) == (below_at, EndReason.RESOLVED)
    assert lane.memory.episode is None


def test_the_count_falls_to_zero_with_the_people() -> None:
    lane = Lane()
    lane.watch(7, 30)
    assert lane.memory.waiting == 7
    lane.watch(0, 3)
    assert lane.memory.waiting == 0


def test_one_look_that_misses_or_doubles_people_does_not_move_the_count() -> None:
    lane = Lane()
    lane.watch(3, 10)
    for wrong in (0, 30):
        lane.count(wrong)
        assert lane.memory.waiting == 3
        lane.watch(3, 10)


def test_old_counts_do_not_smooth_new_ones() -> None:
    lane = Lane()
    lane.watch(9, 5)
    lane.count(0, after_s=13)
    assert lane.memory.waiting == 0


def test_windows_that_open_dissolve_a_build_up() -> None:
    lane = built_up(8, serving=1)
    lane.serving = 3
    lane.watch(8, 61)
    assert isinstance(lane.events[-1], QueueEnded)


# The estimated wait


def test_a_long_estimated_wait_is_a_build_up_though_few_people_wait() -> None:
    lane = Lane()
    lane.wait_s = 1799.0
    assert lane.watch(3, 400) == []
    lane.wait_s = 1800.0
    assert lane.watch(3, 180) == []
    (event,) = lane.count(3)
    assert isinstance(event, QueueRaised)
    assert event.waiting == 3


def test_it_ends_when_the_wait_falls_below_two_thirds_and_few_wait() -> None:
    lane = Lane()
    lane.wait_s = 1900.0
    lane.watch(3, 181)
    lane.wait_s = 1200.0
    assert lane.watch(3, 600) == []
    lane.wait_s = 1199.0
    assert lane.watch(5, 600) == []
    assert lane.watch(3, 61) == []
    (event,) = lane.count(3)
    assert isinstance(event, QueueEnded)


def test_without_an_estimate_the_count_alone_decides() -> None:
    lane = Lane()
    lane.wait_s = 4000.0
    lane.watch(3, 181)
    lane.wait_s = None
    assert isinstance(lane.watch(3, 61)[-1], QueueEnded)


# Unknown


def test_unknown_time_is_not_waiting_time() -> None:
    lane = Lane()
    lane.watch(9, 101)  # 100 s
    lane.watch(None, 5)
    lane.watch(9, 41)  # 40 s
    lane.watch(None, 100)
    assert lane.watch(9, 40) == []
    (event,) = lane.count(9)
    assert isinstance(event, QueueRaised)
    assert event.episode.began_at == second(1)


def test_a_lane_that_is_not_seen_has_no_count() -> None:
    lane = Lane()
    lane.watch(9, 30)
    lane.watch(None, 9)
    assert lane.memory.waiting is None


def test_a_long_unknown_ends_the_build_up_with_its_last_count() -> None:
    lane = built_up()
    last_at = lane.at
    (event,) = lane.watch(None, 200)
    assert isinstance(event, QueueEnded)
    assert (event.ended_at, event.reason) == (last_at, EndReason.LOST_SIGHT)
    assert lane.watch(9, 180) == []


def test_silence_without_ticks_is_unknown_too() -> None:
    lane = built_up()
    last_at = lane.at
    (event,) = lane.count(9, after_s=3600)
    assert isinstance(event, QueueEnded)
    assert (event.ended_at, event.reason) == (last_at, EndReason.LOST_SIGHT)


def test_the_same_count_twice_adds_nothing() -> None:
    lane = Lane()
    lane.watch(9, 180)
    for _ in range(100):
        assert lane.count(9, after_s=0) == []


# Hours


def test_the_end_of_service_ends_it() -> None:
    lane = built_up()
    last_at = lane.at
    (event,) = lane.count(9, in_service=False)
    assert isinstance(event, QueueEnded)
    assert (event.ended_at, event.reason) == (last_at, EndReason.CLOSED)
    assert lane.memory == QueueMemory()


def test_people_before_the_opening_are_no_queue() -> None:
    lane = Lane()
    for _ in range(1000):
        assert lane.count(9, in_service=False) == []
    assert lane.watch(9, 180) == []
    assert len(lane.count(9)) == 1


# Whatever the counts

QUICK = replace(RULES, queue_alert_s=10, queue_clear_s=6, resume_within_s=20)
counts = st.lists(
    st.tuples(
        st.sampled_from([None, 0, 3, 4, 5, 6, 9, 9]),
        st.sampled_from([0.0, 0.5, 1, 1, 2, 8, 8.1, 21]),
        st.integers(1, 8),
    ),
    max_size=40,
)
Runs = list[tuple[int | None, float, int]]
MEMORY: TypeAdapter[QueueMemory] = TypeAdapter(QueueMemory)


@given(counts)
def test_episodes_follow_each_other_and_begin_with_a_count_above_the_mark(runs: Runs) -> None:
    lane = Lane(rules=QUICK)
    begun: datetime | None = None
    for people, after_s, times in runs:
        for _ in range(times):
            for event in lane.count(people, after_s):
                if isinstance(event, QueueRaised):
                    assert begun is None
                    assert people is not None
                    assert event.waiting >= 6
                    assert lane.at - event.episode.began_at >= timedelta(seconds=10)
                    begun = event.episode.began_at
                else:
                    assert begun == event.episode.began_at
                    assert begun < event.ended_at <= lane.at
                    begun = None
    assert (lane.memory.episode is None) == (begun is None)


@given(counts)
def test_nobody_waiting_for_long_enough_ends_everything(runs: Runs) -> None:
    lane = Lane(rules=QUICK)
    for people, after_s, times in runs:
        for _ in range(times):
            lane.count(people, after_s)
    lane.watch(0, 12)
    assert lane.memory.episode is None
    assert lane.memory.waiting == 0


@given(counts, st.integers(0, 39))
def test_a_restart_changes_nothing(runs: Runs, restart_before: int) -> None:
    lane, whole = Lane(rules=QUICK), Lane(rules=QUICK)
    for index, (people, after_s, times) in enumerate(runs):
        if index == restart_before:
            lane.memory = MEMORY.validate_json(MEMORY.dump_json(lane.memory))
        for _ in range(times):
            assert lane.count(people, after_s) == whole.count(people, after_s)
    assert lane.memory == whole.memory
