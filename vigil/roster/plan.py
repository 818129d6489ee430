"""What entering a roster would do, line by line. It is entered whole or not at all, and a second time it does nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from vigil.model.ids import WindowId
from vigil.model.suspensions import CLOCKS_APART, FURTHEST, MOST_AHEAD, Suspension
from vigil.roster.faults import Column, Fault, RowFault
from vigil.roster.row import KINDS, Entry, NotSo, Reader
from vigil.roster.sheet import Line


class Outcome(StrEnum):
    ENTER = "enter"
    THERE = "there"  # the same is entered already
    CONFLICT = "conflict"  # with what is entered, or with a line before
    FAULTY = "faulty"


_RIGHT: Final = frozenset({Outcome.ENTER, Outcome.THERE})
Look = Callable[[Collection[WindowId], datetime], Mapping[WindowId, Sequence[Suspension]]]
"""What is entered of these windows and counts after that time, each up to when it counts."""


@dataclass(frozen=True, slots=True)
class Planned:
    """`entry` is None of a line that cannot be understood; `fault` is set of a conflict and a faulty line."""

    number: int
    outcome: Outcome
    entry: Entry | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    lines: tuple[Planned, ...]

    @property
    def may_be_entered(self) -> bool:
        return all(line.outcome in _RIGHT for line in self.lines)

    def to_enter(self) -> Iterator[Entry]:
        for line in self.lines:
            if line.outcome is Outcome.ENTER and line.entry is not None:
                yield line.entry

    def count(self, outcome: Outcome) -> int:
        return sum(line.outcome is outcome for line in self.lines)


def plan(lines: Iterable[Line], reader: Reader, look: Look, now: datetime) -> Plan:
    read = [_read(line, reader) for line in lines]
    entries = [one for _, one in read if isinstance(one, Entry)]
    since = max(now - FURTHEST, min((entry.from_at for entry in entries), default=now))
    planner = _Planner(reader, look({entry.window for entry in entries}, since), now)
    return Plan(tuple(planner.judge(line, one) for line, one in read))


def _read(line: Line, reader: Reader) -> tuple[Line, Entry | Fault]:
    try:
        return line, reader.read(line)
    except NotSo as no:
        return line, no.fault


class _Planner:
    def __init__(self, reader: Reader, known: Mapping[WindowId, Sequence[Suspension]], now: datetime) -> None:
        self._reader, self._known, self._now = reader, known, now
        self._before: dict[WindowId, list[tuple[int, Entry]]] = {}

    def judge(self, line: Line, entry: Entry | Fault) -> Planned:
        if isinstance(entry, Fault):
            return Planned(line.number, Outcome.FAULTY, None, entry)
        if any(_same(one, entry) for one in self._known.get(entry.window, ())):
            return Planned(line.number, Outcome.THERE, entry)
        if (fault := self._out_of_bounds(line, entry)) is not None:
            return Planned(line.number, Outcome.FAULTY, entry, fault)
        if (fault := self._conflict(line, entry)) is not None:
            return Planned(line.number, Outcome.CONFLICT, entry, fault)
        self._before.setdefault(entry.window, []).append((line.number, entry))
        return Planned(line.number, Outcome.ENTER, entry)

    def _out_of_bounds(self, line: Line, entry: Entry) -> Fault | None:
        said, clock = line.cells[Column.FROM], self._reader.clock
        if entry.from_at < self._now - CLOCKS_APART:
            return Fault(RowFault.PAST, Column.FROM, said, (f"≥ {clock(self._now)}",))
        if entry.from_at > self._now + FURTHEST:
            return Fault(RowFault.TOO_FAR, Column.FROM, said, (f"≤ {clock(self._now + FURTHEST)}",))
        return None

    def _conflict(self, line: Line, entry: Entry) -> Fault | None:
        known, before = self._known.get(entry.window, ()), self._before.get(entry.window, [])
        for one in known:
            if one.from_at < entry.to_at and entry.from_at < one.to_at:
                span = self._reader.span(one.from_at, one.to_at)
                return Fault(RowFault.OVERLAPS, None, self._said(entry), (f"{KINDS[one.kind]} {span}",))
        for number, other in before:
            if other.from_at < entry.to_at and entry.from_at < other.to_at:
                return Fault(RowFault.OVERLAPS_ROW, None, self._said(entry), (str(number),))
        if sum(one.to_at > self._now for one in known) + len(before) >= MOST_AHEAD:
            return Fault(RowFault.FULL, Column.WINDOW, line.cells[Column.WINDOW], (str(MOST_AHEAD),))
        return None

    def _said(self, entry: Entry) -> str:
        return self._reader.span(entry.from_at, entry.to_at)


def _same(one: Suspension, entry: Entry) -> bool:
    return (one.kind, one.from_at, one.to_at) == (entry.kind, entry.from_at, entry.to_at)
