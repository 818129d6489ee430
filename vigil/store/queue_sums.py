"""What the minutes of queues come to by the day: sums, and how often which figure was told. No minute is loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Integer, cast, func

from vigil.calendar import ServiceSpan
from vigil.model.ids import GroupId
from vigil.store.database import Database
from vigil.store.spans import portions, table_of
from vigil.store.tables import QueueMinuteRow
from vigil.store.told import QUEUES, Told

WAIT_STEP_S: Final = 10
"""Estimated waits are counted to so many seconds."""


@dataclass(frozen=True, slots=True)
class QueueDay:
    """A window group on a local day, as nodes told it.

    `waiting`: people who waited, as the mean of a minute to the next whole number, and for how many seconds; `wait_s`: the
    estimated wait, to WAIT_STEP_S, likewise. Both over the seconds in which somebody could count.
    """

    group: GroupId
    day: date
    in_service_s: float
    known_s: float
    most_waiting: int | None
    waiting: dict[int, float]
    wait_s: dict[int, float]


class QueueSums:
    def __init__(self, database: Database) -> None:
        self._database = database

    def by_day(self, groups: Sequence[GroupId], spans: Sequence[ServiceSpan]) -> list[QueueDay]:
        """Of the minutes that begin within the spans, for each group and day of which something was told."""
        if not spans:
            return []
        given = table_of(spans)
        with self._database.read() as session:
            return [day for some in portions(groups) for day in _days(Told(session, QUEUES, some, given))]


def _days(told: Told) -> Iterator[QueueDay]:
    row = QueueMinuteRow
    sums = told.totals(func.sum(row.in_service_s), func.sum(row.known_s), func.max(row.waiting_most))
    # Figures have one or two decimals: the addend keeps every half off the edge, where databases round differently.
    waiting = _counted(told, cast(func.round(row.waiting_mean + 0.001), Integer), row.waiting_mean.is_not(None))
    waits = _counted(told, cast(func.round((row.wait_s + 0.01) / WAIT_STEP_S), Integer), row.wait_s.is_not(None))
    for group, day, in_service_s, known_s, most in sums:
        key = (group, day)
        wait_s = {step * WAIT_STEP_S: seconds for step, seconds in waits[key].items()}
        yield QueueDay(group, date.fromordinal(day), in_service_s, known_s, most, waiting[key], wait_s)


def _counted(
    told: Told, figure: ColumnElement[int], there_is: ColumnElement[bool]
) -> defaultdict[tuple[str, int], dict[int, float]]:
    """Seconds of each value of the figure, by name and day."""
    found: defaultdict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    for group, day, value, seconds in told.rows(func.sum(QueueMinuteRow.known_s), by=[figure], where=[there_is]):
        found[group, day][value] = seconds
    return found
