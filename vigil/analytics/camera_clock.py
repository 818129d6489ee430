"""A camera whose clock runs away from the node's raises an alert of its own. A pure function of the drift and of time.

Pictures are dated by the node's clock (docs/design/time.md), so that what is said of people stands all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from vigil.analytics.staffing import Episode

CLOCK_DRIFT: Final = "clock-drift"
"""Why the camera has an alert."""
BEYOND_S: Final = 1.0
"""Seconds still to be corrected. A clock that the correction can follow leaves 0.15."""
RAISED_AFTER: Final = timedelta(minutes=1)
WELL_AFTER: Final = timedelta(minutes=10)
"""A time line that breaks begins anew at zero, and a stream at 1 % drifts for minutes until it is beyond again."""

_STANDS_S: Final = 0.1
"""What shrinks by more is a delay of the line, or a step of the node's own clock, and is being corrected."""


@dataclass(frozen=True, slots=True)
class ClockMemory:
    """`from_at` and `from_s` are when it went beyond, and how far; `beyond_at` is when it was so last."""

    from_at: datetime | None = None
    from_s: float = 0.0
    beyond_at: datetime | None = None
    episode: Episode | None = None


@dataclass(frozen=True, slots=True)
class DriftRaised:
    episode: Episode
    drift_s: float


@dataclass(frozen=True, slots=True)
class DriftEnded:
    episode: Episode
    ended_at: datetime


ClockEvent = DriftRaised | DriftEnded


def step(memory: ClockMemory, drift_s: float, at: datetime) -> tuple[ClockMemory, tuple[ClockEvent, ...]]:
    """`drift_s` is what is still to be corrected at time `at`: above 0 the pictures come ever later, below 0 ever earlier."""
    if memory.beyond_at is not None and at < memory.beyond_at:
        memory = ClockMemory(episode=memory.episode)  # the node's clock was set back
    if abs(drift_s) < BEYOND_S:
        return _within(memory, at)
    if memory.from_at is None or (memory.episode is None and _is_over(memory, at)):
        memory = ClockMemory(at, abs(drift_s), at, memory.episode)
    memory = replace(memory, beyond_at=at)
    from_at = memory.from_at or at
    shrinks = abs(drift_s) < memory.from_s - _STANDS_S
    if memory.episode is not None or shrinks or at - from_at < RAISED_AFTER:
        return memory, ()
    episode = Episode(began_at=from_at, raised_at=at)
    return replace(memory, episode=episode), (DriftRaised(episode, drift_s),)


def _within(memory: ClockMemory, at: datetime) -> tuple[ClockMemory, tuple[ClockEvent, ...]]:
    if memory.episode is not None and memory.beyond_at is None:
        return replace(memory, beyond_at=at), ()  # from before a restart: it may have been beyond a moment ago
    if not _is_over(memory, at):
        return memory, ()
    return ClockMemory(), () if memory.episode is None else (DriftEnded(memory.episode, at),)


def _is_over(memory: ClockMemory, at: datetime) -> bool:
    return memory.beyond_at is not None and at - memory.beyond_at >= WELL_AFTER
