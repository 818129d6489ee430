"""Which way a picture's colours lean as a whole, whatever is in it. Pure functions.

What is wrong with a camera tints all of its picture: an infrared filter that sticks makes it pink, a white balance gone wrong
yellow or blue, a broken decoder green. A tint is float32 (2, 5, 8): for each block of edges.GRID the mean blue and red
differences over the mean luma, so that a dim picture leans as far as a bright one. 0 is grey.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from vigil.analytics.edges import GRID, Floats
from vigil.model.media import Plane, Planes

CAST_FROM: Final = 0.16
"""Leaning against the tint that was learned. The same light leaves 0.01, dusk and lamps of another colour 0.08 to 0.11; a filter
that sticks, or a white balance gone wrong, makes 0.2 and more."""
CAST_OUTRIGHT: Final = 0.35
"""Leaning against grey while no tint is learned. Rendered halls, some with yellow walls, have 0.16 and less."""
COLOURLESS_BELOW: Final = 0.06
"""A picture that leans less against grey has no cast, whatever was learned: a camera by night sends no colours at all."""

_GREY: Final = 128
_BLACK: Final = 16.0
"""Added to luma (0..255): in black pictures noise has every colour."""
_GREAT_PART: Final = 2 / 3
"""Of the blocks: a red banner or a crowd in uniform is no cast."""
_ROWS: Final = 45
"""Chroma is read at about every so manieth part of the height: a mean over a block needs no more."""


def tint(planes: Planes, light: Floats) -> Floats:
    """`light` is the mean luma (0..255) of each block, (5, 8)."""
    step = max(1, planes.u.shape[0] // _ROWS)
    blue, red = (_over_blocks(plane[::step, ::step]) for plane in (planes.u, planes.v))
    return np.asarray((np.stack((blue, red)) - _GREY) / (light + _BLACK), np.float32)


def is_cast(tint: Floats, usual: Floats | None) -> bool:
    """Whether the great part of the picture leans to one side: from `usual`, or from grey while that is not known."""
    if leaning(tint) < COLOURLESS_BELOW:
        return False
    return leaning(tint) >= CAST_OUTRIGHT if usual is None else leaning(tint - usual) >= CAST_FROM


def leaning(tint: Floats) -> float:
    """How far two thirds of the blocks, or more, lean to the side to which their median leans."""
    flat = tint.reshape(2, -1)
    blue, red = (float(side) for side in np.sort(flat, axis=1)[:, flat.shape[1] // 2])
    far = math.hypot(blue, red)
    if far == 0:
        return 0.0
    along = np.sort(flat[0] * blue + flat[1] * red)
    return float(along[int(along.size * (1 - _GREAT_PART))]) / far


def _over_blocks(plane: Plane) -> Floats:
    return np.asarray(cv2.resize(plane, GRID[::-1], interpolation=cv2.INTER_AREA), np.float32)
