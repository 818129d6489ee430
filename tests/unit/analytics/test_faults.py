from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from vigil.analytics.faults import FaultEnded, FaultEvent, FaultMemory, FaultRaised, step
from vigil.model.looks import Unknown

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LOST, DARK = Unknown.NO_SIGNAL, Unknown.DARK


class Eye:
    """A camera under the rule, judged each second."""

    def __init__(self) -> None:
        self.memory = FaultMemory()
        self.at = START
        self.events: list[FaultEvent] = []

    def watch(self, why: Unknown | None, seconds: int) -> list[FaultEvent]:
        found: list[FaultEvent] = []
        for _ in range(seconds):
            self.at += timedelta(seconds=1)
            self.memory, events = step(self.memory, why, self.at, alert_after_s=10)
            found += events
        self.events += found
        return found


def second(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def test_an_outage_is_alerted_after_its_time_with_its_reason() -> None:
    eye = Eye()
    eye.watch(None, 5)
    assert eye.watch(LOST, 10) == []
    (event,) = eye.watch(LOST, 1)
    assert isinstance(event, FaultRaised)
    assert (event.why, event.episode.began_at, event.episode.raised_at) == (LOST, second(6), second(16))


def test_one_alert_an_outage_even_when_its_reason_changes() -> None:
    eye = Eye()
    eye.watch(LOST, 1000)
    eye.watch(DARK, 1000)
    assert len(eye.events) == 1


def test_it_ends_when_the_pictures_stay_good_since_they_came_back() -> None:
    eye = Eye()
    eye.watch(LOST, 20)
    assert eye.watch(None, 5) == []
    (event,) = eye.watch(None, 1)
    assert isinstance(event, FaultEnded)
    assert event.ended_at == second(21)
    assert eye.memory == FaultMemory()


def test_a_camera_that_flutters_has_one_outage() -> None:
    eye = Eye()
    eye.watch(LOST, 20)
    for _ in range(50):
        eye.watch(None, 4)
        eye.watch(LOST, 2)
    assert len(eye.events) == 1


def test_a_short_disturbance_is_no_outage() -> None:
    eye = Eye()
    for _ in range(50):
        eye.watch(LOST, 9)
        eye.watch(None, 1)
    assert eye.events == []


@given(st.lists(st.tuples(st.sampled_from([None, LOST, DARK]), st.integers(1, 15)), max_size=30), st.integers(0, 29))
def test_outages_follow_each_other_across_a_restart(runs: list[tuple[Unknown | None, int]], restart: int) -> None:
    memory: TypeAdapter[FaultMemory] = TypeAdapter(FaultMemory)
    eye = Eye()
    for index, (why, seconds) in enumerate(runs):
        if index == restart:
            eye.memory = memory.validate_json(memory.dump_json(eye.memory))
        eye.watch(why, seconds)
    kinds = [type(event) for event in eye.events]
    assert kinds == ([FaultRaised, FaultEnded] * len(kinds))[: len(kinds)]
    assert (eye.memory.episode is not None) == (kinds[-1:] == [FaultRaised])
    for event in eye.events:
        if isinstance(event, FaultEnded):
            assert event.ended_at > event.episode.raised_at
