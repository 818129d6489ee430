from __future__ import annotations

import pytest

from vigil.ingest.pace import Pace
from vigil.model.media import CLOCK_RATE


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0
        self.slept: list[float] = []

    def mono(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock.mono, clock.sleep)


def test_the_first_is_due_at_once_and_the_others_when_they_are(clock: Clock, pace: Pace) -> None:
    for number in range(4):
        pace.wait(7_000_000 + number * CLOCK_RATE // 4)
    assert clock.slept == pytest.approx([0.25] * 3)


def test_who_took_long_catches_up(clock: Clock, pace: Pace) -> None:
    pace.wait(0)
    clock.now_s += 0.7
    pace.wait(CLOCK_RATE // 2)
    pace.wait(CLOCK_RATE)
    assert clock.slept == pytest.approx([0.3])


@pytest.mark.parametrize("jump_s", [-600, -2, 600])
def test_a_jump_is_not_waited_for(clock: Clock, pace: Pace, jump_s: int) -> None:
    begin = 1000 * CLOCK_RATE
    pace.wait(begin)
    pace.wait(begin + jump_s * CLOCK_RATE)
    pace.wait(begin + jump_s * CLOCK_RATE + CLOCK_RATE // 5)
    assert clock.slept == pytest.approx([0.2])


def test_a_picture_without_a_time_is_due(clock: Clock, pace: Pace) -> None:
    pace.wait(None)
    assert clock.slept == []
