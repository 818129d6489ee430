"""Fakes that stand in for the world, beside the protocols they fake. For tests; nothing in vigil imports this."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import cv2
import numpy as np

from vigil.analytics.detector import Bgr, Region
from vigil.errors import DetectorError
from vigil.model.ids import CameraId
from vigil.model.looks import Detection
from vigil.model.media import Frame, Planes


def frame_of(camera: CameraId, at: datetime, bgr: Bgr) -> Frame:
    """A frame that shows `bgr`, uint8 (height, width, 3)."""
    return Frame(camera, at, planes_of(bgr), lambda: bgr)


def planes_of(bgr: Bgr) -> Planes:
    height, width = bgr.shape[:2]
    even = cv2.copyMakeBorder(bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    half = (even.shape[0] // 2, even.shape[1] // 2)
    packed = np.asarray(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420), np.uint8).ravel()
    y, u, v = np.split(packed, [4 * half[0] * half[1], 5 * half[0] * half[1]])
    return Planes(y.reshape(even.shape[:2])[:height, :width], u.reshape(half), v.reshape(half))


class FakeDetector:
    """Answers from a script: the n-th region gets the n-th entry, and the last entry goes on for ever.

    An entry that is a DetectorError is raised. `looks` counts the regions seen, `closed` tells whether it was closed.
    """

    def __init__(
        self, script: Sequence[tuple[Detection, ...] | DetectorError] = ((),), name: str = "fake-0x0@00000000"
    ) -> None:
        self.name = name
        self.looks = 0
        self.closed = False
        self._script = tuple(script)

    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        if self.closed:
            raise DetectorError(f"{self.name}: closed")
        return [self._answer() for _ in regions]

    def close(self) -> None:
        self.closed = True

    def _answer(self) -> tuple[Detection, ...]:
        entry = self._script[min(self.looks, len(self._script) - 1)]
        self.looks += 1
        if isinstance(entry, DetectorError):
            raise entry
        return entry
