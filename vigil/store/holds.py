"""Holds: footage that stays beyond its time because somebody needs it, who, and for which case. Released, and never removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from vigil.model.ids import CameraId, HoldId
from vigil.store.database import Database
from vigil.store.tables import HoldRow


@dataclass(frozen=True, slots=True)
class Hold:
    """Of all footage and clips of a camera that touch the span. `until_at`: when it ends by itself; None: when it is released."""

    id: HoldId
    camera: CameraId
    from_at: datetime
    to_at: datetime
    case: str
    by: str
    entered_at: datetime
    until_at: datetime | None = None
    released_at: datetime | None = None
    released_by: str | None = None
    released_why: str | None = None

    def is_active(self, at: datetime) -> bool:
        return self.released_at is None and (self.until_at is None or self.until_at > at)


@dataclass(frozen=True, slots=True)
class Released:
    """The hold as it stands; `applied` is False when it was over already."""

    hold: Hold
    applied: bool


class Holds:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, hold: Hold) -> None:
        """Raises StoreError when the id is taken."""
        with self._database.write() as session:
            session.add(
                HoldRow(
                    id=hold.id,
                    camera=hold.camera,
                    from_at=hold.from_at,
                    to_at=hold.to_at,
                    case=hold.case,
                    by=hold.by,
                    entered_at=hold.entered_at,
                    until_at=hold.until_at,
                )
            )

    def release(self, hold_id: HoldId, *, by: str, at: datetime, why: str) -> Released | None:
        """None when there is no such hold."""
        with self._database.write() as session:
            row = session.get(HoldRow, hold_id, with_for_update=True)
            if row is None:
                return None
            applied = _hold(row).is_active(at)
            if applied:
                row.released_at, row.released_by, row.released_why = at, by, why
            return Released(_hold(row), applied)

    def find(self, hold_id: HoldId) -> Hold | None:
        with self._database.read() as session:
            row = session.get(HoldRow, hold_id)
            return None if row is None else _hold(row)

    def all(self, *, active_at: datetime | None = None) -> list[Hold]:
        """The newest first; with `active_at` those that hold at that time."""
        query = select(HoldRow).order_by(HoldRow.entered_at.desc(), HoldRow.id)
        if active_at is not None:
            query = query.where(*active(active_at))
        with self._database.read() as session:
            return [_hold(row) for row in session.scalars(query)]


def active(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return HoldRow.released_at.is_(None), or_(HoldRow.until_at.is_(None), HoldRow.until_at > at)


def _hold(row: HoldRow) -> Hold:
    return Hold(
        id=HoldId(row.id),
        camera=CameraId(row.camera),
        from_at=row.from_at,
        to_at=row.to_at,
        case=row.case,
        by=row.by,
        entered_at=row.entered_at,
        until_at=row.until_at,
        released_at=row.released_at,
        released_by=row.released_by,
        released_why=row.released_why,
    )
