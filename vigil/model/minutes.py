"""What a node sums up each minute of windows and queues in service, so that rates are not made of single looks.

Minutes are those of UTC. A minute in which the node did not watch all the time, because it started, stopped or its clock was
set, comes in parts: several with the same `at`, each with the seconds that it stands for. They may be added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vigil.model.ids import GroupId, WindowId
from vigil.model.looks import Unknown


@dataclass(frozen=True, slots=True)
class WindowMinute:
    """Seconds in which a window was in service, by what was believed of it; those unknown by their reason.

    `visitor_s` are those of them with a visitor seen at the spot; `looks` were taken at the staff area, by all cameras.
    """

    window: WindowId
    staffed_s: float
    unstaffed_s: float
    unknown_s: dict[Unknown, float]
    visitor_s: float
    looks: int

    @property
    def in_service_s(self) -> float:
        return round(self.staffed_s + self.unstaffed_s + sum(self.unknown_s.values()), 3)


@dataclass(frozen=True, slots=True)
class QueueMinute:
    """The people who waited for a window group, over the `known_s` seconds of `in_service_s` in which they could be counted.

    Means are over time. The figures of `waiting` are None where nobody could count; `wait_s` is the median of the estimated
    waits, None where there was none.
    """

    group: GroupId
    in_service_s: float
    known_s: float
    waiting_mean: float | None
    waiting_least: int | None
    waiting_most: int | None
    staffed_mean: float
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Minute:
    """All that was in service at a node in the minute that begins `at`; `seconds` of it were watched, 60 being all."""

    at: datetime
    seconds: float
    windows: tuple[WindowMinute, ...] = ()
    queues: tuple[QueueMinute, ...] = ()
