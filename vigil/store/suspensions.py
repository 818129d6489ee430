"""Suspensions: when nobody need be at a window, who said so, and why. They are ended, and never changed or removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, tuple_

from vigil.model.ids import HallId, SuspensionId, WindowId
from vigil.model.people import ALL_HALLS, Halls
from vigil.model.suspensions import Suspension, SuspensionKind
from vigil.store.database import Database, Lock, take_lock
from vigil.store.tables import SuspensionRow


@dataclass(frozen=True, slots=True)
class SuspensionRecord:
    """`suspension` is as it was entered; `ended_at` and `ended_by` are set where somebody ended it before its time.

    One that was ended before it began never ran.
    """

    suspension: Suspension
    hall: HallId
    note: str
    by: str
    entered_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def until_at(self) -> datetime:
        return self.ended_at or self.suspension.to_at


@dataclass(frozen=True, slots=True)
class SuspensionFilter:
    """None: any. Those that are in force at some time from `from_at` up to and without `to_at`.

    `within`: in none but these halls.
    """

    hall: HallId | None = None
    window: WindowId | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    within: Halls = ALL_HALLS

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.hall is not None:
            found.append(SuspensionRow.hall == self.hall)
        if self.within.named is not None:
            found.append(SuspensionRow.hall.in_(sorted(self.within.named)))
        if self.window is not None:
            found.append(SuspensionRow.window == self.window)
        if self.from_at is not None:
            found.append(self.from_at < _UNTIL_AT)
        if self.to_at is not None:
            found.append(SuspensionRow.from_at < self.to_at)
        return found


@dataclass(frozen=True, slots=True)
class SuspensionCursor:
    """The last suspension of a page: the next one goes on behind it, whatever was entered meanwhile."""

    from_at: datetime
    id: SuspensionId


@dataclass(frozen=True, slots=True)
class SuspensionPage:
    items: tuple[SuspensionRecord, ...]
    next: SuspensionCursor | None


@dataclass(frozen=True, slots=True)
class EndResult:
    """The suspension as it stands; `applied` is False when it was over already."""

    record: SuspensionRecord
    applied: bool


_UNTIL_AT = func.coalesce(SuspensionRow.ended_at, SuspensionRow.to_at)


class Suspensions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: SuspensionRecord) -> None:
        """Raises StoreError when the id is taken."""
        suspension = record.suspension
        with self._database.write() as session:
            session.add(
                SuspensionRow(
                    id=suspension.id,
                    hall=record.hall,
                    window=suspension.window,
                    kind=suspension.kind,
                    from_at=suspension.from_at,
                    to_at=suspension.to_at,
                    note=record.note,
                    by=record.by,
                    entered_at=record.entered_at,
                )
            )

    def add_all(self, records: Iterable[SuspensionRecord]) -> None:
        """All of them or none."""
        with self._database.write():
            for record in records:
                self.add(record)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A transaction in which nobody else enters a roster: what is looked up in it holds until its end."""
        with self._database.write() as session:
            take_lock(session, Lock.ROSTER)
            yield

    def counting(self, windows: Collection[WindowId], since: datetime) -> dict[WindowId, list[Suspension]]:
        """Those of these windows that count at some time after `since`, each up to when it counts, by their beginning."""
        query = (
            select(SuspensionRow)
            .where(SuspensionRow.window.in_(windows), since < _UNTIL_AT, SuspensionRow.from_at < _UNTIL_AT)
            .order_by(SuspensionRow.from_at, SuspensionRow.id)
        )
        found: dict[WindowId, list[Suspension]] = {}
        with self._database.read() as session:
            for record in map(_record, session.scalars(query)):
                one = replace(record.suspension, to_at=record.until_at)
                found.setdefault(one.window, []).append(one)
        return found

    def end(self, suspension_id: SuspensionId, *, by: str, at: datetime) -> EndResult | None:
        """Ends one that runs or is to come. None when there is no such suspension."""
        with self._database.write() as session:
            row = session.get(SuspensionRow, suspension_id, with_for_update=True)
            if row is None:
                return None
            applied = row.ended_at is None and at < row.to_at
            if applied:
                row.ended_at, row.ended_by = at, by
            return EndResult(_record(row), applied)

    def find(self, suspension_id: SuspensionId) -> SuspensionRecord | None:
        with self._database.read() as session:
            row = session.get(SuspensionRow, suspension_id)
            return None if row is None else _record(row)

    def page(
        self, chosen: SuspensionFilter, *, after: SuspensionCursor | None = None, limit: int = 50
    ) -> SuspensionPage:
        """The latest beginning first."""
        conditions = chosen.conditions()
        if after is not None:
            conditions.append(tuple_(SuspensionRow.from_at, SuspensionRow.id) < (after.from_at, after.id))
        query = (
            select(SuspensionRow)
            .where(*conditions)
            .order_by(SuspensionRow.from_at.desc(), SuspensionRow.id.desc())
            .limit(limit + 1)
        )
        with self._database.read() as session:
            items = [_record(row) for row in session.scalars(query)]
        last = items[limit - 1].suspension if len(items) > limit else None
        return SuspensionPage(tuple(items[:limit]), None if last is None else SuspensionCursor(last.from_at, last.id))

    def in_force(self, from_at: datetime, to_at: datetime) -> list[SuspensionRecord]:
        """All that ran at some time from `from_at` up to and without `to_at`, by window and beginning."""
        query = (
            select(SuspensionRow)
            .where(
                *SuspensionFilter(from_at=from_at, to_at=to_at).conditions(),
                SuspensionRow.from_at < _UNTIL_AT,  # one that was ended before it began never ran
            )
            .order_by(SuspensionRow.window, SuspensionRow.from_at, SuspensionRow.id)
        )
        with self._database.read() as session:
            return [_record(row) for row in session.scalars(query)]

    def ahead(self, windows: Collection[WindowId], at: datetime) -> tuple[Suspension, ...]:
        """Those of these windows that run at `at` or will, by their beginning."""
        query = (
            select(SuspensionRow)
            .where(SuspensionRow.to_at > at, SuspensionRow.ended_at.is_(None), SuspensionRow.window.in_(windows))
            .order_by(SuspensionRow.from_at, SuspensionRow.id)
        )
        with self._database.read() as session:
            return tuple(_record(row).suspension for row in session.scalars(query))


def _record(row: SuspensionRow) -> SuspensionRecord:
    return SuspensionRecord(
        suspension=Suspension(
            id=SuspensionId(row.id),
            window=WindowId(row.window),
            kind=SuspensionKind(row.kind),
            from_at=row.from_at,
            to_at=row.to_at,
        ),
        hall=HallId(row.hall),
        note=row.note,
        by=row.by,
        entered_at=row.entered_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
