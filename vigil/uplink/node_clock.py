"""How far a node's clock is from the centre's, from questions and answers on their link. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_SAMPLES: Final = 8


@dataclass(frozen=True, slots=True)
class ClockReading:
    """`offset_s`: the node's clock less the centre's, true within `error_s` either way. `at` is by the centre's clock."""

    at: datetime
    offset_s: float
    error_s: float

    def agrees_with(self, other: ClockReading) -> bool:
        """Both can be true at once."""
        return abs(self.offset_s - other.offset_s) <= self.error_s + other.error_s


class ClockMeasure:
    """Keeps the surest of the last eight answers, as NTP's clock filter does (RFC 5905, section 10): the one that was under
    way for the shortest time. An answer that contradicts it says that a clock was set, and all before it is forgotten.
    """

    def __init__(self) -> None:
        self._kept: deque[ClockReading] = deque(maxlen=_SAMPLES)

    def take(self, asked_at: datetime, node_at: datetime, answered_at: datetime) -> ClockReading:
        """The reading that holds now. The node's clock was read at some moment between the question and the answer."""
        half_s = max(0.0, (answered_at - asked_at).total_seconds() / 2)
        fresh = ClockReading(answered_at, (node_at - asked_at).total_seconds() - half_s, half_s)
        if not all(fresh.agrees_with(kept) for kept in self._kept):
            self._kept.clear()
        self._kept.append(fresh)
        return min(self._kept, key=lambda reading: reading.error_s)
