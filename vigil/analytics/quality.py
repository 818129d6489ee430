"""Can anything be seen in this picture, and is it what the zones were drawn for? Other pictures say nothing of people.

Dark, overexposed, flat and frozen signal is told by the picture alone, on luma of 160 x 90; a camera that was moved, is out
of focus or has a cast of colour by the scene that was learned before (vigil/analytics/scene.py). The limits are wide on
purpose: a doubtful picture is looked at, a useless one is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np

from vigil.analytics import colour
from vigil.analytics.edges import Gray
from vigil.analytics.scene import Scene, SceneSignature
from vigil.analytics.sight import Sight
from vigil.model.looks import Unknown
from vigil.model.media import Frame

DARK_MEAN: Final = 16.0
"""Mean luma (0..255) under which a picture is dark: 16 is black in studio range."""
WHITE_FROM: Final = 245
"""Luma (0..255) in which nothing is told apart any more."""
OVEREXPOSED_SHARE: Final = 0.65
"""Of the picture that is white: the detector then misses one person in six. White walls in one and a half times the light, where
it misses hardly any, leave 0.59; a wall of windows in the sun has less."""
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
        sight = Sight.of(frame.planes)
        frozen = self._frozen(sight.small, frame.at)
        # Without light, or in nothing but white, there may be no noise either: what stays the same is not frozen then.
        if float(sight.light.mean()) < DARK_MEAN:
            return Unknown.DARK
        if np.count_nonzero(sight.small >= WHITE_FROM) >= OVEREXPOSED_SHARE * sight.small.size:
            return Unknown.OVEREXPOSED
        if sight.detail < FLAT_DETAIL:
            return Unknown.OCCLUDED
        if frozen:
            return Unknown.FROZEN
        if self._scene is not None:
            return self._scene.judge(sight, frame.at, learn=learn)
        return Unknown.CAST if colour.is_cast(sight.tint, usual=None) else None

    def _frozen(self, small: Gray, at: datetime) -> bool:
        same = self._last is not None and np.array_equal(small, self._last)
        self._last = small
        if not same or self._same_from_at is None:
            self._same_from_at = at
        return at - self._same_from_at >= FROZEN_AFTER
