"""What the looks said over time of the place that an alert is about: the evidence that a person reads it by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vigil.model.looks import Presence, Unknown


@dataclass(frozen=True, slots=True)
class ScoreMarks:
    """The detector's scores (0..1) from which on somebody is a person, and from which on may be one."""

    confidence: float
    doubt: float


MOST_POINTS: Final = 600
"""Of the trace that goes with one revision of an alert."""


@dataclass(frozen=True, slots=True)
class TracePoint:
    """What all cameras together said at `at` of a window's staff area, or of a queue's lane.

    Of a window: `score` (0..1) is the best of anybody in the staff area, sure or in doubt, or the n-th best where n clerks are
    needed; 0 where nobody is, None where nobody could look. `visitor` is what was said of the visitor spot.
    Of a queue: `waiting` people were counted, and from `mark` people on it counted as built up then; `presence` says whether
    there was anybody. `why` is set exactly when `presence` is unknown.
    """

    at: datetime
    presence: Presence
    score: float | None = None
    why: Unknown | None = None
    visitor: Presence = Presence.UNKNOWN
    waiting: int | None = None
    mark: float | None = None
