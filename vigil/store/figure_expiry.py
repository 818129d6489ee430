"""Figures whose time is over: minutes of windows and queues with their sums, changes of what was believed, footage by the hour.

The records that numbered the minutes stay: by them a record that comes again is known, and they say of nobody anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from vigil.store.database import Database, Lock, take_lock
from vigil.store.tables import (
    FootageHourRow,
    GapRow,
    ObservationRow,
    QueueDayRow,
    QueueMinuteRow,
    WindowDayRow,
    WindowMinuteRow,
)
from vigil.store.tables.base import Base


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows went."""

    window_minutes: int
    queue_minutes: int
    changes: int
    footage_hours: int
    gaps: int


@dataclass(frozen=True, slots=True)
class _Told:
    """A table whose key begins with whose it is and when it was: so a name's oldest row is found without a search."""

    row: type[Base]
    name: InstrumentedAttribute[str]
    at: InstrumentedAttribute[datetime]


_WINDOWS: Final = _Told(WindowMinuteRow, WindowMinuteRow.window, WindowMinuteRow.at)
_QUEUES: Final = _Told(QueueMinuteRow, QueueMinuteRow.group, QueueMinuteRow.at)
_HOURS: Final = _Told(FootageHourRow, FootageHourRow.camera, FootageHourRow.at)
_GAPS: Final = _Told(GapRow, GapRow.camera, GapRow.start_at)
_CHANGES: Final = _Told(ObservationRow, ObservationRow.window, ObservationRow.since_at)


class FigureExpiry:
    def __init__(self, database: Database) -> None:
        self._database = database

    def oldest(self, before: datetime) -> datetime | None:
        """When the oldest minute, or hour of footage, of all before then begins; None: there is none."""
        with self._database.read() as session:
            firsts = [first for told in (_WINDOWS, _QUEUES, _HOURS) for first in _firsts(session, told)]
        return min((first for first in firsts if first < before), default=None)

    def forget(self, before: datetime, day: date) -> Forgotten:
        """All before that time, which is when the local day begins, and the sums of the days before it.

        Of each window the change that held at that time stays, and a gap that goes on beyond it.
        """
        with self._database.write() as session:
            take_lock(session, Lock.DAY_SUMS)  # who is adding up one of these days does so in vain
            for sums in (WindowDayRow, QueueDayRow):
                session.execute(delete(sums).where(sums.day < day.toordinal()))
            return Forgotten(
                _forget(session, _WINDOWS, WindowMinuteRow.at < before),
                _forget(session, _QUEUES, QueueMinuteRow.at < before),
                _forget_changes(session, before),
                _forget(session, _HOURS, FootageHourRow.at < before),
                _forget(session, _GAPS, and_(GapRow.start_at < before, GapRow.end_at <= before)),
            )


def _names(session: Session, told: _Told) -> Iterator[str]:
    """One step in the index for each, however many rows they have."""
    last = session.scalar(select(func.min(told.name)))
    while last is not None:
        yield last
        last = session.scalar(select(func.min(told.name)).where(told.name > last))


def _firsts(session: Session, told: _Told) -> Iterator[datetime]:
    for name in _names(session, told):
        first = session.scalar(select(func.min(told.at)).where(told.name == name))
        if first is not None:
            yield first


def _forget(session: Session, told: _Told, over: ColumnElement[bool]) -> int:
    return sum(_delete(session, told, and_(told.name == name, over)) for name in _names(session, told))


def _forget_changes(session: Session, before: datetime) -> int:
    count = 0
    for name in _names(session, _CHANGES):
        mine = _CHANGES.name == name
        held_at = session.scalar(select(func.max(_CHANGES.at)).where(mine, _CHANGES.at <= before))
        if held_at is not None:
            count += _delete(session, _CHANGES, and_(mine, _CHANGES.at < held_at))
    return count


def _delete(session: Session, told: _Told, which: ColumnElement[bool]) -> int:
    table: Any = told.row.__table__
    assert isinstance(table, Table)  # noqa: S101, SQLAlchemy's word for what a declared class has
    return session.connection().execute(delete(table).where(which)).rowcount
