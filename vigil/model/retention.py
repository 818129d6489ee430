"""How much footage there is, how it grows, and when there is no room for more. Bytes and aware UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vigil.model.ids import CameraId

FURTHEST_DAYS: Final = 3660
"""Of a plan: what grows so slowly that it takes longer is not foreseen."""


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
