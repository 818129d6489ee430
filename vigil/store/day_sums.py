"""Sums by day of windows or queues: as they are kept, and what is not kept, added up from minutes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from vigil.store.database import Database
from vigil.store.kept_days import Days, KeptDays, Key
from vigil.store.spans import Asked, portions, table_of
from vigil.store.told import Source, Told

Day = TypeVar("Day")


class DaySums(ABC, Generic[Day]):
    """It comes to the same whatever is kept: a test holds it."""

    source: Source
    days: Days

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept = KeptDays(database, self.days)

    def by_day(self, asked: Sequence[Asked]) -> list[Day]:
        """Of the minutes that begin within the spans, for each name and day of which something was told. Nothing is written."""
        with self._database.read() as session:
            kept, left = self._kept.read(session, asked)
            found = [self._kept_day(key, figures) for key, figures in kept.items() if figures[0] is not None]
            return [*found, *self._added_up(session, left)]

    def keep(self, asked: Sequence[Asked]) -> int:
        """Enters the sums of those days that are not kept, which must be over. How many there were."""
        with self._database.read() as session:
            left = self._kept.lacking(session, asked)
        if not left:
            return 0
        claim = self._kept.claim(left)
        with self._database.read() as session:
            told = dict(self._figures(day) for day in self._added_up(session, left))
        keys = [(name, day) for one in left for day in one.by_day() for name in one.names]
        self._kept.enter(claim, {key: told.get(key, {}) for key in keys})
        return len(keys)

    def _added_up(self, session: Session, asked: Sequence[Asked]) -> Iterator[Day]:
        for one in asked:
            given = table_of(one.spans)
            for names in portions(one.names):
                yield from self._days_of(Told(session, self.source, names, given))

    @abstractmethod
    def _days_of(self, told: Told) -> Iterator[Day]: ...

    @abstractmethod
    def _figures(self, day: Day) -> tuple[Key, dict[str, Any]]:
        """Whose and when, and what is kept of it, by column."""

    @abstractmethod
    def _kept_day(self, key: Key, figures: Sequence[Any]) -> Day:
        """What `_figures` gave, in the order of the columns."""
