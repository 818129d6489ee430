"""The truths of a scene's cameras become one.

Staffed, visitor and queue are true of the hall: the first camera that knows says it. Seeing is of cameras: a window is
visible when one of those that look at its staff area sees it, and none of them can be asked for what none of them sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, repeat
from typing import Final, TypeVar

from vigil.calendar import ServiceHours
from vigil.eval.scene import QueueColumns, SceneTruth, WindowColumns
from vigil.model.ids import GroupId, WindowId
from vigil.model.site import Camera, Hall, Site, Window, WindowGroup, ZoneKind
from vigil.model.truth import Condition, SecondTruth, Truth, VisitTruth, WindowTruth

T = TypeVar("T")

_NOTHING_KNOWN: Final = WindowTruth(staffed=None)


def merge(truths: Sequence[Truth], site: Site) -> SceneTruth:
    """The truths of one scene. The zones are the site's, which need not be those of the truth.

    Raises CalendarError for a year whose workdays are not known.
    """
    first = truths[0].header
    seconds = max(math.floor(one.header.seconds) for one in truths)
    zones = {camera.id: camera for _, camera in site.cameras()}
    merged = _Merge(
        site,
        tuple(first.start_at + timedelta(seconds=second) for second in range(seconds)),
        tuple(_View(one, zones[one.header.camera], seconds) for one in truths),
        next((one.visits for one in truths if one.visits), ()),
    )
    windows = tuple(merged.windows())
    return SceneTruth(
        first.scene,
        first.start_at,
        seconds,
        tuple(one.header.camera for one in truths),
        tuple(dict.fromkeys(tag for one in truths for tag in one.header.tags)),
        windows,
        _chosen(list(merged.queues(windows)), first.group),
        merged.visits,
    )


class _View:
    """One camera's truth by second, with the zones that it looks at."""

    def __init__(self, truth: Truth, camera: Camera, seconds: int) -> None:
        self.conditions = truth.header.conditions
        self.tags = truth.header.tags
        self._zones = {(zone.kind, zone.window or zone.group) for zone in camera.zones}
        by_second = {row.t_s: row for row in truth.seconds}
        self._rows = [by_second.get(second) for second in range(seconds)]

    def sees(self, kind: ZoneKind, of: WindowId | GroupId) -> bool:
        return (kind, of) in self._zones

    def column(self, value: Callable[[SecondTruth], T], missing: T) -> list[T]:
        return [missing if row is None else value(row) for row in self._rows]


@dataclass(frozen=True, slots=True)
class _Merge:
    site: Site
    at: tuple[datetime, ...]
    """The wall time of each second."""
    views: tuple[_View, ...]
    visits: tuple[VisitTruth, ...]

    def windows(self) -> Iterator[WindowColumns]:
        """Those whose staff area a camera looks at."""
        for hall in self.site.halls:
            for _, window in hall.windows():
                staff = self._seeing(ZoneKind.STAFF_AREA, window.id)
                if staff:
                    yield self._window(window, hall, staff, self._seeing(ZoneKind.VISITOR_SPOT, window.id))

    def queues(self, windows: Sequence[WindowColumns]) -> Iterator[QueueColumns]:
        """Those whose lane a camera looks at."""
        for hall in self.site.halls:
            for group in hall.groups:
                lanes = self._seeing(ZoneKind.QUEUE, group.id)
                if lanes:
                    yield self._queue(group, hall, lanes, {one.window: one for one in windows})

    def _window(self, window: Window, hall: Hall, staff: list[_View], spots: list[_View]) -> WindowColumns:
        name = window.id
        return WindowColumns(
            name,
            self.site.thresholds_of(hall),
            self._in_service(hall, window),
            self._first(self.views, lambda row: row.windows.get(name, _NOTHING_KNOWN).staffed),
            self._first(self.views, lambda row: row.windows.get(name, _NOTHING_KNOWN).visitor),
            self._any(staff, lambda row: row.fault is None and name in row.windows and row.windows[name].visible),
            self._any(spots, _has_picture),
            self._any(staff, lambda row: row.fault is not None),
            _conditions([*staff, *spots], name),
            _tags([*staff, *spots]),
        )

    def _queue(
        self, group: WindowGroup, hall: Hall, lanes: list[_View], windows: dict[WindowId, WindowColumns]
    ) -> QueueColumns:
        opened = list(zip(*(self._in_service(hall, window) for window in group.windows), strict=True))
        seen = [windows.get(window.id) for window in group.windows]
        length = self._first(lanes, lambda row: row.queue)
        return QueueColumns(
            group.id,
            self.site.thresholds_of(hall),
            tuple(any(some) for some in opened),
            length,
            _most(view.column(_in_view, None) for view in lanes),
            self._any(lanes, _has_picture),
            tuple(_serving(seen, some, second) for second, some in enumerate(opened)),
            tuple(_last_waits(self.visits, length)),
            _conditions(lanes, None),
            _tags(lanes),
        )

    def _seeing(self, kind: ZoneKind, of: WindowId | GroupId) -> list[_View]:
        return [view for view in self.views if view.sees(kind, of)]

    def _in_service(self, hall: Hall, window: Window) -> tuple[bool, ...]:
        hours = ServiceHours(self.site.calendar_of(hall, window), self.site.time_zone)
        minutes = groupby(self.at, lambda at: at.replace(second=0, microsecond=0))  # hours begin and end with one
        return tuple(opened for minute, some in minutes for opened in repeat(hours.in_service(minute), len(list(some))))

    def _first(self, views: Sequence[_View], value: Callable[[SecondTruth], T | None]) -> tuple[T | None, ...]:
        """In each second what the first says that knows."""
        rows = zip(*(view.column(value, None) for view in views), strict=True)
        return tuple(next((one for one in row if one is not None), None) for row in rows)

    def _any(self, views: Sequence[_View], value: Callable[[SecondTruth], bool]) -> tuple[bool, ...]:
        columns = [view.column(value, missing=False) for view in views]
        return tuple(any(row) for row in zip([False] * len(self.at), *columns, strict=True))


def _chosen(queues: Sequence[QueueColumns], group: GroupId | None) -> QueueColumns | None:
    """A truth is of one queue: the one that it names, else the first that a camera looks at."""
    named = (queue for queue in queues if queue.group == group)
    return next(named, queues[0] if queues else None)


def _has_picture(row: SecondTruth) -> bool:
    return row.fault is None


def _in_view(row: SecondTruth) -> int | None:
    """Somebody who labels a clip counts whom the picture shows, and says nothing of the others."""
    if row.fault is not None:
        return None
    return row.queue if row.queue_in_view is None else row.queue_in_view


def _most(columns: Iterable[Sequence[int | None]]) -> tuple[int | None, ...]:
    rows = zip(*columns, strict=True)
    return tuple(max((value for value in row if value is not None), default=None) for row in rows)


def _serving(windows: Sequence[WindowColumns | None], opened: Sequence[bool], second: int) -> int:
    return sum(
        is_open and (one is None or not one.visible[second] or one.staffed[second] is not False)
        for one, is_open in zip(windows, opened, strict=True)
    )


def _last_waits(visits: Iterable[VisitTruth], length: Sequence[int | None]) -> Iterator[float | None]:
    """How long the visitor waited, or will have, who was the last to join; only while somebody waits."""
    joined = [(visit.joined_s, visit.wait_s) for visit in visits if visit.joined_s is not None]
    joined.sort(key=lambda one: one[0])
    last: float | None = None
    upcoming = iter([*joined, (math.inf, None)])
    joined_s, wait_s = next(upcoming)
    for second, people in enumerate(length):
        while joined_s <= second:
            last = wait_s
            joined_s, wait_s = next(upcoming)
        yield last if people else None


def _conditions(views: Sequence[_View], window: WindowId | None) -> tuple[Condition, ...]:
    """Those of the cameras concerned, each once; what is true of another window alone is left out."""
    of_all = dict.fromkeys(one for view in views for one in view.conditions)
    return tuple(one for one in of_all if one.window is None or one.window == window)


def _tags(views: Sequence[_View]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for view in views for tag in view.tags))
