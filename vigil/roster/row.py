"""A line of a roster, understood: which window, what, and when; or what is wrong with it, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from vigil.model.ids import HallId, WindowId
from vigil.model.site import Hall
from vigil.model.suspensions import LONGEST, SuspensionKind
from vigil.roster.faults import Column, Fault, RowFault
from vigil.roster.sheet import Line

LONGEST_NOTE: Final = 500
_SHOWN: Final = 80
_MOST_RIGHT: Final = 12
"""Names that are offered."""
KINDS: Final = {SuspensionKind.PAUSED: "暂停", SuspensionKind.LEAVE: "请假", SuspensionKind.SUBSTITUTE: "顶岗"}
"""As the template has them."""
_KINDS: Final = {"暂停服务": SuspensionKind.PAUSED, **{name: kind for kind, name in KINDS.items()}}
_TIME: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]*(\d{1,2})[:：时](\d{1,2})分?(?:[:：]\d{1,2}(?:\.\d+)?)?)?"
)
_TIMES: Final = ("2026-03-02 08:30", "2026-03-02")
"""How one is written."""
_DAY: Final = timedelta(days=1)
Id = TypeVar("Id", HallId, WindowId)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line asks for."""

    hall: HallId
    window: WindowId
    kind: SuspensionKind
    from_at: datetime
    to_at: datetime
    note: str


class NotSo(Exception):
    """The line asks for nothing that can be entered."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


class Reader:
    """`halls`: those that whoever brings the roster keeps; there are no others for him."""

    def __init__(self, halls: Iterable[Hall], zone: ZoneInfo) -> None:
        self._halls = {hall.id: hall for hall in halls}
        self._zone = zone

    def read(self, line: Line) -> Entry:
        """Raises NotSo for the first fault, from left to right."""
        for column, cell in line.cells.items():
            if not cell:
                raise NotSo(Fault(RowFault.MISSING, column))
        hall = self._halls[self._named(line, Column.HALL, {one.id: one.name for one in self._halls.values()})]
        windows = {window.id: window.name for _, window in hall.windows()}
        window = self._named(line, Column.WINDOW, windows)
        from_at, to_at = self._times(line)
        note = line.cells[Column.NOTE]
        if len(note) > LONGEST_NOTE:
            raise NotSo(Fault(RowFault.LONG_NOTE, Column.NOTE, note[:_SHOWN], (str(LONGEST_NOTE),)))
        return Entry(hall.id, window, _kind(line), from_at, to_at, note)

    def clock(self, at: datetime) -> str:
        """By the site's clock, as a roster has it."""
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}"

    def span(self, from_at: datetime, to_at: datetime) -> str:
        return f"{self.clock(from_at)} – {self.clock(to_at)}"

    def _named(self, line: Line, column: Column, names: Mapping[Id, str]) -> Id:
        """The id of what bears this id or name."""
        said = line.cells[column]
        found = [one for one, name in names.items() if said in (one, name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise NotSo(Fault(RowFault.SEVERAL, column, said[:_SHOWN], tuple(found[:_MOST_RIGHT])))
        what = RowFault.NO_HALL if column is Column.HALL else RowFault.NO_WINDOW
        raise NotSo(Fault(what, column, said[:_SHOWN], tuple(sorted(names.values())[:_MOST_RIGHT])))

    def _times(self, line: Line) -> tuple[datetime, datetime]:
        begin, end = self._time(line, Column.FROM), self._time(line, Column.TO)
        said = line.cells[Column.TO]
        if end <= begin:
            raise NotSo(Fault(RowFault.NOT_AFTER, Column.TO, said, (f"> {self.clock(begin)}",)))
        if end - begin > LONGEST:
            raise NotSo(Fault(RowFault.TOO_LONG, Column.TO, said, (f"≤ {self.clock(begin + LONGEST)}",)))
        return begin, end

    def _time(self, line: Line, column: Column) -> datetime:
        """A day alone is its beginning; as an end it is the day's."""
        said = line.cells[column]
        found = _TIME.fullmatch(said)
        if found is not None:
            year, month, day, hour, minute = (int(part or 0) for part in found.groups())
            whole = found[4] is None and column is Column.TO
            if minute < 60 and timedelta(hours=hour, minutes=minute) <= _DAY:
                with suppress(ValueError, OverflowError):  # the 30th of February, the year 9999
                    local = datetime(year, month, day) + timedelta(days=whole, hours=hour, minutes=minute)
                    return local.replace(tzinfo=self._zone).astimezone(UTC)
        raise NotSo(Fault(RowFault.NO_TIME, column, said[:_SHOWN], _TIMES))


def _kind(line: Line) -> SuspensionKind:
    said = line.cells[Column.KIND]
    known = _KINDS.get(said)
    if known is not None:
        return known
    with suppress(ValueError):
        return SuspensionKind(said.lower())
    raise NotSo(Fault(RowFault.NO_KIND, Column.KIND, said[:_SHOWN], tuple(KINDS.values())))
