"""Sums of minutes by name and day, each minute once: what the sums of windows and of queues have in common.

A minute that several nodes told of counts as the node told it that knew most of it; of two that know the same, the first by
name. Parts of a minute that one node told are added. A minute belongs to the span in which it begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, and_, func, select
from sqlalchemy.orm import Session

from vigil.store.tables import MinuteRow, QueueMinuteRow, WindowMinuteRow

_MINUTES: FromClause = MinuteRow.__table__
Row = tuple[Any, ...]
"""Name, day as an ordinal, and what was asked for."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table of minutes, whose they are, and how many seconds of one are known."""

    table: FromClause
    name: ColumnElement[str]
    known_s: ColumnElement[float]


_W, _Q = WindowMinuteRow.__table__, QueueMinuteRow.__table__
WINDOWS = Source(_W, _W.c.window, _W.c.staffed_s + _W.c.unstaffed_s)
QUEUES = Source(_Q, _Q.c.group, _Q.c.known_s)


class Told:
    """The minutes of some names within given spans, in one transaction."""

    def __init__(self, session: Session, source: Source, names: Sequence[str], given: CTE) -> None:
        self._session, self._source, self._given = session, source, given
        self._names = list(names)
        self._several: list[str] = []

    def totals(self, *sums: ColumnElement[Any]) -> list[Row]:
        """One row for each name and day of which something was told. To be asked for first.

        It costs one pass, and a second one over the names alone that several nodes told of on one day.
        """
        node = _MINUTES.c.node
        query = self._plain(self._names, (func.min(node), func.max(node), *sums), ())
        query = query.join(_MINUTES, self._source.table.c.minute == _MINUTES.c.number)
        found = [tuple(row) for row in self._session.execute(query)]
        several = {name for name, _, first, last, *_ in found if first != last}
        self._several = sorted(several)
        self._names = [name for name in self._names if name not in several]
        alone = [(name, day, *asked) for name, day, _, _, *asked in found if name not in several]
        return alone + self._of_several(sums, (), ())

    def rows(
        self,
        *sums: ColumnElement[Any],
        by: Sequence[ColumnElement[Any]] = (),
        where: Sequence[ColumnElement[bool]] = (),
    ) -> Iterator[Row]:
        """As `totals`, of those minutes alone that `where` tells, in a row for each value of `by`: (name, day, *by, *sums)."""
        if self._names:
            plain = self._plain(self._names, (*by, *sums), by).where(*where)
            yield from (tuple(row) for row in self._session.execute(plain))
        yield from self._of_several((*by, *sums), by, where)

    def _plain(
        self, names: Sequence[str], asked: Sequence[ColumnElement[Any]], by: Sequence[ColumnElement[Any]]
    ) -> Select[Any]:
        source, given = self._source, self._given
        return (
            select(source.name, given.c.day, *asked)
            .select_from(source.table)
            .join(given, self._within())
            .where(source.name.in_(names))
            .group_by(source.name, given.c.day, *by)
        )

    def _of_several(
        self,
        asked: Sequence[ColumnElement[Any]],
        by: Sequence[ColumnElement[Any]],
        where: Sequence[ColumnElement[bool]],
    ) -> list[Row]:
        if not self._several:
            return []
        source, best = self._source, self._best()
        query = (
            self._plain(self._several, asked, by)
            .join(_MINUTES, source.table.c.minute == _MINUTES.c.number)
            .join(
                best,
                and_(
                    best.c.name == source.name,
                    best.c.at == source.table.c.at,
                    best.c.node == _MINUTES.c.node,
                    best.c.place == 1,
                ),
            )
            .where(*where)
        )
        return [tuple(row) for row in self._session.execute(query)]

    def _best(self) -> FromClause:
        """For each minute its nodes by how much they know of it."""
        source = self._source
        told = (
            select(
                source.name.label("name"), source.table.c.at, _MINUTES.c.node, func.sum(source.known_s).label("known_s")
            )
            .select_from(source.table)
            .join(self._given, self._within())
            .join(_MINUTES, source.table.c.minute == _MINUTES.c.number)
            .where(source.name.in_(self._several))
            .group_by(source.name, source.table.c.at, _MINUTES.c.node)
            .subquery("told")
        )
        order = (told.c.known_s.desc(), told.c.node)
        place = func.row_number().over(partition_by=(told.c.name, told.c.at), order_by=order)
        return select(told.c.name, told.c.at, told.c.node, place.label("place")).subquery("best")

    def _within(self) -> ColumnElement[bool]:
        at = self._source.table.c.at
        return and_(at >= self._given.c.from_at, at < self._given.c.to_at)
