"""Observations: every change of what is believed of a window. Rates and reports are made of these."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from vigil.model.ids import WindowId
from vigil.model.looks import Presence, Staffing, Unknown, WindowStatus
from vigil.model.suspensions import SuspensionKind
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import ObservationRow


class Observations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: str, status: WindowStatus) -> bool:
        """Enter a change, known by the id of the node's record. False when it is known already."""
        values = {
            "record": record,
            "window": status.window,
            "staffing": status.staffing,
            "in_service": status.in_service,
            "since_at": status.since_at,
            "why": status.why,
            "visitor": status.visitor,
            "suspended": status.suspended,
            "confidence": status.confidence,
        }
        with self._database.write() as session:
            return insert_if_absent(session, ObservationRow, values)

    def between(self, window: WindowId, from_at: datetime, to_at: datetime) -> list[WindowStatus]:
        """The changes within the span, by time, led by the one in force at its start if there is one."""
        before = (
            select(func.max(ObservationRow.since_at))
            .where(ObservationRow.window == window, ObservationRow.since_at <= from_at)
            .scalar_subquery()
        )
        query = (
            select(ObservationRow)
            .where(
                ObservationRow.window == window,
                ObservationRow.since_at >= func.coalesce(before, from_at),
                ObservationRow.since_at < to_at,
            )
            .order_by(ObservationRow.since_at, ObservationRow.record)
        )
        with self._database.read() as session:
            return [_status(row) for row in session.scalars(query)]

    def latest(self) -> list[WindowStatus]:
        """The last change of every window, for a centre that has just started."""
        last = (
            select(ObservationRow.window, func.max(ObservationRow.since_at).label("since_at"))
            .group_by(ObservationRow.window)
            .subquery()
        )
        query = select(ObservationRow).join(
            last,
            (ObservationRow.window == last.c.window) & (ObservationRow.since_at == last.c.since_at),
        )
        with self._database.read() as session:
            found = {row.window: _status(row) for row in session.scalars(query.order_by(ObservationRow.record))}
        return list(found.values())


def _status(row: ObservationRow) -> WindowStatus:
    return WindowStatus(
        window=WindowId(row.window),
        in_service=row.in_service,
        staffing=Staffing(row.staffing),
        since_at=row.since_at,
        why=None if row.why is None else Unknown(row.why),
        visitor=Presence(row.visitor),
        suspended=None if row.suspended is None else SuspensionKind(row.suspended),
        confidence=row.confidence,
    )
