"""A way on the floor, walked by its length."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from vigil.sim.world import Place


def distance(a: Place, b: Place) -> float:
    """Metres."""
    return math.hypot(b[0] - a[0], b[1] - a[1])


class Route:
    """A line of corners; `marks` are the metres from the beginning to each of them."""

    def __init__(self, corners: Sequence[Place]) -> None:
        self.corners = tuple(corners)
        self.marks = tuple(accumulate((distance(a, b) for a, b in pairwise(corners)), initial=0.0))

    @property
    def length(self) -> float:
        return self.marks[-1]

    def at(self, metres: float) -> Place:
        """The place so far from the beginning; before and behind the ends it is theirs."""
        part = self._part(metres)
        (x0, y0), (x1, y1) = self.corners[part], self.corners[part + 1]
        begin, end = self.marks[part], self.marks[part + 1]
        share = min(1.0, max(0.0, (metres - begin) / (end - begin))) if end > begin else 1.0
        return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share

    def heading(self, metres: float) -> float:
        """Radians, forwards."""
        part = self._part(metres)
        (x0, y0), (x1, y1) = self.corners[part], self.corners[part + 1]
        return math.atan2(y1 - y0, x1 - x0)

    def _part(self, metres: float) -> int:
        return min(max(bisect_right(self.marks, metres) - 1, 0), len(self.corners) - 2)
