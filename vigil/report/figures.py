"""The figures of a report: of a window's day, and added up, of anything larger. Nothing here is about a person.

What is not known is None, never 0: a share without a denominator, a percentile of nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self, TypeVar

from vigil.model.alerts import AlertKind
from vigil.model.media import GapCause

Key = TypeVar("Key", bound=Hashable)
UNTOLD: Final = "untold"
"""Service of which no node told anything: it was not running, or its records have not come."""


@dataclass(frozen=True, slots=True)
class Staffing:
    """Seconds of service by what was known of them: `staffed_s` + `unstaffed_s` + `unknown_s` are `service_s`.

    `unknown_s` by cause; UNTOLD where no node said anything.
    """

    staffed_s: float = 0.0
    unstaffed_s: float = 0.0
    unknown_by_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def unknown_s(self) -> float:
        return sum(self.unknown_by_s.values())

    @property
    def known_s(self) -> float:
        return self.staffed_s + self.unstaffed_s

    @property
    def service_s(self) -> float:
        return self.known_s + self.unknown_s

    @property
    def rate(self) -> float | None:
        """Staffed, of what is known."""
        return _share(self.staffed_s, self.known_s)

    @property
    def unknown_share(self) -> float | None:
        return _share(self.unknown_s, self.service_s)

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        staffed_s = unstaffed_s = 0.0
        unknown_s: defaultdict[str, float] = defaultdict(float)
        for part in parts:
            staffed_s += part.staffed_s
            unstaffed_s += part.unstaffed_s
            _add(unknown_s, part.unknown_by_s)
        return cls(staffed_s, unstaffed_s, dict(unknown_s))


@dataclass(frozen=True, slots=True)
class Queueing:
    """Queues in service. `waiting` and `wait_s`: how many seconds each figure stood (vigil/store/queue_sums.py)."""

    service_s: float = 0.0
    known_s: float = 0.0
    most_waiting: int | None = None
    waiting: Mapping[int, float] = field(default_factory=dict)
    wait_s: Mapping[int, float] = field(default_factory=dict)

    @property
    def unknown_share(self) -> float | None:
        return _share(max(0.0, self.service_s - self.known_s), self.service_s)

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        service_s = known_s = 0.0
        most: int | None = None
        waiting: defaultdict[int, float] = defaultdict(float)
        wait_s: defaultdict[int, float] = defaultdict(float)
        for part in parts:
            service_s += part.service_s
            known_s += part.known_s
            most = part.most_waiting if most is None else max(most, part.most_waiting or 0)
            _add(waiting, part.waiting)
            _add(wait_s, part.wait_s)
        return cls(service_s, known_s, most, dict(waiting), dict(wait_s))


def weighted_percentile(counted: Mapping[int, float], share: float) -> int | None:
    """The least value such that at least `share` (0..1) of all weight is at it or below. None without any weight."""
    left = share * sum(counted.values())
    for value in sorted(counted):
        left -= counted[value]
        if left <= 1e-6 and counted[value] > 0:
            return value
    return None


class Verdict(StrEnum):
    """What came of an alert, as far as figures go."""

    CONFIRMED = "confirmed"
    UNDECIDED = "undecided"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Judged:
    """Alerts of one kind by verdict. `absent_s`: of those confirmed. Only they count as what they say."""

    confirmed: int = 0
    undecided: int = 0
    dismissed: int = 0
    absent_s: float = 0.0

    @property
    def raised(self) -> int:
        return self.confirmed + self.undecided + self.dismissed

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        found = list(parts)
        return cls(
            sum(part.confirmed for part in found),
            sum(part.undecided for part in found),
            sum(part.dismissed for part in found),
            sum(part.absent_s for part in found),
        )


@dataclass(frozen=True, slots=True)
class Handling:
    """Seconds from an alert until it was first answered, and until it was decided; those that came late are left out."""

    answered_s: tuple[float, ...] = ()
    decided_s: tuple[float, ...] = ()
    unanswered: int = 0
    late: int = 0

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        found = list(parts)
        return cls(
            tuple(seconds for part in found for seconds in part.answered_s),
            tuple(seconds for part in found for seconds in part.decided_s),
            sum(part.unanswered for part in found),
            sum(part.late for part in found),
        )


def percentile(values: Sequence[float], share: float) -> float | None:
    """Of single values, between neighbours (as a spreadsheet's PERCENTILE.INC), to the hundredth of `share`. None of none."""
    if not values:
        return None
    ordered = sorted(values)
    place, part = divmod(round(share * 100) * (len(ordered) - 1), 100)
    if part == 0:
        return ordered[place]
    return (ordered[place] * (100 - part) + ordered[place + 1] * part) / 100


@dataclass(frozen=True, slots=True)
class Footage:
    """Seconds of cameras' footage: what was to be recorded, what is stored, what is missing by cause; and cameras' faults."""

    wanted_s: float = 0.0
    stored_s: float = 0.0
    gaps_s: Mapping[GapCause, float] = field(default_factory=dict)
    faults: int = 0
    fault_s: float = 0.0

    @property
    def share(self) -> float | None:
        found = _share(self.stored_s, self.wanted_s)
        return None if found is None else min(1.0, found)

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        found = list(parts)
        gaps_s: defaultdict[GapCause, float] = defaultdict(float)
        for part in found:
            _add(gaps_s, part.gaps_s)
        return cls(
            sum(part.wanted_s for part in found),
            sum(part.stored_s for part in found),
            dict(gaps_s),
            sum(part.faults for part in found),
            sum(part.fault_s for part in found),
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one thing: a window, a hall, a department, a day, or the whole site."""

    staffing: Staffing = field(default_factory=Staffing)
    queueing: Queueing = field(default_factory=Queueing)
    judged: Mapping[AlertKind, Judged] = field(default_factory=dict)
    handling: Handling = field(default_factory=Handling)
    footage: Footage = field(default_factory=Footage)

    def of(self, kind: AlertKind) -> Judged:
        return self.judged.get(kind, Judged())

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        found = list(parts)
        judged: defaultdict[AlertKind, list[Judged]] = defaultdict(list)
        for part in found:
            for kind, one in part.judged.items():
                judged[kind].append(one)
        return cls(
            Staffing.total(part.staffing for part in found),
            Queueing.total(part.queueing for part in found),
            {kind: Judged.total(ones) for kind, ones in judged.items()},
            Handling.total(part.handling for part in found),
            Footage.total(part.footage for part in found),
        )


def _add(total: defaultdict[Key, float], part: Mapping[Key, float]) -> None:
    for key, value in part.items():
        total[key] += value


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
