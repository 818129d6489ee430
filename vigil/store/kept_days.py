"""Sums of days that are kept, so that a report need not read minutes: how they are entered, and how a late minute undoes them.

Whoever adds up a day claims it first, reads the minutes, and enters what they come to if the claim still stands. Whoever enters a
minute removes the days that it lies in, claims too. Between the two stands a lock: a claim waits until all who entered minutes
without seeing it have committed, so that its reader sees their minutes, and those who come later see the claim.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from vigil.calendar import ServiceSpan
from vigil.store.database import Database, Lock, take_lock
from vigil.store.spans import Asked, key_of, portions
from vigil.store.tables import QueueDayRow, WindowDayRow
from vigil.store.tables.base import Base

Key = tuple[str, int]
"""Name and day."""
_OF_ANY: Final = frozenset({"day", "spans", "from_at", "to_at", "claim"})


@dataclass(frozen=True, slots=True)
class Days:
    """A table of sums, and the column that says whose they are."""

    table: Table
    name: Column[Any]

    @property
    def figures(self) -> tuple[Column[Any], ...]:
        return tuple(one for one in self.table.c if one.name not in _OF_ANY and one is not self.name)


def _days(row: type[Base], name: str) -> Days:
    table = row.__table__
    assert isinstance(table, Table)  # noqa: S101, SQLAlchemy's word for what a declared class has
    return Days(table, table.c[name])


WINDOW_DAYS: Final = _days(WindowDayRow, "window")
QUEUE_DAYS: Final = _days(QueueDayRow, "group")


class KeptDays:
    def __init__(self, database: Database, days: Days) -> None:
        self._database, self._days = database, days

    def read(self, session: Session, asked: Sequence[Asked]) -> tuple[dict[Key, Sequence[Any]], list[Asked]]:
        """The figures that are kept of what is asked for, all None where nothing was told; and what is left to add up.

        What was added up over other spans of that day is left, too.
        """
        found = self._found(session, asked, self._days.figures)
        return found, list(_left(asked, found))

    def lacking(self, session: Session, asked: Sequence[Asked]) -> list[Asked]:
        """What is left to add up, without reading any figure."""
        return list(_left(asked, self._found(session, asked, ())))

    def _found(
        self, session: Session, asked: Sequence[Asked], figures: Sequence[Column[Any]]
    ) -> dict[Key, Sequence[Any]]:
        wanted = {(name, day): key for key, day, names in _keys(asked) for name in names}
        if not wanted:
            return {}
        days, table = [day for _, day in wanted], self._days.table
        query = select(self._days.name, table.c.day, table.c.spans, *figures).where(
            table.c.day.between(min(days), max(days)), table.c.claim.is_(None)
        )
        return {
            (name, day): told for name, day, spans, *told in session.execute(query) if wanted.get((name, day)) == spans
        }

    def claim(self, asked: Sequence[Asked]) -> str:
        """In the name of the answer. What was entered of these days goes, and who else claimed them does so in vain."""
        claim = secrets.token_hex(8)
        rows = sorted(_rows(asked, self._days.name.name, claim), key=lambda row: row["day"])
        names = sorted({str(name) for one in asked for name in one.names})
        days = sorted({row["day"] for row in rows})
        table = self._days.table
        with self._database.write() as session:
            take_lock(session, Lock.DAY_SUMS)
            for some in portions(names):
                session.execute(delete(table).where(table.c.day.in_(days), self._days.name.in_(some)))
            session.execute(insert(table), rows)
        return claim

    def enter(self, claim: str, figures: Mapping[Key, Mapping[str, Any]]) -> None:
        """What the claimed days came to, in order; no figures: nothing was told. Those whose claim is gone are left out."""
        table, name = self._days.table, self._days.name
        statement = update(table).where(
            table.c.day == bindparam("the_day"), name == bindparam("the_name"), table.c.claim == claim
        )
        none = dict.fromkeys(column.name for column in self._days.figures)
        rows = [
            {"the_name": key[0], "the_day": key[1], "claim": None, **none, **figures[key]}
            for key in sorted(figures, key=lambda key: (key[1], key[0]))
        ]
        values: dict[str, Any] = {column: bindparam(column) for column in ("claim", *none)}
        with self._database.write() as session:
            session.connection().execute(statement.values(values), rows)


def undo(session: Session, days: Days, names: Sequence[str], at: datetime) -> None:
    """A minute is entered of these names: what was kept of it counts no more. The caller has the lock, shared."""
    if not names:
        return
    table, day = days.table, at.toordinal()
    touched: ColumnElement[bool] = and_(
        table.c.day.between(day - 1, day + 1),  # a local day begins at most one before or after that of UTC
        days.name.in_(names),
        table.c.from_at <= at,
        table.c.to_at > at,
    )
    key = (table.c.day, days.name)
    found = session.execute(select(*key).where(touched).order_by(*key).with_for_update()).all()
    if found:
        these = (and_(table.c.day == one_day, days.name == name) for one_day, name in found)
        session.execute(delete(table).where(or_(*these)))


def _keys(asked: Sequence[Asked]) -> Iterator[tuple[str, int, Sequence[str]]]:
    for one in asked:
        for day, spans in one.by_day().items():
            yield key_of(spans), day, one.names


def _left(asked: Sequence[Asked], found: Mapping[Key, object]) -> Iterator[Asked]:
    """Names that lack the same days stay together."""
    for one in asked:
        days = one.by_day()
        lacking: dict[tuple[int, ...], list[str]] = {}
        for name in one.names:
            left = tuple(day for day in days if (name, day) not in found)
            if left:
                lacking.setdefault(left, []).append(name)
        for left, names in lacking.items():
            yield Asked(names, [span for day in left for span in days[day]])


def _rows(asked: Sequence[Asked], name_column: str, claim: str) -> Iterator[dict[str, Any]]:
    for one in asked:
        for day, spans in one.by_day().items():
            yield from (_row(spans, day, claim) | {name_column: name} for name in one.names)


def _row(spans: Sequence[ServiceSpan], day: int, claim: str) -> dict[str, Any]:
    bounds = {"from_at": spans[0].from_at, "to_at": spans[-1].to_at}
    return {"day": day, "spans": key_of(spans), "claim": claim, **bounds}
