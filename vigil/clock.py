"""Clocks, passed in so that no test sleeps. Wall time for what people read, monotonic time for time-outs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall time, aware UTC."""
        ...

    def mono(self) -> float:
        """Monotonic seconds; only differences mean anything."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def mono(self) -> float:
        return time.monotonic()


class FakeClock:
    """A clock that a test turns by hand."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)) -> None:
        self.at = at
        self.mono_s = 0.0

    def now(self) -> datetime:
        return self.at

    def mono(self) -> float:
        return self.mono_s

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.mono_s += seconds
