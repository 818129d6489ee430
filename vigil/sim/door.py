"""The entrance: visitors come by chance, at a rate, and go in one behind the other as long as there is room."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from vigil.sim.walker import DT

APART_S: Final = 1.3
"""Between two who come in."""


class Door:
    """A Poisson process whose rate may change. Who finds the lane full waits outside, where no camera looks."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.per_min = 0.0
        self.closed = False
        self.outside = 0
        self._rng = rng
        self._due = rng.exponential()
        """Expected arrivals until the next one: so a rate changes the times, and never the draws."""
        self._last_s = -math.inf

    def close(self) -> None:
        """Who waits outside goes home, and nobody comes."""
        self.closed, self.outside = True, 0

    def step(self) -> None:
        self._due -= self.per_min * DT / 60
        while self._due <= 0:
            self._due += self._rng.exponential()
            self.outside += not self.closed

    def admits(self, t: float) -> bool:
        """Whether one of those outside comes in now; there is room. Who does is no longer outside."""
        if not self.outside or not self.is_clear(t):
            return False
        self.outside -= 1
        self.passed(t)
        return True

    def is_clear(self, t: float) -> bool:
        return t - self._last_s >= APART_S

    def passed(self, t: float) -> None:
        """Somebody went in."""
        self._last_s = t
