from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from vigil.clock import FakeClock
from vigil.uplink.pace import CHUNK_BYTES, Limits, Pace

MBIT = 125_000


@pytest.mark.parametrize(
    ("time", "rate"),
    [("08:29", 8 * MBIT), ("08:30", 2 * MBIT), ("11:59", 2 * MBIT), ("12:00", 0), ("13:00", 8 * MBIT)],
)
def test_a_window_of_the_day_has_a_limit_of_its_own(time: str, rate: float) -> None:
    limits = Limits.of(8, [("08:30-12:00", 2), ("12:00-13:00", 0)])
    assert limits.bytes_per_s(datetime.fromisoformat(f"2026-03-02T{time}+08:00")) == rate


def test_without_limits_all_goes() -> None:
    assert Limits().bytes_per_s(datetime.fromisoformat("2026-03-02T09:00+08:00")) is None


class Line:
    """A pace whose sleeps pass at once and are added up."""

    def __init__(self, rate: float | None, crowded: Callable[[], bool] = lambda: False) -> None:
        self.clock, self.rate = FakeClock(), rate
        self.pace = Pace(lambda: self.rate, crowded, self.clock, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def send(self, chunks: int) -> float:
        """Seconds that it took."""
        began = self.clock.mono()
        assert self.pace.may_begin()
        for _ in range(chunks):
            await self.pace.leave(CHUNK_BYTES)
        return self.clock.mono() - began


async def test_a_cap_is_kept_over_all_chunks() -> None:
    line = Line(rate=2 * MBIT)
    assert await line.send(100) == pytest.approx(100 * CHUNK_BYTES / (2 * MBIT))


async def test_what_was_not_used_is_saved_for_a_second_and_no_longer() -> None:
    line = Line(rate=4 * MBIT)
    await line.send(1)
    line.clock.advance(3600)
    assert await line.send(16) == pytest.approx((16 * CHUNK_BYTES - 4 * MBIT) / (4 * MBIT))


async def test_without_a_cap_nothing_waits() -> None:
    assert await Line(rate=None).send(1000) == 0


async def test_nothing_begins_while_nothing_may_go_and_what_has_begun_goes_on() -> None:
    line = Line(rate=MBIT)
    assert line.pace.may_begin()
    line.rate = 0
    await line.pace.leave(CHUNK_BYTES)
    assert not line.pace.may_begin()


async def test_live_pictures_that_wait_go_first() -> None:
    waiting = [True] * 10
    line = Line(rate=None, crowded=lambda: bool(waiting and waiting.pop()))
    assert await line.send(1) == pytest.approx(0.5)


async def test_a_line_full_of_live_pictures_lets_some_footage_through() -> None:
    assert await Line(rate=None, crowded=lambda: True).send(3) == pytest.approx(6.0)
