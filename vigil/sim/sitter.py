"""People on the chairs of the waiting area: they sit for a while, go, and others come. They neither queue nor are served."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import numpy as np

from vigil.model.truth import PersonRole
from vigil.sim.events import Range
from vigil.sim.figures import Figure, Pose
from vigil.sim.looks import LookBag
from vigil.sim.walker import Bearing, Walker
from vigil.sim.world import HallPlan, Place

SITS_S: Final[Range] = (300, 2400)
EMPTY_S: Final[Range] = (20, 240)
"""How long a chair stays empty before the next one comes."""
SPEED: Final = 1.05


class Stage(StrEnum):
    COMING = "coming"
    SITTING = "sitting"
    GOING = "going"
    GONE = "gone"


class Sitter(Walker):
    """On the way to one chair, on it, or on the way out."""

    def __init__(
        self, number: int, look: str, chair: Place, plan: HallPlan, leaves_s: float, rng: np.random.Generator
    ) -> None:
        side = -1 if plan.mirrored else 1
        super().__init__(number, look, plan.doors.entrance, math.pi if side > 0 else 0.0, SPEED, rng)
        self.chair, self.stage = chair, Stage.COMING
        self.leaves_s = leaves_s
        self._seat, self._before = (chair[0] - 0.02 * side, chair[1]), (chair[0] - 0.5 * side, chair[1])
        self._path = [self._before, self._seat]
        self._exit = plan.doors.exit
        self._bearing = Bearing((Pose.CHAIR,), self.heading, (60, 60))

    def sit(self, t: float) -> None:
        """Has been on the chair for a while."""
        self.place = self.prev = self._seat
        self.stage = Stage.SITTING
        self.stand(t, self._bearing)

    def step(self, t: float) -> None:
        if self.stage is Stage.SITTING:
            self.stand(t, self._bearing)
        elif self.walk(self._path[0], self.speed):
            del self._path[0]
            if not self._path:
                self.stage = Stage.SITTING if self.stage is Stage.COMING else Stage.GONE
        if t >= self.leaves_s and self.stage is Stage.SITTING:
            self.stage, self._path = Stage.GOING, [self._before, self._exit]

    def figure(self, share: float) -> Figure:
        """`share` (0..1) of the last step."""
        role = PersonRole.SEATED if self.stage is Stage.SITTING else PersonRole.VISITOR
        return Figure(self.id, self.look, role, self.pose, self.frame, self.between(share), self.heading)


class WaitingArea:
    """Keeps `seated` chairs in use. Closed, it empties."""

    def __init__(
        self,
        plan: HallPlan,
        seated: int,
        looks: LookBag,
        new_id: Callable[[], int],
        rng: np.random.Generator,
    ) -> None:
        self.sitters: list[Sitter] = []
        self.closed = False
        self._plan, self._looks, self._new_id, self._rng = plan, looks, new_id, rng
        self._due_s = [-math.inf] * seated
        """When the next one comes, for each chair in use that is empty."""

    def fill(self, t: float) -> None:
        """Those who sit there when the scene is first looked at, if the hall is open."""
        while self._due_s and not self.closed:
            self._due_s.pop()
            self._add(t).sit(t)

    def close(self, t: float) -> None:
        self.closed = True
        for sitter in self.sitters:
            sitter.leaves_s = min(sitter.leaves_s, t + self._rng.uniform(0, 60))

    def remember(self) -> None:
        """Where everybody is before the next step."""
        for sitter in self.sitters:
            sitter.prev = sitter.place

    def step(self, t: float) -> None:
        for sitter in self.sitters:
            sitter.step(t)
        if any(sitter.stage is Stage.GONE for sitter in self.sitters):
            staying = [sitter for sitter in self.sitters if sitter.stage is not Stage.GONE]
            self._due_s += [t + self._rng.uniform(*EMPTY_S) for _ in range(len(self.sitters) - len(staying))]
            self.sitters = staying
        if self._due_s and not self.closed and min(self._due_s) <= t:
            self._due_s.remove(min(self._due_s))
            self._add(t)

    def figures(self, share: float) -> Iterator[Figure]:
        return (sitter.figure(share) for sitter in self.sitters)

    def _add(self, t: float) -> Sitter:
        taken = {sitter.chair for sitter in self.sitters}
        free = [chair for chair in self._plan.chairs if chair not in taken]
        chair = free[int(self._rng.random() * len(free))]
        leaves_s = t + self._rng.uniform(*SITS_S)
        sitter = Sitter(self._new_id(), self._looks.pick(), chair, self._plan, leaves_s, self._rng)
        self.sitters.append(sitter)
        return sitter
