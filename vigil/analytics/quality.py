"""Can anything be seen in this picture? Signal that is dark, covered or frozen says nothing of people.

Measured on the luma of the picture scaled to 160 x 90. The limits are wide on purpose: a doubtful picture is looked at,
a useless one is not.
Blur, colour cast and a moved camera are not judged yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vigil.model.looks import Unknown
from vigil.model.media import Frame

DARK_MEAN: Final = 16.0
"""Mean luma (0..255) under which a picture is dark: 16 is black in studio range."""
FLAT_DETAIL: Final = 3.0
"""Mean absolute Laplacian (grey levels) under which a picture shows no detail: a lens cap, a cloth, a sprayed dome.
Sensor noise alone gives 2.7, the same hall blurred beyond recognition 1.3, and the hall itself 13 to 22."""
FROZEN_AFTER: Final = timedelta(seconds=10)
"""A sensor's noise changes every picture; the same picture to the last bit for this long was not taken anew."""

_SIZE: Final = (160, 90)


class QualityGate:
    """One camera's. Not thread-safe."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.uint8] | None = None
        self._same_from_at: datetime | None = None

    def judge(self, frame: Frame) -> Unknown | None:
        """Why nothing can be seen in the frame, or None when it is good."""
        small = cv2.resize(frame.bgr, _SIZE, interpolation=cv2.INTER_AREA)
        luma = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        frozen = self._frozen(luma, frame.at)
        # Without light there may be no noise either: a black picture that stays the same is dark, not frozen.
        if float(luma.mean()) < DARK_MEAN:
            return Unknown.DARK
        if float(np.abs(cv2.Laplacian(luma, cv2.CV_16S)).mean()) < FLAT_DETAIL:
            return Unknown.OCCLUDED
        return Unknown.FROZEN if frozen else None

    def _frozen(self, luma: npt.NDArray[np.uint8], at: datetime) -> bool:
        same = self._last is not None and np.array_equal(luma, self._last)
        self._last = luma
        if not same or self._same_from_at is None:
            self._same_from_at = at
        return at - self._same_from_at >= FROZEN_AFTER
