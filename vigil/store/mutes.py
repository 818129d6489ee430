"""Mutes: a window's alerts of one kind call nobody until an end. They are raised, kept and measured all the same.

Not a suspension: that says that nobody need be at the window, and stops judging it. A mute says that the alerts are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from vigil.model.alerts import AlertKind
from vigil.model.ids import AlertId, HallId, MuteId, WindowId
from vigil.model.people import ALL_HALLS, Halls
from vigil.store.database import Database
from vigil.store.tables import AlertRow, MuteRow

_Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class Mute:
    """In force from `from_at` up to and without `to_at`, or `ended_at` where somebody ended it before."""

    id: MuteId
    hall: HallId
    window: WindowId
    kind: AlertKind
    from_at: datetime
    to_at: datetime
    reason: str
    by: str
    ended_at: datetime | None = None
    ended_by: str | None = None

    def runs(self, at: datetime) -> bool:
        return self.from_at <= at < (self.ended_at or self.to_at)


@dataclass(frozen=True, slots=True)
class MuteResult:
    """The mute as it stands, and the alerts that it concerns now. `applied`: it was entered, or ended."""

    mute: Mute
    alerts: tuple[AlertId, ...]
    applied: bool


class Mutes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, mute: Mute) -> MuteResult:
        """Also for alerts whose episode goes on. Not applied, with the other one, where one runs already."""
        with self._database.write() as session:
            running = self.running(mute.window, mute.kind, mute.from_at)
            if running is not None:
                return MuteResult(running, (), applied=False)
            session.add(MuteRow(**{name: getattr(mute, name) for name in Mute.__slots__}))
            ongoing = (*_same(mute), AlertRow.ended_at.is_(None))
            return MuteResult(mute, self._set_until(ongoing, mute.to_at), applied=True)

    def end(self, mute_id: MuteId, *, by: str, at: datetime) -> MuteResult | None:
        """From now on its alerts call again. None when there is no such mute."""
        with self._database.write() as session:
            row = session.get(MuteRow, mute_id, with_for_update=True)
            if row is None:
                return None
            if row.ended_at is not None or at >= row.to_at:
                return MuteResult(_mute(row), (), applied=False)
            row.ended_at, row.ended_by = at, by
            mute = _mute(row)
            return MuteResult(mute, self._set_until((*_same(mute), AlertRow.muted_until > at), at), applied=True)

    def find(self, mute_id: MuteId) -> Mute | None:
        with self._database.read() as session:
            row = session.get(MuteRow, mute_id)
            return None if row is None else _mute(row)

    def running(self, window: WindowId, kind: AlertKind, at: datetime) -> Mute | None:
        """The one that mutes such an alert at `at`; two never run at a time."""
        query = select(MuteRow).where(
            MuteRow.window == window, MuteRow.kind == kind, MuteRow.from_at <= at, MuteRow.to_at > at
        )
        with self._database.read() as session:
            return next((mute for mute in map(_mute, session.scalars(query)) if mute.runs(at)), None)

    def newest(
        self,
        *,
        window: WindowId | None = None,
        active_at: datetime | None = None,
        within: Halls = ALL_HALLS,
        limit: int = 200,
    ) -> list[Mute]:
        """The latest first, in none but these halls; with `active_at` those that run then."""
        query = select(MuteRow).order_by(MuteRow.from_at.desc(), MuteRow.id).limit(limit)
        if within.named is not None:
            query = query.where(MuteRow.hall.in_(sorted(within.named)))
        if window is not None:
            query = query.where(MuteRow.window == window)
        if active_at is not None:
            query = query.where(MuteRow.to_at > active_at, MuteRow.ended_at.is_(None))
        with self._database.read() as session:
            return [_mute(row) for row in session.scalars(query)]

    def _set_until(self, which: _Conditions, until: datetime) -> tuple[AlertId, ...]:
        with self._database.write() as session:
            ids = tuple(AlertId(one) for one in session.scalars(select(AlertRow.id).where(*which)))
            session.execute(update(AlertRow).where(AlertRow.id.in_(ids)).values(muted_until=until))
            return ids


def _same(mute: Mute) -> _Conditions:
    return (AlertRow.window == mute.window, AlertRow.kind == mute.kind)


def _mute(row: MuteRow) -> Mute:
    return Mute(
        id=MuteId(row.id),
        hall=HallId(row.hall),
        window=WindowId(row.window),
        kind=AlertKind(row.kind),
        from_at=row.from_at,
        to_at=row.to_at,
        reason=row.reason,
        by=row.by,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
