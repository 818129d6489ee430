"""Can anything be seen in this picture, and is it what the zones were drawn for? Other pictures say nothing of people.

Dark, flat and frozen signal is told by the picture alone, on luma of 160 x 90; a camera that was moved or is out of
focus by the scene that was learned before (vigil/analytics/scene.py). The limits are wide on purpose: a doubtful picture
is looked at, a useless one is not. Colour cast is not judged.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import cv2
import numpy as np

from vigil.analytics import edges
from vigil.analytics.edges import Gray
from vigil.analytics.scene import Scene, SceneSignature
from vigil.model.looks import Unknown
from vigil.model.media import Frame

DARK_MEAN: Final = 16.0
"""Mean luma (0..255) under which a picture is dark: 16 is black in studio range."""
FLAT_DETAIL: Final = 3.0
"""Mean absolute Laplacian (grey levels) under which a picture shows no detail: a lens cap, a cloth, a sprayed dome.
Sensor noise alone gives 2.7, the same hall blurred beyond recognition 1.3, and the hall itself 13 to 22."""
FROZEN_AFTER: Final = timedelta(seconds=10)
"""A sensor's noise changes every picture; the same picture to the last bit for this long was not taken anew."""


class QualityGate:
    """One camera's. Without a scene nobody asks where the camera looks. Not thread-safe."""

    def __init__(self, scene: Scene | None = None) -> None:
        self._scene = scene
        self._last: Gray | None = None
        self._same_from_at: datetime | None = None

    @property
    def learned(self) -> SceneSignature | None:
        """What is known of the camera's view, to be kept over a restart."""
        return self._scene.signature if self._scene else None

    def judge(self, frame: Frame, *, learn: bool = False) -> Unknown | None:
        """Why nothing can be said from the frame, or None when it is good. Only from good frames with `learn` is learned."""
        fine = edges.luma(frame.bgr)
        small = edges.halved(fine)
        frozen = self._frozen(small, frame.at)
        # Without light there may be no noise either: a black picture that stays the same is dark, not frozen.
        if float(small.mean()) < DARK_MEAN:
            return Unknown.DARK
        if float(np.abs(cv2.Laplacian(small, cv2.CV_16S)).mean()) < FLAT_DETAIL:
            return Unknown.OCCLUDED
        if frozen:
            return Unknown.FROZEN
        return self._scene.judge(fine, frame.at, learn=learn) if self._scene else None

    def _frozen(self, small: Gray, at: datetime) -> bool:
        same = self._last is not None and np.array_equal(small, self._last)
        self._last = small
        if not same or self._same_from_at is None:
            self._same_from_at = at
        return at - self._same_from_at >= FROZEN_AFTER
