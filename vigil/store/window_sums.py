"""What the minutes of windows come to by the day. The database adds up; no minute is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func

from vigil.calendar import ServiceSpan
from vigil.model.ids import WindowId
from vigil.model.looks import Unknown
from vigil.store.database import Database
from vigil.store.spans import portions, table_of
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


class WindowSums:
    def __init__(self, database: Database) -> None:
        self._database = database

    def by_day(self, windows: Sequence[WindowId], spans: Sequence[ServiceSpan]) -> list[WindowDay]:
        """Of the minutes that begin within the spans, for each window and day of which something was told."""
        if not spans:
            return []
        given = table_of(spans)
        with self._database.read() as session:
            return [day for some in portions(windows) for day in _days(Told(session, WINDOWS, some, given))]


def _days(told: Told) -> Iterator[WindowDay]:
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


def _causes(seconds: Row | list[float | None]) -> dict[Unknown, float]:
    return {cause: one for cause, one in zip(_CAUSES, seconds, strict=True) if one}
