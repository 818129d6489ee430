"""Where in a camera's picture the detector has to look, and what the picture says with what is still known of the rest.

Each key picture is a look at every cell. The detector looks where something changed, where the last answer was not plain,
where a decision is near, and everywhere from time to time: at each cell after `verify_every`, at the whole picture after
`whole_every`. Elsewhere the last answer is repeated, and the look says so: a repeated answer lets time pass and is no new
evidence. A phantom that never changes is so met with fresh eyes every few seconds.

Cells are looked at by themselves. Who is cut off by a cell's edge may stand anywhere, so where such a one matters the look says
nothing of the window, and a wider part of the picture is looked at next; where that cuts somebody off, too, the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from vigil import metrics
from vigil.analytics import gate
from vigil.analytics.cells import Cell, cells_of, cost, together
from vigil.analytics.detector import Region
from vigil.analytics.zones import Look
from vigil.model.ids import WindowId
from vigil.model.looks import Detection, Presence, Unknown
from vigil.model.media import Frame
from vigil.model.site import Camera

T = TypeVar("T")

PLAIN_FROM: Final = 0.4
"""The lowest score of a clerk whose presence is repeated without looking again, where nothing changed."""
_WORTH: Final = 0.7
"""Of the whole picture's cost: cells that together cost more are not worth it, for they do not fill a canvas."""
_SAME_BOX: Final = 0.5
"""Two boxes of two cells that overlap by more (intersection over the smaller) show one person."""


_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a camera is looked at, and how often the detector looks where nothing seems to have happened."""

    every: timedelta = 2 * _SECOND
    """Thresholds are tens of seconds."""
    pressing_every: timedelta = _SECOND
    """Where a decision is near."""
    asleep_every: timedelta = 6 * _SECOND
    """Out of hours only the camera's health is watched; less than `stale_after_s`, from which on it would count as silent."""
    verify_every: timedelta = 10 * _SECOND
    whole_every: timedelta = 60 * _SECOND


USUAL: Final = Schedule()
THOROUGH: Final = Schedule(_SECOND, _SECOND, _SECOND, timedelta(0), timedelta(0))
"""Every look is one of the detector at the whole picture: what any other schedule is measured against."""

Judge = Callable[[Sequence[Detection], datetime], Look]
"""From the people in a picture to what is said of each zone: `ZoneMap.look`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the detector is asked about one picture. `cells` are the cells that each region answers for."""

    frame: Frame
    blocks: gate.Floats
    regions: tuple[Region, ...]
    cells: tuple[tuple[int, ...], ...]
    whole: bool = False
    wide: frozenset[int] = frozenset()
    """Cells that are looked at with more around them."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the detector last said of a cell, and the blocks of the picture in which it looked."""

    at: datetime
    blocks: gate.Floats
    look: Look
    plain: bool
    cut: bool
    """Somebody who matters was cut off by the edge of what was looked at."""
    wide: bool
    """More than the cell was looked at."""


class Attention:
    """One camera's. Not thread-safe."""

    def __init__(self, camera: Camera, judge: Judge, schedule: Schedule = USUAL) -> None:
        self._cells = cells_of(camera)
        self._masks = [gate.mask(cell.polygons) for cell in self._cells]
        self._judge = judge
        self._schedule = schedule
        self._seen: list[_Seen | None] = [None] * len(self._cells)
        self._whole_at: datetime | None = None

    def plan(self, frame: Frame, pressing: Collection[WindowId] = ()) -> Plan:
        """What to look at in this picture. `pressing` are windows of which each look counts."""
        blocks = gate.blocks(frame.planes)
        if self._whole_due(frame.at):
            return self._whole(frame, blocks)
        due = [index for index in range(len(self._cells)) if self._is_due(index, blocks, frame.at, pressing)]
        wide = frozenset(index for index in due if self._wants_wide(index))
        cells_due = [self._cells[index].wide if index in wide else self._cells[index] for index in due]
        joined = together([cell.region(frame.planes) for cell in cells_due])
        if sum(cost(region) for region, _ in joined) >= _WORTH * cost(Region.whole(frame.planes)):
            return self._whole(frame, blocks)
        cells = tuple(tuple(due[place] for place in places) for _, places in joined)
        return Plan(frame, blocks, tuple(region for region, _ in joined), cells, wide=wide)

    def look(self, plan: Plan, found: Iterable[Sequence[Detection]]) -> Look:
        """What the picture says, with the people that were `found` in each region of its plan."""
        at = plan.frame.at
        if plan.whole:
            self._whole_at = at
        for cells, people in zip(plan.cells, found, strict=True):
            said = self._judge(people, at)
            for index in cells:
                blocks = plan.blocks[self._masks[index]]
                self._seen[index] = _seen(self._cells[index], said, blocks, wide=index in plan.wide)
        fresh = {index for cells in plan.cells for index in cells}
        metrics.cells.inc(len(self._cells))
        metrics.cells_looked.inc(len(fresh))
        return self._together(plan.frame, fresh)

    def _whole(self, frame: Frame, blocks: gate.Floats) -> Plan:
        everything = tuple(range(len(self._cells)))
        return Plan(frame, blocks, (Region.whole(frame.planes),), (everything,), whole=True)

    def _whole_due(self, at: datetime) -> bool:
        if self._whole_at is None or not timedelta(0) <= at - self._whole_at < self._schedule.whole_every:
            return True
        return any(seen is not None and seen.cut and seen.wide for seen in self._seen)

    def _wants_wide(self, index: int) -> bool:
        seen = self._seen[index]
        return seen is not None and seen.cut

    def _is_due(self, index: int, blocks: gate.Floats, at: datetime, pressing: Collection[WindowId]) -> bool:
        seen = self._seen[index]
        if seen is None or not seen.plain or self._cells[index].window in pressing:
            return True
        if not timedelta(0) <= at - seen.at < self._schedule.verify_every:
            return True
        return gate.changed(blocks[self._masks[index]], seen.blocks)

    def _together(self, frame: Frame, fresh: Collection[int]) -> Look:
        look = Look(frame.camera, frame.at, {}, {}, {})
        people: list[Detection] = []
        repeated: set[WindowId] = set()
        for index, (cell, seen) in enumerate(zip(self._cells, self._seen, strict=True)):
            assert seen is not None  # noqa: S101, the first look was at the whole picture
            said = seen.look
            if cell.window is not None:
                _take(cell.window, said, look)
                if index not in fresh:
                    repeated.add(cell.window)
            elif cell.group is not None:
                look.waiting[cell.group] = said.waiting[cell.group]
            people += [person for person in said.people if not any(_same(person, other) for other in people)]
        return replace(look, people=tuple(people), repeated=frozenset(repeated))


def _take(window: WindowId, said: Look, look: Look) -> None:
    """What `said` has of a window goes into `look`."""
    _copy(window, said.staff, look.staff)
    _copy(window, said.visitors, look.visitors)
    _copy(window, said.doubts, look.doubts)
    _copy(window, said.present, look.present)
    _copy(window, said.scores, look.scores)


def _copy(window: WindowId, source: Mapping[WindowId, T], target: dict[WindowId, T]) -> None:
    if window in source:
        target[window] = source[window]


def _seen(cell: Cell, said: Look, blocks: gate.Floats, *, wide: bool) -> _Seen:
    window = cell.window
    if window is None:
        return _Seen(said.at, blocks, said, plain=True, cut=False, wide=wide)
    staff, visitor = said.staff.get(window), said.visitors.get(window)
    # Who is in doubt beside enough clerks changes nothing.
    wavers = (staff is Presence.UNKNOWN and said.doubts[window] is Unknown.DOUBTFUL) or visitor is Presence.UNKNOWN
    faint = staff is Presence.SEEN and said.scores[window] < PLAIN_FROM
    cut = wavers and window in said.cut
    return _Seen(said.at, blocks, said, plain=not (wavers or faint), cut=cut, wide=wide)


def _same(one: Detection, other: Detection) -> bool:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    if width <= 0 or height <= 0:
        return False
    smaller = min((box.x1 - box.x0) * (box.y1 - box.y0) for box in (one, other))
    return width * height > _SAME_BOX * smaller
