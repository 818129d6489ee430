"""Pieces of a picture that are laid over it: a person, the shadow at the feet, a monitor before a clerk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vigil.sim.assets import Distance, Picture, Sprite, Wardrobe
from vigil.sim.figures import Figure
from vigil.sim.view import Points, Region, View

Mask = npt.NDArray[np.bool_]

_NEAR_M: Final = 5.2
"""Nearer than this people are seen from clearly above."""
_LARGEST: Final = 4
"""A patch of more than this many pictures would be somebody at the very lens."""
_SHADOW_SIDE: Final = 32
_SHADOW_DEPTH: Final = 0.52
_SHADOW_M: Final = (0.46, 0.40)
"""Half width and half depth of the shadow on the floor."""
_SEATED_BEHIND_THE_DESK: Final = "clerk"
"""Poses that begin so are cut off below the desk, and cast no shadow that could be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """picture = picture * keep / 255 + add, within `region`."""

    region: Region
    keep: Picture
    add: Picture | None

    def lay(self, picture: Picture) -> None:
        under = picture[self.region.slices]
        laid = cv2.multiply(under, self.keep, scale=1 / 255)
        under[:] = laid if self.add is None else cv2.add(laid, self.add)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """Somebody or something that hides what is behind.

    `silhouette` is its whole shape within the picture, `seen` what no occluder hides; both (height, width) of the region.
    `area` counts the pixels of the shape, those outside of the picture too.
    """

    patch: Patch
    silhouette: Mask
    seen: Mask
    area: int


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A figure's two patches. None: not in the picture."""

    body: Body | None
    shadow: Patch | None


@dataclass(frozen=True, slots=True)
class Stance:
    """What a figure's patches depend on, and nothing else: two figures of one stance look the same."""

    sprite: Sprite
    mirrored: bool
    x: float
    y: float
    lift: float
    shaded: bool


def stance_of(figure: Figure, view: View, wardrobe: Wardrobe) -> Stance:
    """Places are rounded to centimetres, so that somebody who stands still has one stance. Raises ScenarioError."""
    x, y = round(figure.place[0], 2), round(figure.place[1], 2)
    turn_deg = (math.degrees(figure.heading - view.bearing((x, y))) + 360) % 360 - 180
    distance = Distance.NEAR if view.distance_m((x, y)) < _NEAR_M else Distance.FAR
    sprite, mirrored = wardrobe.sprite(figure.look, figure.pose, figure.frame, turn_deg, distance)
    shaded = not figure.pose.startswith(_SEATED_BEHIND_THE_DESK)
    return Stance(sprite, mirrored, x, y, figure.lift, shaded)


def paint(stance: Stance, view: View) -> Painted:
    return Painted(_body(stance, view), _shadow(stance, view) if stance.shaded else None)


def _body(stance: Stance, view: View) -> Body | None:
    """The sprite as a board that faces the camera and stands upright on its point of the floor."""
    sprite, place = stance.sprite, (stance.x, stance.y)
    bearing = view.bearing(place)
    across = np.array([sprite.left_m, sprite.right_m, sprite.right_m, sprite.left_m]) * (-1 if stance.mirrored else 1)
    up = np.array([sprite.top_m, sprite.top_m, sprite.bottom_m, sprite.bottom_m]) + stance.lift
    corners = np.c_[stance.x + across * math.sin(bearing), stance.y - across * math.cos(bearing), up]
    warped = _warp(sprite.level(view.px_per_m(place)), view.project(corners), view.size)
    if warped is None:
        return None
    region, bgra, area = warped
    silhouette: Mask = bgra[:, :, 3] > 127
    hidden = view.hidden(place, region)
    if hidden is not None:
        left = cv2.cvtColor(255 - hidden, cv2.COLOR_GRAY2BGRA)
        left[:, :, 3] = left[:, :, 0]
        bgra = cv2.multiply(bgra, left, scale=1 / 255)
    patch = Patch(region, _opposite(bgra[:, :, 3]), _tinted(bgra[:, :, :3], view.tint))
    return Body(patch, silhouette, bgra[:, :, 3] > 127, area)


def _shadow(stance: Stance, view: View) -> Patch | None:
    """A soft dark spot around the feet."""
    place = (stance.x, stance.y)
    bearing = view.bearing(place)
    right = np.array([math.sin(bearing), -math.cos(bearing)]) * _SHADOW_M[0]
    away = np.array([math.cos(bearing), math.sin(bearing)]) * _SHADOW_M[1]
    floor = [np.array(place) + i * right + j * away for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    warped = _warp(_BLOB, view.project(np.array([[*point, stance.lift] for point in floor])), view.size)
    if warped is None:
        return None
    region, spot, _ = warped
    depth = spot.astype(np.float32) * _SHADOW_DEPTH
    hidden = view.hidden(place, region)
    if hidden is not None:
        depth *= 1 - hidden / 255
    return Patch(region, _opposite(np.rint(depth).astype(np.uint8)), None)


def _warp(sprite: Picture, corners: Points | None, size: tuple[int, int]) -> tuple[Region, Picture, int] | None:
    """The sprite with its corners (4, 2), clockwise from the top left, moved to `corners`; cut to the picture.

    Returns its place, its pixels and the area of its shape, that outside of the picture included. None: not in it.
    """
    whole = Region.around(corners) if corners is not None else None
    region = whole.within(*size) if whole is not None else None
    if corners is None or whole is None or region is None or _too_large(whole, size):
        return None
    height, width = sprite.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    target = (corners - [whole.x0, whole.y0]).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    warped = cv2.warpPerspective(sprite, matrix, (whole.shape[1], whole.shape[0]))
    area = int(np.count_nonzero(warped[:, :, 3] > 127)) if warped.ndim == 3 else 0
    inside = Region(region.x0 - whole.x0, region.y0 - whole.y0, region.x1 - whole.x0, region.y1 - whole.y0)
    return region, np.ascontiguousarray(warped[inside.slices]), area


def _too_large(region: Region, size: tuple[int, int]) -> bool:
    height, width = region.shape
    return height * width > _LARGEST * size[0] * size[1]


def _opposite(alpha: Picture) -> Picture:
    opposite: Picture = cv2.cvtColor(255 - np.ascontiguousarray(alpha), cv2.COLOR_GRAY2BGR)
    return opposite


def _tinted(bgr: Picture, tint: tuple[float, float, float]) -> Picture:
    if tint == (1, 1, 1):
        return np.ascontiguousarray(bgr)
    tinted: Picture = cv2.multiply(np.ascontiguousarray(bgr), (*tint, 0.0))
    return tinted


def _blob() -> Picture:
    """Round, dark in the middle and nothing at the edge."""
    y, x = np.mgrid[-1 : 1 : _SHADOW_SIDE * 1j, -1 : 1 : _SHADOW_SIDE * 1j]
    blob = np.exp(-3.2 * (x * x + y * y))
    edge = blob[0, _SHADOW_SIDE // 2]
    spot: Picture = np.rint(np.clip(blob - edge, 0, 1) * 255).astype(np.uint8)
    return spot


_BLOB: Final = _blob()
