"""What a person says of a clip, as a table (CSV, UTF-8): one line an interval, `window,what,from,to`.

`what` is staffed, unstaffed or unknown (one at a time), visitor or no-visitor (one at a time). A line whose window is
`queue` has the number of people who wait as its `what`. Times are seconds or HH:MM:SS, with a fraction or without,
from the clip's beginning; an interval includes its `from` and not its `to`. Time that no line covers is not labelled,
which is not the same as `unknown`: that says that somebody looked, and this camera could not show it.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from vigil.errors import TruthError
from vigil.model.ids import WindowId
from vigil.model.truth import SecondTruth, Truth, TruthHeader, WindowTruth

COLUMNS: Final = ("window", "what", "from", "to")
QUEUE: Final = "queue"
MOST_WAITING: Final = 1000


class What(StrEnum):
    STAFFED = "staffed"
    UNSTAFFED = "unstaffed"
    UNKNOWN = "unknown"
    VISITOR = "visitor"
    NO_VISITOR = "no-visitor"


VISITS: Final = frozenset({What.VISITOR, What.NO_VISITOR})
"""What is said of the visitor's side; the others are of the staff's."""


@dataclass(frozen=True, slots=True)
class Interval:
    """`window` is None for the queue, whose `what` is a number of people."""

    window: WindowId | None
    what: What | int
    from_s: float
    to_s: float

    @property
    def lane(self) -> tuple[str, bool]:
        """Intervals of one lane contradict each other where they overlap."""
        return self.window or QUEUE, self.what in VISITS


Placed = tuple[int, Interval]
"""The line that it stands in, and the interval."""


def read(path: Path, header: TruthHeader) -> tuple[Interval, ...]:
    """Raises TruthError with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TruthError(f"{path}: this is not UTF-8; in a spreadsheet, save it as “CSV UTF-8”") from error
    except OSError as error:
        raise TruthError(f"{path}: cannot be read: {error}") from error
    return parse(text, header, str(path))


def parse(text: str, header: TruthHeader, name: str) -> tuple[Interval, ...]:
    """Intervals of the header's windows, in order of time. `name` stands in errors. Raises TruthError."""
    placed = list(_rows(text, name))
    for number, interval in placed:
        _check(interval, header, f"{name}:{number}")
    _check_overlaps(placed, name)
    return tuple(sorted((interval for _, interval in placed), key=_order))


def text_of(intervals: Iterable[Interval]) -> str:
    """The table, as `parse` reads it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in sorted(intervals, key=_order):
        writer.writerow((one.window or QUEUE, one.what, clock_time(one.from_s), clock_time(one.to_s)))
    return stream.getvalue()


def to_truth(intervals: Iterable[Interval], header: TruthHeader) -> Truth:
    """The truth of each second of the clip, as it is at the second's beginning."""
    lanes: dict[tuple[str, bool], dict[int, What | int]] = {}
    for one in intervals:
        states = lanes.setdefault(one.lane, {})
        states.update(dict.fromkeys(range(math.ceil(one.from_s), math.ceil(one.to_s)), one.what))
    seconds = (_second(t_s, header, lanes) for t_s in range(math.ceil(header.seconds)))
    return Truth(header, tuple(seconds))


def of_truth(truth: Truth) -> tuple[Interval, ...]:
    """What the table can say of a truth. Of a window that the camera cannot see it says `unknown`, whatever is true of it."""
    lanes: dict[tuple[WindowId | None, bool], list[tuple[int, What | int | None]]] = {}
    for second in truth.seconds:
        lanes.setdefault((None, False), []).append((second.t_s, second.queue_in_view))
        for window in truth.header.windows:
            staff, visit = _words(second.windows.get(window))
            lanes.setdefault((window, False), []).append((second.t_s, staff))
            lanes.setdefault((window, True), []).append((second.t_s, visit))
    found = (Interval(lane[0], *run) for lane, states in lanes.items() for run in _runs(states))
    return tuple(sorted(found, key=_order))


def clock_time(seconds: float) -> str:
    """3661.5 → 01:01:01.5."""
    whole_s, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, s = divmod(whole_s, 60)
    fraction = f".{milliseconds:03d}".rstrip("0") if milliseconds else ""
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{s:02d}{fraction}"


_CLOCK: Final = re.compile(r"(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)")
_SECONDS: Final = re.compile(r"\d+(?:\.\d+)?")


def parse_time(text: str) -> float | None:
    """Seconds, to the millisecond; None for what is no time."""
    if _SECONDS.fullmatch(text):
        return round(float(text), 3)
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return None
    hours, minutes, seconds = clock.groups()
    return round(3600 * int(hours) + 60 * int(minutes) + float(seconds), 3)


def _rows(text: str, name: str) -> Iterator[Placed]:
    reader = csv.reader(io.StringIO(text), strict=True)
    head = False
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#"):
                continue
            where = f"{name}:{reader.line_num}"
            if not head:
                _check_head(cells, where)
                head = True
            else:
                yield reader.line_num, _interval(cells, where)
    except csv.Error as error:
        raise TruthError(f"{name}:{reader.line_num}: {error}") from error
    if not head:
        raise TruthError(f"{name}:1: the table begins with a line {','.join(COLUMNS)}")


def _check_head(cells: Sequence[str], where: str) -> None:
    if tuple(cells) != COLUMNS:
        raise TruthError(f"{where}: the table begins with a line {','.join(COLUMNS)}, not {','.join(cells)}")


def _interval(cells: Sequence[str], where: str) -> Interval:
    if len(cells) != len(COLUMNS):
        raise TruthError(f"{where}: {len(cells)} columns; expected are {','.join(COLUMNS)}")
    window, what, *times = cells
    from_s, to_s = (_time(text, where) for text in times)
    if from_s >= to_s:
        raise TruthError(f"{where}: it ends at {times[1]}, which is not after its beginning at {times[0]}")
    if window == QUEUE:
        return Interval(None, _waiting(what, where), from_s, to_s)
    try:
        return Interval(WindowId(window), What(what), from_s, to_s)
    except ValueError as error:
        raise TruthError(f"{where}: {what!r} is none of {', '.join(What)}") from error


def _time(text: str, where: str) -> float:
    seconds = parse_time(text)
    if seconds is None:
        raise TruthError(f"{where}: {text!r} is no time; write seconds (75.5) or HH:MM:SS (00:01:15.5)")
    return seconds


def _waiting(text: str, where: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text) or int(text) > MOST_WAITING:
        raise TruthError(f"{where}: {text!r} people wait; a whole number up to {MOST_WAITING} is expected")
    return int(text)


def _check(interval: Interval, header: TruthHeader, where: str) -> None:
    if interval.window is not None and interval.window not in header.windows:
        known = ", ".join(header.windows) or "none"
        raise TruthError(f"{where}: there is no window {interval.window!r} in this clip; there are: {known}")
    if interval.to_s > math.ceil(header.seconds):
        raise TruthError(
            f"{where}: it ends at {clock_time(interval.to_s)}, and the clip at {clock_time(header.seconds)}"
        )


def _check_overlaps(placed: Iterable[Placed], name: str) -> None:
    """Two of one lane at one time: a contradiction, or the same said twice, which is a slip as well."""
    newest: dict[tuple[str, bool], Placed] = {}
    for number, interval in sorted(placed, key=lambda one: one[1].from_s):
        line, before = newest.get(interval.lane, (0, None))
        if before is not None and interval.from_s < before.to_s:
            later, earlier = max(number, line), min(number, line)
            raise TruthError(
                f"{name}:{later}: {interval.lane[0]} is {before.what} until {clock_time(before.to_s)} and {interval.what} "
                f"from {clock_time(interval.from_s)}: this overlaps with line {earlier}"
            )
        newest[interval.lane] = number, interval


def _order(interval: Interval) -> tuple[float, str, bool]:
    return interval.from_s, *interval.lane


def _second(t_s: int, header: TruthHeader, lanes: dict[tuple[str, bool], dict[int, What | int]]) -> SecondTruth:
    windows = {}
    for window in header.windows:
        staff = lanes.get((window, False), {}).get(t_s)
        visit = lanes.get((window, True), {}).get(t_s)
        if staff is not None or visit is not None:
            known = None if staff in {None, What.UNKNOWN} else staff == What.STAFFED
            visitor = None if visit is None else visit == What.VISITOR
            windows[window] = WindowTruth(known, visitor, visible=staff != What.UNKNOWN)
    queue = lanes.get((QUEUE, False), {}).get(t_s)
    waiting = None if queue is None else int(queue)
    return SecondTruth(t_s, windows, queue=waiting, queue_in_view=waiting)


def _words(truth: WindowTruth | None) -> tuple[What | None, What | None]:
    if truth is None:
        return None, None
    visit = None if truth.visitor is None else What.VISITOR if truth.visitor else What.NO_VISITOR
    if not truth.visible:
        return What.UNKNOWN, visit
    staff = None if truth.staffed is None else What.STAFFED if truth.staffed else What.UNSTAFFED
    return staff, visit


def _runs(states: Iterable[tuple[int, What | int | None]]) -> Iterator[tuple[What | int, float, float]]:
    """(state, from, to) of seconds in a row with one state that is known."""
    open_run: tuple[What | int, int, int] | None = None
    for t_s, state in states:
        if open_run is not None and (state != open_run[0] or t_s != open_run[2]):
            yield open_run
            open_run = None
        if state is not None:
            open_run = state, open_run[1] if open_run else t_s, t_s + 1
    if open_run is not None:
        yield open_run
