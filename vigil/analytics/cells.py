"""The parts of a camera's picture in which people matter, each looked at as one: a window with its visitor's spot, a lane.

A part is scaled so that a staff area is about as tall as a network likes people to be: near windows cost less than in the
whole picture, far ones are seen better. Around the zones there is room for whoever belongs to them; who reaches beyond it is
cut, and does not count there until more was looked at (vigil/analytics/attention.py).

Everything here is in shares of the picture (0..1) until `region` makes pixels of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vigil.analytics.detector import Region
from vigil.model.ids import GroupId, WindowId
from vigil.model.media import Planes
from vigil.model.site import Camera, Point, Zone, ZoneKind

STAFF_HEIGHT: Final = 64.0
"""Pixels of the canvas that a staff area is scaled to (docs/design/performance.md)."""
MOST_SCALE: Final = 2.0
"""More only blows up what the camera did not see."""
_SIDE: Final = 0.35
"""Room left and right of a window's zones, as a share of its staff area's height: half of somebody's width."""
_ABOVE: Final = 0.45
_BELOW: Final = 0.15
_QUEUER: Final = 0.4
"""Of the picture's height: how far somebody who stands in a lane may reach above it."""
_WIDER: Final = 0.8
"""More on all sides where somebody was cut off, as a share of the staff area's height: who stands beyond the counter or beside
the window is then within."""
_LANE_SIDE: Final = 0.05
_LANE_BELOW: Final = 0.03


@dataclass(frozen=True, slots=True)
class Cell:
    """`window` or `group` says whose it is. `polygons` are its zones.

    `height` is what is scaled to STAFF_HEIGHT; None: looked at as it is.
    """

    left: float
    top: float
    right: float
    bottom: float
    polygons: tuple[tuple[Point, ...], ...]
    height: float | None = None
    window: WindowId | None = None
    group: GroupId | None = None

    @property
    def wide(self) -> Cell:
        """The same with more around it."""
        more = _WIDER * (self.height or 0.0)
        side = _as_width(more)
        return replace(
            self,
            left=max(0.0, self.left - side),
            top=max(0.0, self.top - more),
            right=min(1.0, self.right + side),
            bottom=min(1.0, self.bottom + more),
        )

    def region(self, picture: Planes) -> Region:
        """Its place in a picture, in even pixels."""
        height, width = picture.size
        scale = 1.0 if self.height is None else min(MOST_SCALE, STAFF_HEIGHT / (self.height * height))
        return Region(
            picture,
            _even(self.left * width),
            _even(self.top * height),
            min(_even(self.right * width + 1), width),
            min(_even(self.bottom * height + 1), height),
            scale,
        )


def cells_of(camera: Camera) -> tuple[Cell, ...]:
    """A cell for each window whose staff area or visitor's spot the camera sees, and for each lane."""
    windows = dict.fromkeys(zone.window for zone in camera.zones if zone.window is not None)
    groups = dict.fromkeys(zone.group for zone in camera.zones if zone.group is not None)
    of_windows = (_window_cell(window, [zone for zone in camera.zones if zone.window == window]) for window in windows)
    of_lanes = (_lane_cell(group, [zone for zone in camera.zones if zone.group == group]) for group in groups)
    return (*of_windows, *of_lanes)


def together(regions: Sequence[Region]) -> list[tuple[Region, tuple[int, ...]]]:
    """Regions of one picture with those joined that are cheaper looked at as one, each with the indices of what it holds.

    Greedy, the greatest gain first: cells of neighbouring windows overlap.
    """
    joined: list[tuple[Region, tuple[int, ...]]] = [(region, (index,)) for index, region in enumerate(regions)]
    while (best := _best_pair(joined)) is not None:
        first, second = best
        merged = (_around(joined[first][0], joined[second][0]), (*joined[first][1], *joined[second][1]))
        joined = [one for index, one in enumerate(joined) if index not in best] + [merged]
    return joined


def _window_cell(window: WindowId, zones: Sequence[Zone]) -> Cell:
    staff = [zone for zone in zones if zone.kind is ZoneKind.STAFF_AREA] or list(zones)
    _, top, _, bottom = _bounds(zone.polygon for zone in staff)
    height = bottom - top
    left, top, right, bottom = _bounds(zone.polygon for zone in zones)
    side = _as_width(_SIDE * height)
    return Cell(
        max(0.0, left - side),
        max(0.0, top - _ABOVE * height),
        min(1.0, right + side),
        min(1.0, bottom + _BELOW * height),
        tuple(zone.polygon for zone in zones),
        height,
        window=window,
    )


def _lane_cell(group: GroupId, zones: Sequence[Zone]) -> Cell:
    left, top, right, bottom = _bounds(zone.polygon for zone in zones)
    return Cell(
        max(0.0, left - _LANE_SIDE),
        max(0.0, top - _QUEUER),
        min(1.0, right + _LANE_SIDE),
        min(1.0, bottom + _LANE_BELOW),
        tuple(zone.polygon for zone in zones),
        group=group,
    )


def _as_width(height: float) -> float:
    """Shares of width and height are not the same length; a picture is about 16:9."""
    return height * 9 / 16


def _bounds(polygons: Iterable[Sequence[Point]]) -> tuple[float, float, float, float]:
    points = np.concatenate([np.asarray(polygon, np.float64) for polygon in polygons])
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right, bottom


def _even(pixels: float) -> int:
    return int(pixels) // 2 * 2


def _best_pair(joined: Sequence[tuple[Region, tuple[int, ...]]]) -> tuple[int, int] | None:
    best, pair = 0.0, None
    for second, (region, _) in enumerate(joined):
        for first, (other, _) in enumerate(joined[:second]):
            gain = cost(region) + cost(other) - cost(_around(region, other))
            if gain > best:
                best, pair = gain, (first, second)
    return pair


def _around(one: Region, other: Region) -> Region:
    return Region(
        one.picture,
        min(one.left, other.left),
        min(one.top, other.top),
        max(one.right, other.right),
        max(one.bottom, other.bottom),
        max(one.scale, other.scale),
    )


def cost(region: Region) -> float:
    """Pixels of the canvas."""
    return (region.right - region.left) * (region.bottom - region.top) * region.scale**2
