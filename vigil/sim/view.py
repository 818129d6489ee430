"""What a camera looks at, without people: its plate, what may stand before them, and the way from the floor to pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vigil.sim.assets import Assets, Picture
from vigil.sim.world import CameraPlan, Light, Place

Points = npt.NDArray[np.float64]

_NEAREST_M = 0.3
"""Nothing nearer to the lens is in the picture: it would fill it, or lie behind the camera."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of pixels, x1 and y1 not included."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.y1 - self.y0, self.x1 - self.x0

    def within(self, width: int, height: int) -> Region | None:
        """The part within a picture, None when there is none."""
        cut = Region(max(self.x0, 0), max(self.y0, 0), min(self.x1, width), min(self.y1, height))
        return cut if cut.x0 < cut.x1 and cut.y0 < cut.y1 else None

    def overlap(self, other: Region) -> Region | None:
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        cut = Region(x0, y0, min(self.x1, other.x1), min(self.y1, other.y1))
        return cut if cut.x0 < cut.x1 and cut.y0 < cut.y1 else None

    def seen_from(self, other: Region) -> Region:
        """The same pixels, counted from the corner of the other."""
        return Region(self.x0 - other.x0, self.y0 - other.y0, self.x1 - other.x0, self.y1 - other.y0)

    @classmethod
    def around(cls, points: Points) -> Region:
        """With a pixel to spare."""
        low, high = np.floor(points.min(axis=0)) - 1, np.ceil(points.max(axis=0)) + 1
        return cls(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


class View:
    """One camera's fixed view in one light and size. Shared freely once made: nothing in it changes."""

    def __init__(self, plan: CameraPlan, light: Light, size: tuple[int, int], assets: Assets) -> None:
        """`size` is (width, height) in pixels. Raises ScenarioError for a plate or mask that is missing."""
        self.size = size
        self.plate = _resized(assets.plate(plan.plates[light]), size)
        self.tint = plan.light[light]
        self._position = plan.position
        scale = np.diag([size[0] / plan.size[0], size[1] / plan.size[1], 1.0])
        self._matrix: Points = scale @ np.array(plan.matrix, np.float64)
        self._focal_px = size[0] / 2 / math.tan(math.radians(plan.hfov / 2))
        self._occluders = [(one.line, _resized(assets.mask(one.mask), size)) for one in plan.occluders]

    def project(self, points: Points) -> Points | None:
        """World points (n, 3) in pixels (n, 2); None when one of them is not before the lens."""
        mapped = np.c_[points, np.ones(len(points))] @ self._matrix.T
        depth = mapped[:, 2:]
        if depth.min() < _NEAREST_M:
            return None
        pixels: Points = mapped[:, :2] / depth
        return pixels

    def holds(self, place: Place) -> bool:
        """Whether this point of the floor is within the picture."""
        pixels = self.project(np.array([[*place, 0.0]]))
        if pixels is None:
            return False
        x, y = pixels[0]
        return bool(0 <= x < self.size[0] and 0 <= y < self.size[1])

    def distance_m(self, place: Place) -> float:
        """Along the floor."""
        return math.hypot(place[0] - self._position[0], place[1] - self._position[1])

    def bearing(self, place: Place) -> float:
        """The direction from the camera to the place, radians of the world."""
        return math.atan2(place[1] - self._position[1], place[0] - self._position[0])

    def px_per_m(self, place: Place) -> float:
        """How large a metre at the place is in the picture, about."""
        return self._focal_px / math.hypot(self.distance_m(place), self._position[2])

    def nearer(self, place: Place, by_m: float) -> Place:
        """A place that much nearer to the camera."""
        bearing = self.bearing(place)
        return place[0] - by_m * math.cos(bearing), place[1] - by_m * math.sin(bearing)

    def hidden(self, place: Place, region: Region) -> Picture | None:
        """How much of each pixel is before somebody who stands at the place, 0..255; None: nothing is."""
        masks = [mask[region.slices] for line, mask in self._occluders if self._is_behind(place, line)]
        if not masks:
            return None
        hidden = masks[0]
        for mask in masks[1:]:
            hidden = np.maximum(hidden, mask)
        return hidden if hidden.any() else None

    def _is_behind(self, place: Place, line: tuple[Place, Place]) -> bool:
        return _side(place, line) * _side((self._position[0], self._position[1]), line) < 0


def _side(place: Place, line: tuple[Place, Place]) -> float:
    (ax, ay), (bx, by) = line
    return (bx - ax) * (place[1] - ay) - (by - ay) * (place[0] - ax)


def _resized(picture: Picture, size: tuple[int, int]) -> Picture:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    resized: Picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return resized
