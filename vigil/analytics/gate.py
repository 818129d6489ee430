"""Has anything changed in a part of the picture since it was last looked at? If not, people there are still as they were.

Means of luma over blocks are compared with those of the very picture in which the detector looked, never with the picture
before: what creeps adds up. Somebody who sits still changes nothing and is not forgotten, for the gate says "the same as then"
and not "nobody"; whoever comes, goes or stands up changes many blocks. Light that changes everywhere alike is no change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vigil.model.media import Planes
from vigil.model.site import Point

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

GRID: Final = (45, 80)
"""Rows and columns of blocks; 8 x 8 pixels each of a 360p substream."""
CHANGED_FROM: Final = 6.0
"""Grey levels by which the second most changed block differs. Noise and compression of a cheap camera reach 2 to 4,
somebody who comes or goes 20 to 110 (docs/design/performance.md)."""
_AROUND: Final = np.ones((3, 3), np.uint8)


def blocks(planes: Planes) -> Floats:
    """Mean luma of each block of a picture of any size: (45, 80)."""
    return np.asarray(cv2.resize(planes.y, GRID[::-1], interpolation=cv2.INTER_AREA), np.float32)


def mask(polygons: Sequence[Sequence[Point]]) -> Bools:
    """The blocks that the polygons touch, and one more to each side: (45, 80)."""
    drawn = np.zeros(GRID, np.uint8)
    for polygon in polygons:
        corners = np.floor(np.asarray(polygon) * np.array(GRID[::-1])).astype(np.int32)
        cv2.fillPoly(drawn, [np.minimum(corners, np.array(GRID[::-1]) - 1)], 1)
    return np.asarray(cv2.dilate(drawn, _AROUND), np.bool_)


def changed(now: Floats, then: Floats) -> bool:
    """Whether two pictures differ in the blocks given, each a flat array of the same blocks."""
    differences = now - then
    differences -= np.median(differences)
    return bool(np.partition(np.abs(differences), -2)[-2] >= CHANGED_FROM)
