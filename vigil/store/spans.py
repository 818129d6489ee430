"""Stretches of time as a table that a query joins with, so that the database adds up and sends sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import CTE, Integer, column, values

from vigil.calendar import ServiceSpan
from vigil.store.tables import UtcDateTime
from vigil.store.tables.base import TEXT

T = TypeVar("T")
_MOST_IDS: Final = 5000
"""Ids of one query: together with a year of spans they stay within what SQLite takes as parameters."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Names of windows or groups, and the spans of service that they have in common: without overlap, in order."""

    names: Sequence[str]
    spans: Sequence[ServiceSpan]

    def by_day(self) -> dict[int, list[ServiceSpan]]:
        found: defaultdict[int, list[ServiceSpan]] = defaultdict(list)
        for span in self.spans:
            found[span.day.toordinal()].append(span)
        return dict(found)


def key_of(spans: Sequence[ServiceSpan]) -> str:
    """Of a day's spans: two keys are the same when the spans are."""
    return " ".join(f"{span.from_at.timestamp()}-{span.to_at.timestamp()}" for span in spans)


def table_of(spans: Sequence[ServiceSpan]) -> CTE:
    """Columns day (the ordinal of a proleptic Gregorian date), from_at and to_at. `spans` must not be empty."""
    shape = values(
        column("day", Integer), column("from_at", UtcDateTime), column("to_at", UtcDateTime), name="given_spans"
    )
    return shape.data([(span.day.toordinal(), span.from_at, span.to_at) for span in spans]).cte("spans")


def names_of(names: Sequence[str]) -> CTE:
    """Column name. `names` must not be empty."""
    shape = values(column("name", TEXT), name="given_names")
    return shape.data([(name,) for name in names]).cte("names")


def portions(ids: Sequence[T]) -> Iterator[list[T]]:
    for start in range(0, len(ids), _MOST_IDS):
        yield list(ids[start : start + _MOST_IDS])
