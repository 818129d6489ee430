"""What is taken out of a picture to judge it by: little enough to be made for each look, straight from the decoder's planes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vigil.analytics import colour
from vigil.analytics.edges import GRID, Floats, Gray, halved, luma
from vigil.model.media import Planes


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """Luma is 0..255: `fine` uint8 (180, 320), `small` uint8 (90, 160), `light` its means over the blocks of edges.GRID, (5, 8).

    `detail` is the mean absolute Laplacian of `small`, in grey levels. `tint` is that of vigil/analytics/colour.py.
    """

    fine: Gray
    small: Gray
    light: Floats
    detail: float
    tint: Floats

    @classmethod
    def of(cls, planes: Planes) -> Sight:
        fine = luma(planes.y)
        small = halved(fine)
        light = np.asarray(cv2.resize(small.astype(np.float32), GRID[::-1], interpolation=cv2.INTER_AREA), np.float32)
        detail = float(cv2.norm(cv2.Laplacian(small, cv2.CV_16S), cv2.NORM_L1)) / small.size
        return cls(fine, small, light, detail, colour.tint(planes, light))
