"""What the looks said over time behind each alert: evidence, so it grows with each revision and never shrinks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydantic import TypeAdapter

from vigil.model.ids import AlertId
from vigil.model.trace import MOST_POINTS, TracePoint
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import AlertTraceRow

MOST_KEPT: Final = 6 * MOST_POINTS
"""Points of one alert, twice what raised, escalated and ended bring. What comes beyond it is left out."""

_POINTS: TypeAdapter[tuple[TracePoint, ...]] = TypeAdapter(tuple[TracePoint, ...])


class Traces:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, alert: AlertId, points: Iterable[TracePoint]) -> None:
        """Enter the points of an alert that is here, beside those that came before; of one moment the first stands."""
        told = tuple(points)
        if not told:
            return
        with self._database.write() as session:
            insert_if_absent(session, AlertTraceRow, {"alert": alert, "points": []})
            row = session.get_one(AlertTraceRow, alert, with_for_update=True)
            known = {point.at: point for point in _POINTS.validate_python(row.points)}
            fresh = [point for point in told if point.at not in known][: MOST_KEPT - len(known)]
            if not fresh:
                return
            merged = sorted([*known.values(), *fresh], key=lambda point: point.at)
            row.points = _POINTS.dump_python(tuple(merged), mode="json", exclude_defaults=True)

    def of(self, alert: AlertId) -> tuple[TracePoint, ...]:
        """By time; nothing where an alert has none."""
        with self._database.read() as session:
            row = session.get(AlertTraceRow, alert)
            return _POINTS.validate_python(row.points) if row else ()
