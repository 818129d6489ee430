"""From people in a picture to what one look says of each zone.

Who is staff and who is a visitor is told by geometry alone. A person whose feet stand in a visitor spot or a queue lane is a
visitor, wherever the rest of the body reaches: one who leans over the counter does not staff the window. A person behind the
counter shows the upper body only, so the box's centre, the point at three quarters of its height, or its foot may lie
in the staff area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.looks import Detection, Presence, Unknown
from vigil.model.site import Camera, Point, Zone, ZoneKind


@dataclass(frozen=True, slots=True)
class Look:
    """What one look of one camera says. When `why` is set nothing was seen, and the mappings are empty."""

    camera: CameraId
    at: datetime
    staff: dict[WindowId, Presence]
    visitors: dict[WindowId, Presence]
    waiting: dict[GroupId, int]
    people: tuple[Detection, ...] = ()
    why: Unknown | None = None

    @classmethod
    def blind(cls, camera: CameraId, at: datetime, why: Unknown) -> Look:
        return cls(camera, at, {}, {}, {}, (), why)


class ZoneMap:
    """The zones of one camera."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera.id
        self._staff = [(_window(zone), _Polygon(zone.polygon)) for zone in _of(camera, ZoneKind.STAFF_AREA)]
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

    def look(self, people: Sequence[Detection], at: datetime) -> Look:
        staff = dict.fromkeys((window for window, _ in self._staff), Presence.CLEAR)
        visitors = dict.fromkeys((window for window, _ in self._spots), Presence.CLEAR)
        waiting = dict.fromkeys((group for group, _ in self._lanes), 0)
        for person in people:
            if (spot := self._spot(person)) is not None:
                visitors[spot] = Presence.SEEN
            elif (lane := self._lane(person)) is not None:
                waiting[lane] += 1
            elif (window := self._staffed(person)) is not None:
                staff[window] = Presence.SEEN
        return Look(self._camera, at, staff, visitors, waiting, tuple(people))

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

    def __init__(self, points: Sequence[Point]) -> None:
        self._contour = np.rint(np.asarray(points, np.float64) * self._SCALE).astype(np.int32)

    def holds(self, point: Point) -> bool:
        x, y = round(point[0] * self._SCALE), round(point[1] * self._SCALE)
        return bool(cv2.pointPolygonTest(self._contour, (x, y), measureDist=False) >= 0)


def _of(camera: Camera, kind: ZoneKind) -> list[Zone]:
    return [zone for zone in camera.zones if zone.kind is kind]


def _window(zone: Zone) -> WindowId:
    assert zone.window is not None  # noqa: S101, vigil/config/check.py holds it
    return zone.window


def _group(zone: Zone) -> GroupId:
    assert zone.group is not None  # noqa: S101, vigil/config/check.py holds it
    return zone.group
