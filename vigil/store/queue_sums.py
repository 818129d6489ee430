"""What the minutes of queues come to by the day: sums, and how often which figure was told. No minute is loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, cast, func

from vigil.model.ids import GroupId
from vigil.store.day_sums import DaySums
from vigil.store.kept_days import QUEUE_DAYS, Key
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


class QueueSums(DaySums[QueueDay]):
    source = QUEUES
    days = QUEUE_DAYS

    def _days_of(self, told: Told) -> Iterator[QueueDay]:
        row = QueueMinuteRow
        sums = told.totals(func.sum(row.in_service_s), func.sum(row.known_s), func.max(row.waiting_most))
        # Figures have one or two decimals: the addend keeps every half off the edge, where databases round differently.
        waiting = _counted(told, cast(func.round(row.waiting_mean + 0.001), Integer), row.waiting_mean.is_not(None))
        waits = _counted(told, cast(func.round((row.wait_s + 0.01) / WAIT_STEP_S), Integer), row.wait_s.is_not(None))
        for group, day, in_service_s, known_s, most in sums:
            key = (group, day)
            wait_s = {step * WAIT_STEP_S: seconds for step, seconds in waits[key].items()}
            yield QueueDay(group, date.fromordinal(day), in_service_s, known_s, most, waiting[key], wait_s)

    def _figures(self, day: QueueDay) -> tuple[Key, dict[str, Any]]:
        return (day.group, day.day.toordinal()), {
            "in_service_s": day.in_service_s,
            "known_s": day.known_s,
            "most_waiting": day.most_waiting,
            "waiting": day.waiting,
            "wait_s": day.wait_s,
        }

    def _kept_day(self, key: Key, figures: Sequence[Any]) -> QueueDay:
        in_service_s, known_s, most, waiting, wait_s = figures
        day = date.fromordinal(key[1])
        return QueueDay(GroupId(key[0]), day, in_service_s, known_s, most, _numbered(waiting), _numbered(wait_s))


def _numbered(counted: dict[str, float]) -> dict[int, float]:
    """The keys of a document are text."""
    return {int(figure): seconds for figure, seconds in counted.items()}


def _counted(
    told: Told, figure: ColumnElement[int], there_is: ColumnElement[bool]
) -> defaultdict[tuple[str, int], dict[int, float]]:
    """Seconds of each value of the figure, by name and day."""
    found: defaultdict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    for group, day, value, seconds in told.rows(func.sum(QueueMinuteRow.known_s), by=[figure], where=[there_is]):
        found[group, day][value] = seconds
    return found
