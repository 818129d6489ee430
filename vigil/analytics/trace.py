"""What was lately said of one window or queue, in memory, so that an alert can show why. A restart forgets it.

Bounded: LONGEST back from the newest point, and no more than MOST_KEPT points. Pure: time comes in with each call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from vigil.analytics.evidence import Board, LaneCount
from vigil.model.ids import CameraId, WindowId
from vigil.model.looks import Presence, Unknown
from vigil.model.trace import MOST_POINTS, TracePoint

LONGEST: Final = timedelta(minutes=15)
MOST_KEPT: Final = 900
"""LONGEST at a look a second."""
LEAD: Final = timedelta(seconds=60)
"""What is shown of the time before an episode began."""
_SET_BACK: Final = timedelta(seconds=10)
"""Looks of two cameras do not come in order by less than this; by more, the clock was set back."""


class Trace:
    """Not thread-safe; belongs to the analyst."""

    def __init__(self) -> None:
        self._points: deque[TracePoint] = deque(maxlen=MOST_KEPT)

    def add(self, point: TracePoint) -> None:
        """A point that is no newer than the last was added already. Where the clock was set back, what lies ahead goes."""
        if self._points and timedelta(0) <= self._points[-1].at - point.at <= _SET_BACK:
            return
        while self._points and self._points[-1].at >= point.at:
            self._points.pop()
        self._points.append(point)
        while point.at - self._points[0].at > LONGEST:
            self._points.popleft()

    def since(self, began_at: datetime) -> tuple[TracePoint, ...]:
        """The trace of an episode that began then, with its lead, as far as it is remembered; thinned to MOST_POINTS."""
        return thinned([point for point in self._points if point.at >= began_at - LEAD], MOST_POINTS)


def window_point(
    board: Board, window: WindowId, cameras: Iterable[CameraId], spot_cameras: Iterable[CameraId], now: datetime
) -> TracePoint:
    """What is said now of a window in service: `cameras` see its staff area, `spot_cameras` its visitor spot."""
    staff = board.staff(window, cameras, now)
    score = board.score(window, cameras, now)
    visitor = board.visitor(window, spot_cameras, now).presence
    return TracePoint(staff.at, staff.presence, None if score is None else round(score, 3), staff.why, visitor)


def queue_point(board: Board, lane: LaneCount, cameras: Iterable[CameraId], mark: float, now: datetime) -> TracePoint:
    """What is said now of a queue in service: `lane` is its count, `cameras` look at it."""
    if lane.waiting is None:
        troubles = (board.trouble(camera, now) for camera in cameras)
        why = next((trouble for trouble in troubles if trouble is not None), Unknown.NO_SIGNAL)
        return TracePoint(lane.at, Presence.UNKNOWN, why=why, mark=mark)
    presence = Presence.SEEN if lane.waiting else Presence.CLEAR
    return TracePoint(lane.at, presence, waiting=lane.waiting, mark=mark)


def thinned(points: Sequence[TracePoint], most: int) -> tuple[TracePoint, ...]:
    """At most so many of the points: those at which something else is said than before and the last, then others, evenly."""
    if len(points) <= most:
        return tuple(points)
    last = len(points) - 1
    changes = [n for n in range(len(points)) if n in (0, last) or _said(points[n]) != _said(points[n - 1])]
    kept = set(_evenly(changes, most))
    kept.update(_evenly([n for n in range(len(points)) if n not in kept], most - len(kept)))
    return tuple(points[n] for n in sorted(kept))


def _said(point: TracePoint) -> tuple[Presence, Unknown | None, Presence, int | None]:
    return point.presence, point.why, point.visitor, point.waiting


def _evenly(numbers: Sequence[int], most: int) -> list[int]:
    """At most so many of them, the last one always."""
    if len(numbers) <= most:
        return list(numbers)
    return [numbers[-1 - n * len(numbers) // most] for n in range(most)]
