"""What the minutes of windows come to by the day. The database adds up; no minute is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import func

from vigil.model.ids import WindowId
from vigil.model.looks import Unknown
from vigil.store.day_sums import DaySums
from vigil.store.kept_days import WINDOW_DAYS, Key
from vigil.store.tables import WindowMinuteRow
from vigil.store.told import WINDOWS, Row, Told

_WHOLE_S: Final = 59.9995
"""A minute of which so much is known has nothing unknown: its causes need not be read."""
_CAUSES: Final = tuple(Unknown)


@dataclass(frozen=True, slots=True)
class WindowDay:
    """Seconds of a window on a local day, as nodes told them. `visitor_s`: of them with a visitor at the spot."""

    window: WindowId
    day: date
    staffed_s: float
    unstaffed_s: float
    unknown_s: dict[Unknown, float]
    visitor_s: float


class WindowSums(DaySums[WindowDay]):
    source = WINDOWS
    days = WINDOW_DAYS

    def _days_of(self, told: Told) -> Iterator[WindowDay]:
        row = WindowMinuteRow
        known = told.totals(func.sum(row.staffed_s), func.sum(row.unstaffed_s), func.sum(row.visitor_s))
        causes = (func.sum(row.unknown_s[cause.value].as_float()) for cause in _CAUSES)
        unknown = {
            (window, day): _causes(seconds)
            for window, day, *seconds in told.rows(*causes, where=[row.staffed_s + row.unstaffed_s < _WHOLE_S])
        }
        for window, day, staffed_s, unstaffed_s, visitor_s in known:
            yield WindowDay(
                window, date.fromordinal(day), staffed_s, unstaffed_s, unknown.get((window, day), {}), visitor_s
            )

    def _figures(self, day: WindowDay) -> tuple[Key, dict[str, Any]]:
        return (day.window, day.day.toordinal()), {
            "staffed_s": day.staffed_s,
            "unstaffed_s": day.unstaffed_s,
            "unknown_s": day.unknown_s,
            "visitor_s": day.visitor_s,
        }

    def _kept_day(self, key: Key, figures: Sequence[Any]) -> WindowDay:
        staffed_s, unstaffed_s, unknown_s, visitor_s = figures
        causes = {cause: unknown_s[cause] for cause in _CAUSES if cause in unknown_s} if unknown_s else {}
        return WindowDay(WindowId(key[0]), date.fromordinal(key[1]), staffed_s, unstaffed_s, causes, visitor_s)


def _causes(seconds: Row | list[float | None]) -> dict[Unknown, float]:
    return {cause: one for cause, one in zip(_CAUSES, seconds, strict=True) if one}
