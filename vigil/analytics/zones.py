"""From people in a picture to what one look says of each zone.

Who is staff and who is a visitor is told by geometry alone. A person whose feet stand in a visitor spot or a queue lane is a
visitor, wherever the rest of the body reaches: one who leans over the counter does not staff the window. A person behind the
counter shows the upper body only, so the box's centre, the point at three quarters of its height, or its foot may lie
in the staff area.

An empty staff area is only called so when it could be seen and nothing in it may be a person: where people stand before so
much of it that somebody sitting there would be missed, or the detector is in doubt, the look says nothing of that window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import cv2
import numpy as np

from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.looks import Detection, Presence, Unknown
from vigil.model.site import Camera, Point, Rates, Zone, ZoneKind

WAITS_FROM: Final = 0.15
"""The lowest score of somebody who waits in a lane: people in a queue hide one another, and one too many accuses nobody."""
COVERED_FROM: Final = 0.7
"""Share of a staff area behind other people's boxes from which on it is not called empty (docs/design/detector.md)."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look of one camera says. When `why` is set nothing was seen, and the mappings are empty.

    `staff` is seen where as many clerks are as the window needs. With fewer it is unknown for a window whose staff area is
    hidden behind people, or holds something that may be a person, and clear otherwise. `visitors` is unknown where
    something at the spot may be one.
    """

    camera: CameraId
    at: datetime
    staff: dict[WindowId, Presence]
    visitors: dict[WindowId, Presence]
    waiting: dict[GroupId, int]
    people: tuple[Detection, ...] = ()
    """Those who are sure."""
    doubts: dict[WindowId, Unknown] = field(default_factory=dict)
    """Why a staff area with fewer clerks than its window needs could not be called empty."""
    why: Unknown | None = None
    present: dict[WindowId, int] = field(default_factory=dict)
    """How many of those who are sure are in each staff area."""
    repeated: frozenset[WindowId] = frozenset()
    """Windows at which nothing had changed, so that what the detector said of them before is said again."""
    cut: frozenset[WindowId] = frozenset()
    """Windows of which somebody counts as a doubt because a cell's edge cuts the box off."""
    scores: dict[WindowId, float] = field(default_factory=dict)
    """The best score in each staff area, those in doubt among them, or the n-th best where n clerks are needed; else 0."""

    @classmethod
    def blind(cls, camera: CameraId, at: datetime, why: Unknown) -> Look:
        return cls(camera, at, {}, {}, {}, why=why)


class ZoneMap:
    """The zones of one camera. `required` says of windows that need more than one clerk how many."""

    def __init__(self, camera: Camera, required: Mapping[WindowId, int] | None = None) -> None:
        self._camera = camera.id
        self._required = required or {}
        self._staff = [(_window(zone), _Polygon(zone.polygon)) for zone in _of(camera, ZoneKind.STAFF_AREA)]
        self._rates = {_window(zone): zone.rates for zone in _of(camera, ZoneKind.STAFF_AREA) if zone.rates is not None}
        self._spots = [(_window(zone), _Polygon(zone.polygon)) for zone in _of(camera, ZoneKind.VISITOR_SPOT)]
        self._lanes = [(_group(zone), _Polygon(zone.polygon)) for zone in _of(camera, ZoneKind.QUEUE)]

    @property
    def windows(self) -> frozenset[WindowId]:
        """Windows whose staff area this camera sees."""
        return frozenset(window for window, _ in self._staff)

    @property
    def spots(self) -> frozenset[WindowId]:
        """Windows whose visitor spot this camera sees."""
        return frozenset(window for window, _ in self._spots)

    @property
    def groups(self) -> frozenset[GroupId]:
        """Groups whose queue this camera sees."""
        return frozenset(group for group, _ in self._lanes)

    def rates(self, window: WindowId) -> Rates | None:
        """Of its staff area, where they were measured."""
        return self._rates.get(window)

    def look(self, people: Sequence[Detection], at: datetime) -> Look:
        present = dict.fromkeys((window for window, _ in self._staff), 0)
        visitors = dict.fromkeys((window for window, _ in self._spots), Presence.CLEAR)
        waiting = dict.fromkeys((group for group, _ in self._lanes), 0)
        sure = tuple(person for person in people if person.sure)
        cut: set[WindowId] = set()
        for person in people:
            if (spot := self._spot(person)) is not None:
                cut |= {spot} if person.cut else set()
                if visitors[spot] is not Presence.SEEN:
                    visitors[spot] = Presence.SEEN if person.plain else Presence.UNKNOWN
            elif (lane := self._lane(person)) is not None:
                waiting[lane] += person.score >= WAITS_FROM
            elif (window := self._staffed(person)) is not None:
                present[window] += person.plain
                cut |= {window} if person.cut else set()
        doubts = self._doubts(people, sure)
        staff = {window: self._staffing(window, count, doubts) for window, count in present.items()}
        return Look(
            self._camera,
            at,
            staff,
            visitors,
            waiting,
            sure,
            doubts,
            present=present,
            cut=frozenset(cut),
            scores=self._scores(people),
        )

    def _staffing(self, window: WindowId, count: int, doubts: Mapping[WindowId, Unknown]) -> Presence:
        if count >= self._required.get(window, 1):
            return Presence.SEEN
        return Presence.UNKNOWN if window in doubts else Presence.CLEAR

    def _scores(self, people: Sequence[Detection]) -> dict[WindowId, float]:
        needed = {window: self._required.get(window, 1) for window, _ in self._staff}
        found = {window: [0.0] * count for window, count in needed.items()}
        for person in people:
            if self._spot(person) is None and self._lane(person) is None:
                window = self._staffed(person)
                if window is not None:
                    found[window].append(person.score)
        return {window: sorted(scores)[-needed[window]] for window, scores in found.items()}

    def _doubts(self, people: Sequence[Detection], sure: Sequence[Detection]) -> dict[WindowId, Unknown]:
        """Windows whose staff area cannot be called empty, and why."""
        found = {window: Unknown.HIDDEN for window, polygon in self._staff if polygon.covered(sure) >= COVERED_FROM}
        for person in people:
            if not person.plain and self._spot(person) is None and self._lane(person) is None:
                window = self._staffed(person)
                if window is not None:
                    found[window] = Unknown.DOUBTFUL
        return found

    def _spot(self, person: Detection) -> WindowId | None:
        return next((window for window, polygon in self._spots if polygon.holds(person.foot)), None)

    def _lane(self, person: Detection) -> GroupId | None:
        return next((group for group, polygon in self._lanes if polygon.holds(person.foot)), None)

    def _staffed(self, person: Detection) -> WindowId | None:
        x, y = person.centre
        points = ((x, y), (x, y + (person.y1 - y) / 2), person.foot)
        for point in points:
            for window, polygon in self._staff:
                if polygon.holds(point):
                    return window
        return None


class _Polygon:
    _SCALE = 10_000  # OpenCV compares in single precision: shares become whole numbers first

    _GRID = 24
    """Points of a side at which is looked whether somebody stands before them."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._contour = np.rint(np.asarray(points, np.float64) * self._SCALE).astype(np.int32)
        low, high = np.min(points, axis=0), np.max(points, axis=0)
        sides = (np.linspace(low[axis], high[axis], self._GRID) for axis in (0, 1))
        grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        self._inside = grid[[self.holds((x, y)) for x, y in grid.tolist()]]
        self._lowest = float(high[1])

    def holds(self, point: Point) -> bool:
        x, y = round(point[0] * self._SCALE), round(point[1] * self._SCALE)
        return bool(cv2.pointPolygonTest(self._contour, (x, y), measureDist=False) >= 0)

    def covered(self, people: Sequence[Detection]) -> float:
        """The share, 0..1, that lies behind people. Whose feet are lower in the picture than all of it stand before it."""
        x, y = self._inside[:, 0], self._inside[:, 1]
        hidden = np.zeros(len(x), np.bool_)
        for person in people:
            if person.y1 > self._lowest:
                hidden |= (person.x0 <= x) & (x <= person.x1) & (person.y0 <= y) & (y <= person.y1)
        return float(hidden.mean()) if len(x) else 0.0


def _of(camera: Camera, kind: ZoneKind) -> list[Zone]:
    return [zone for zone in camera.zones if zone.kind is kind]


def _window(zone: Zone) -> WindowId:
    assert zone.window is not None  # noqa: S101, vigil/config/check.py holds it
    return zone.window


def _group(zone: Zone) -> GroupId:
    assert zone.group is not None  # noqa: S101, vigil/config/check.py holds it
    return zone.group
