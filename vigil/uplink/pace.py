"""How fast footage may go to the centre: a cap, other caps at times of day, and never while live pictures wait for the line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vigil.calendar import parse_hours
from vigil.clock import Clock

CHUNK_BYTES: Final = 64 * 1024
"""What is asked leave for at once. At the slowest cap that the configuration takes it is 5 s of the line."""
_BURST_S: Final = 1.0
_YIELD_S: Final = 0.05
_LONGEST_YIELD_S: Final = 2.0
"""Footage waits no longer than that for one chunk: a line that live pictures fill would stop it for good, and its PUT too."""
_BYTES: Final = 1_000_000 / 8
"""In a megabit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In Mbit/s; None: all that the line gives. `windows` are (first, last minute of the local day, half open; limit)."""

    mbit_s: float | None = None
    windows: tuple[tuple[int, int, float], ...] = ()

    @classmethod
    def of(cls, mbit_s: float | None, windows: Iterable[tuple[str, float]]) -> Limits:
        """From texts as "08:30-12:00". Raises ValueError."""
        parsed = ((parse_hours((hours,))[0], limit) for hours, limit in windows)
        return cls(mbit_s, tuple((*minutes, limit) for minutes, limit in parsed))

    def bytes_per_s(self, local: datetime) -> float | None:
        """None: unlimited. 0: nothing goes now."""
        minute = local.hour * 60 + local.minute
        limits = [limit for first, last, limit in self.windows if first <= minute < last]
        limit = limits[0] if limits else self.mbit_s
        return None if limit is None else limit * _BYTES


class Pace:
    """Leave for each chunk. `rate` is asked at the beginning of each segment, so that one that has begun is not stopped in
    the middle; `crowded` says that live pictures wait.
    """

    def __init__(
        self,
        rate: Callable[[], float | None],
        crowded: Callable[[], bool],
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ask_rate = rate
        self._crowded = crowded
        self._clock = clock
        self._sleep = sleep
        self._rate: float | None = None
        self._saved = 0.0
        self._saved_mono = clock.mono()

    def may_begin(self) -> bool:
        """Whether a segment may go now."""
        self._rate = self._ask_rate()
        return self._rate != 0

    async def leave(self, size: int) -> None:
        """Returns when `size` more bytes may go."""
        yielded_s = 0.0
        while self._crowded() and yielded_s < _LONGEST_YIELD_S:
            await self._sleep(_YIELD_S)
            yielded_s += _YIELD_S
        if not self._rate:
            return
        now_mono = self._clock.mono()
        self._saved = min(_BURST_S * self._rate, self._saved + (now_mono - self._saved_mono) * self._rate) - size
        self._saved_mono = now_mono
        if self._saved < 0:
            await self._sleep(-self._saved / self._rate)
