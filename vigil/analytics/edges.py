"""Where a picture's edges lie and which way they run: what stays of a hall when its light changes and its people move.

Pure functions on luma. An edge map is float32 (2, 90, 160): at each pixel the direction (x, y) in which the picture
grows brighter, as far as it stands out from what lies around it. Its length is below 1 and hardly depends on exposure.
A grid of 8 x 5 blocks divides it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vigil.model.media import Plane

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

SIZE: Final = (160, 90)
"""Width and height of an edge map."""
FINE_SIZE: Final = (320, 180)
"""Width and height of the luma in which sharpness is measured: blur that costs the detector its people hardly shows in SIZE."""
GRID: Final = (5, 8)
"""Rows and columns of blocks, each 18 x 20 pixels of an edge map."""

_AROUND: Final = (15, 15)
"""What an edge must stand out from: about a tenth of the picture's width."""
_FAINT: Final = 4.0
"""Grey levels a pixel, added to what is around, so that noise on a wall makes no edges."""
_STEPS: Final = (0, -2, 2)
"""Pixels by which a picture is tried beside its place: 2 are 1.25 % of the width, as a pole shakes in the wind."""
_COARSE_SIGMA: Final = 2.0
_STRONG_SHARE: Final = 0.15
"""Of the pixels: those that are edges enough to tell how sharp they are."""
_PLAIN_SHARE: Final = 0.3
_MOST_POINTS: Final = 4000
"""Strong, and plain, ones: enough for a mean and a median, and half the time of all."""
_BLACK: Final = 16.0
_FULL_OF_STUDIO: Final = 255 / 219
"""From luma of studio range (16..235, ITU-R BT.601) to 0..255, for which all limits are given."""
_MEAN_OF_MEDIAN: Final = 1.44
"""Mean over median of the squared gradient of plain noise: that of an exponential distribution, 1 / ln 2."""


def luma(y: Plane) -> Gray:
    """The brightness of a luma plane of any size in studio range (16..235), as 0..255 in FINE_SIZE: uint8 (180, 320)."""
    width, height = FINE_SIZE
    # First by halves: that is what OpenCV scales by fastest.
    while y.shape[0] >= 2 * height and y.shape[1] >= 2 * width:
        y = np.asarray(cv2.resize(y, (y.shape[1] // 2, y.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8)
    if y.shape != (height, width):
        y = np.asarray(cv2.resize(y, FINE_SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.convertScaleAbs(cv2.subtract(y, _BLACK), alpha=_FULL_OF_STUDIO), np.uint8)


def halved(fine: Gray) -> Gray:
    """uint8 (180, 320) to (90, 160)."""
    return np.asarray(cv2.resize(fine, SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def edge_map(small: Gray) -> Floats:
    """`small` is uint8 (90, 160)."""
    smooth = cv2.GaussianBlur(small.astype(np.float32), (0, 0), 1.0)
    x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    strength = cv2.magnitude(x, y)
    share = 1.0 / (strength + cv2.blur(strength, _AROUND) + _FAINT)
    return np.stack((x * share, y * share))


def energy(edges: Floats) -> Floats:
    """Mean squared length of the edges in each block: (5, 8)."""
    return _over_blocks(edges[0] * edges[0] + edges[1] * edges[1])


def agreement(edges: Floats, reference: Floats) -> Floats:
    """The normalised correlation of two edge maps in each block, -1..1: (5, 8). 1: the same edges, 0: none in common."""
    shared = _over_blocks(edges[0] * reference[0] + edges[1] * reference[1])
    return np.asarray(shared / np.sqrt(energy(edges) * energy(reference) + 1e-9), np.float32)


def shaken(edges: Floats) -> list[Floats]:
    """The edge map, itself first, and what it were if the camera had trembled by 1.25 % of the width to any side."""
    return [np.roll(edges, (dy, dx), (1, 2)) if dx or dy else edges for dy in _STEPS for dx in _STEPS]


def _over_blocks(values: Floats) -> Floats:
    """Means of a (90, 160) array over the blocks."""
    return np.asarray(cv2.resize(values, GRID[::-1], interpolation=cv2.INTER_AREA), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class EdgePoints:
    """Where in luma of FINE_SIZE the edges of an edge map are, and where nothing is: indices into the flat picture.

    `blocks` are those of the strong points, 0..39 by rows.
    """

    strong: Places
    blocks: Places
    plain: Places

    @classmethod
    def of(cls, edges: Floats) -> EdgePoints:
        lengths = cv2.resize(cv2.magnitude(edges[0], edges[1]), FINE_SIZE)
        faint, strong = np.quantile(lengths[1:-1, 1:-1], (_PLAIN_SHARE, 1 - _STRONG_SHARE))
        lengths[[0, -1], :] = lengths[:, [0, -1]] = np.nan  # no neighbours to compare with
        points = _some(np.flatnonzero(lengths > strong))
        rows, columns = np.divmod(points, FINE_SIZE[0])
        blocks = rows * GRID[0] // FINE_SIZE[1] * GRID[1] + columns * GRID[1] // FINE_SIZE[0]
        return cls(points, blocks, _some(np.flatnonzero(lengths <= faint)))

    def sharpness(self, fine: Gray, where: Bools) -> float:
        """How narrow the edges are in the blocks `where` (5, 8): 4 is a sharp picture, 1 one without any detail.

        It is the energy of the picture's gradient over that of the picture smoothed, each less what noise adds, so that
        a grainy picture is no sharp one. Light cancels out. NaN where no edge counts.
        """
        counted = self.strong[where.ravel()[self.blocks]]
        picture = fine.astype(np.float32)
        wide = self._gradient(cv2.GaussianBlur(picture, (0, 0), _COARSE_SIGMA), counted)
        return self._gradient(picture, counted) / wide if wide > 0 else float("nan")

    def _gradient(self, picture: Floats, counted: Places) -> float:
        """Its energy at the points that count, less the noise, whose strength shows where nothing else is."""
        if not counted.size:
            return 0.0
        plain = _squared(picture, self.plain)
        noise = _MEAN_OF_MEDIAN * float(np.partition(plain, plain.size // 2)[plain.size // 2])
        return max(0.0, float(_squared(picture, counted).mean()) - noise)


def _some(points: Places) -> Places:
    return points[:: max(1, points.size // _MOST_POINTS)]


def _squared(picture: Floats, points: Places) -> Floats:
    flat, width = picture.ravel(), picture.shape[1]
    x = flat.take(points + 1) - flat.take(points - 1)
    y = flat.take(points + width) - flat.take(points - width)
    return np.asarray(x * x + y * y, np.float32)
