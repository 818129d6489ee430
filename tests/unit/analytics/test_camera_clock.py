from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from vigil.analytics.camera_clock import ClockEvent, ClockMemory, DriftEnded, DriftRaised, step
from vigil.ingest.timeline import WallTime
from vigil.model.media import CLOCK_RATE

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MEMORY: TypeAdapter[ClockMemory] = TypeAdapter(ClockMemory)


class Watch:
    """A clock under the rule, told of each two seconds."""

    def __init__(self) -> None:
        self.memory = ClockMemory()
        self.at = START
        self.events: list[ClockEvent] = []

    def tell(self, drift_s: float) -> None:
        self.at += timedelta(seconds=2)
        self.memory, events = step(self.memory, drift_s, self.at)
        self.events += events

    def hear(self, drift_s: float | Callable[[float], float], seconds: int) -> None:
        for second in range(0, seconds, 2):
            self.tell(drift_s(second) if callable(drift_s) else drift_s)

    def stream(self, rate: float, seconds: int) -> None:
        """A camera whose clock runs at `rate`, as a session dates its pictures and takes a new time line when it is astray."""
        wall = _settled(self.at, 0)
        begun_at = self.at
        for _ in range(0, seconds, 2):
            at = self.at + timedelta(seconds=2)
            media_90k = round((at - begun_at).total_seconds() * rate * CLOCK_RATE)
            wall.arrived(at, media_90k)
            self.tell(wall.correction_s)
            if wall.astray:
                wall = _settled(at, media_90k)


def _settled(at: datetime, media_90k: int) -> WallTime:
    wall = WallTime()
    wall.settle([(at, media_90k)])
    return wall


@pytest.mark.parametrize("rate", [1.007, 0.993, 1.03, 0.97, 1.3, 0.5, 3.0])
def test_a_clock_that_runs_away_is_told_once_however_often_the_time_line_breaks(rate: float) -> None:
    watch = Watch()
    watch.stream(rate, 7200)
    (event,) = watch.events
    assert isinstance(event, DriftRaised)
    assert event.drift_s * (1 - rate) > 0, "late pictures are above zero"
    assert event.episode.raised_at - event.episode.began_at >= timedelta(minutes=1)


@pytest.mark.parametrize("rate", [1, 1.0001, 0.9999, 1.004, 0.996])
def test_a_clock_that_the_correction_follows_is_no_fault(rate: float) -> None:
    watch = Watch()
    watch.stream(rate, 7200)
    assert watch.events == []


@pytest.mark.parametrize("rate", [1.03, 0.7])
def test_a_clock_that_runs_away_is_told_within_five_minutes(rate: float) -> None:
    watch = Watch()
    watch.stream(rate, 300)
    assert len(watch.events) == 1


def test_a_step_of_the_node_s_clock_and_a_delay_of_the_line_are_being_corrected() -> None:
    watch = Watch()
    watch.hear(0.0, 60)
    watch.hear(lambda second: 5 - 0.005 * second, 900)
    watch.hear(0.0, 60)
    assert watch.events == []


def test_a_clock_that_was_set_once_is_no_fault() -> None:
    watch = Watch()
    watch.tell(12.0)
    watch.hear(0.0, 700)
    watch.tell(12.0)
    watch.hear(0.0, 700)
    assert watch.events == []


def test_it_ends_when_nothing_was_left_to_correct_for_ten_minutes() -> None:
    watch = Watch()
    watch.hear(lambda second: 1 + 0.01 * second, 200)
    watch.hear(0.1, 598)
    assert [type(event) for event in watch.events] == [DriftRaised]
    watch.tell(0.1)
    (_, ended) = watch.events
    assert isinstance(ended, DriftEnded)
    assert watch.memory == ClockMemory()


def test_it_goes_on_over_a_restart_and_ends_after_as_long_as_ever() -> None:
    watch = Watch()
    watch.hear(lambda second: -1 - 0.01 * second, 200)
    watch.memory = MEMORY.validate_json(MEMORY.dump_json(ClockMemory(episode=watch.memory.episode)))
    watch.hear(0.0, 598)
    watch.hear(-2.0, 60)
    watch.hear(0.0, 598)
    assert [type(event) for event in watch.events] == [DriftRaised]
    watch.hear(0.0, 4)
    assert [type(event) for event in watch.events] == [DriftRaised, DriftEnded]


def test_the_node_s_clock_may_be_set_back() -> None:
    watch = Watch()
    watch.hear(lambda second: 1 + 0.01 * second, 30)
    watch.at -= timedelta(hours=1)
    watch.hear(lambda second: 1 + 0.01 * second, 58)
    assert watch.events == []
    watch.hear(lambda second: 2 + 0.01 * second, 10)
    assert len(watch.events) == 1
