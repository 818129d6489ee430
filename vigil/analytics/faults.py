"""A camera that shows nothing useful raises an alert of its own, one an outage. A pure function of health and time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from vigil.analytics.staffing import Episode
from vigil.model.looks import Unknown

_WELL_AGAIN_S = 5.0
"""Pictures for this long end an outage: a camera that flutters has one outage, not twenty."""


@dataclass(frozen=True, slots=True)
class FaultMemory:
    ill_from_at: datetime | None = None
    well_from_at: datetime | None = None
    episode: Episode | None = None


@dataclass(frozen=True, slots=True)
class FaultRaised:
    episode: Episode
    why: Unknown


@dataclass(frozen=True, slots=True)
class FaultEnded:
    episode: Episode
    ended_at: datetime


FaultEvent = FaultRaised | FaultEnded


def step(
    memory: FaultMemory, why: Unknown | None, at: datetime, *, alert_after_s: float
) -> tuple[FaultMemory, tuple[FaultEvent, ...]]:
    """`why` says what is wrong with the camera at time `at`; None: its pictures are good."""
    if why is None:
        return _well(memory, at)
    ill_from_at = memory.ill_from_at or at
    memory = replace(memory, ill_from_at=ill_from_at, well_from_at=None)
    if memory.episode is not None or (at - ill_from_at).total_seconds() < alert_after_s:
        return memory, ()
    episode = Episode(began_at=ill_from_at, raised_at=at)
    return replace(memory, episode=episode), (FaultRaised(episode, why),)


def _well(memory: FaultMemory, at: datetime) -> tuple[FaultMemory, tuple[FaultEvent, ...]]:
    if memory.episode is None:
        return FaultMemory(), ()
    well_from_at = memory.well_from_at or at
    if (at - well_from_at).total_seconds() < _WELL_AGAIN_S:
        return replace(memory, well_from_at=well_from_at), ()
    return FaultMemory(), (FaultEnded(memory.episode, well_from_at),)
