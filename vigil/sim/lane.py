"""The lane in which visitors wait: who has which place. First come, first served; people are known by their ids."""

from __future__ import annotations

import math

from vigil.sim.world import Place, QueuePlan


class Lane:
    """`waiting` are those who have joined, the head first. `heading` is theirs: towards the head."""

    def __init__(self, plan: QueuePlan) -> None:
        self.waiting: list[int] = []
        self.places = plan.places
        self.heading = math.atan2(-plan.direction[1], -plan.direction[0])
        self._head = plan.head
        self._next = plan.direction[0] * plan.step, plan.direction[1] * plan.step
        x, y = plan.direction
        across = math.copysign(1 / math.hypot(x, y), x)
        self._aside = -y * across, x * across

    def __len__(self) -> int:
        return len(self.waiting)

    def place(self, index: int) -> Place:
        """The middle of a place, metres; 0 is the head's."""
        return self._head[0] + index * self._next[0], self._head[1] + index * self._next[1]

    def aside(self, place: Place, metres: float) -> Place:
        """So far out of the lane, on the counter's side."""
        return place[0] + self._aside[0] * metres, place[1] + self._aside[1] * metres
