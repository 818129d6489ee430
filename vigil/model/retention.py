"""How much footage there is, how it grows, and when there is no room for more. Bytes and aware UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vigil.model.ids import CameraId
from vigil.model.site import Strict

LEAST_FIGURES_DAYS: Final = 850
"""More than sums of days are looked after (vigil/center/sums.py), and than a report of a year asked for a year later."""
LEAST_MESSAGES_DAYS: Final = 180
FURTHEST_DAYS: Final = 3660
"""Of a plan: what grows so slowly that it takes longer is not foreseen."""


@dataclass(frozen=True, slots=True)
class Keep(Strict):
    """How long the database keeps what only grows, and no law or case keeps for ever. Also the shape of `center.keep`."""

    figures_days: float = 1100
    """Minutes, changes, and hours of footage: three years, as long as what was decided on their grounds may be asked about."""
    messages_days: float = 180
    """What was sent to channels, with each attempt: the six months that the Cybersecurity Law wants of logs."""


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """`day_bytes` is what it took in the last day that is over; `first_at` its oldest footage, None without any."""

    camera: CameraId
    at_least_days: float
    at_most_days: float
    bytes: int
    day_bytes: int
    first_at: datetime | None

    def bytes_after(self, days: float) -> float:
        """As long as it goes on as in that day: it grows until its oldest footage is as old as it may be."""
        return max(float(self.bytes), min(self.bytes + self.day_bytes * days, self.day_bytes * self.at_most_days))


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """`room_bytes` is what footage may take in all, None where nobody knows."""

    made_at: datetime
    cameras: tuple[CameraPlan, ...]
    room_bytes: int | None

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.cameras)

    @property
    def least_bytes(self) -> float:
        """What everything takes that must be kept by law."""
        return sum(one.day_bytes * one.at_least_days for one in self.cameras)

    @property
    def most_bytes(self) -> float:
        """What everything takes once the oldest is as old as it may be."""
        return sum(one.day_bytes * one.at_most_days for one in self.cameras)

    @property
    def full_at(self) -> datetime | None:
        """When there is no room for more; None: never, or nobody knows."""
        if self.room_bytes is None:
            return None
        room = self.room_bytes
        day = next((day for day in range(FURTHEST_DAYS) if _after(self.cameras, day) > room), None)
        return None if day is None else self.made_at + timedelta(days=day)


def _after(cameras: Sequence[CameraPlan], days: float) -> float:
    return sum(one.bytes_after(days) for one in cameras)
