"""Somebody on the floor of the hall: how people walk, turn and stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vigil.sim.events import Range
from vigil.sim.figures import Pose
from vigil.sim.route import distance
from vigil.sim.world import Place

DT: Final = 0.1
"""Seconds of a step of the simulation."""
STRIDE_M: Final = 1.35
"""Metres of the four pictures of a walk."""
NEAR_M: Final = 0.02
"""Closer than this is there."""
TURN: Final = 0.5
"""Radians that a person turns in one step at most."""

_FULL: Final = 2 * math.pi


def frame_of(walked: float) -> int:
    """The picture of a walk after so many metres, 0..3."""
    return int(walked / STRIDE_M * 4) % 4


def turned(heading: float, target: float) -> float:
    """The heading one step later."""
    left = (target - heading + math.pi) % _FULL - math.pi
    return target if abs(left) <= TURN else heading + math.copysign(TURN, left)


@dataclass(slots=True)
class Bearing:
    """What somebody who stands or sits does with the time: one pose after another, each for a while of `seconds`."""

    poses: Sequence[Pose]
    heading: float
    seconds: Range


class Walker:
    """`place` is where this person is after the last step, `prev` where before it; `rng` is this person's own."""

    __slots__ = ("_changes_s", "_walked", "frame", "heading", "id", "look", "place", "pose", "prev", "rng", "speed")

    def __init__(
        self, number: int, look: str, place: Place, heading: float, speed: float, rng: np.random.Generator
    ) -> None:
        self.id, self.look, self.rng = number, look, rng
        self.place = self.prev = place
        self.heading, self.speed = heading, speed
        self.pose, self.frame = Pose.STAND, 0
        self._walked, self._changes_s = 0.0, -math.inf

    def walk(self, target: Place, speed: float) -> bool:
        """One step towards the target. True when there. `speed` is in metres per second."""
        far = distance(self.place, target)
        if far <= NEAR_M:
            return True
        (x, y), stride = self.place, min(speed * DT, far)
        self.heading = turned(self.heading, math.atan2(target[1] - y, target[0] - x))
        self.place = (x + (target[0] - x) * stride / far, y + (target[1] - y) * stride / far)
        self._walked += stride
        self.pose, self.frame = Pose.WALK, frame_of(self._walked)
        return far <= speed * DT

    def stand(self, t: float, bearing: Bearing) -> None:
        """One step of staying where one is."""
        if self.heading != bearing.heading:
            self.heading = turned(self.heading, bearing.heading)
        if t >= self._changes_s or self.pose not in bearing.poses:
            low, high = bearing.seconds
            self.pose = bearing.poses[int(self.rng.random() * len(bearing.poses))]
            self.frame = 0
            self._changes_s = t + low + (high - low) * self.rng.random()

    def between(self, share: float) -> Place:
        """The place at a share (0..1) of the last step."""
        (x0, y0), (x1, y1) = self.prev, self.place
        return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
