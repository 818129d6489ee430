"""A visitor: comes in, waits in the lane, is called to a window, is served and leaves; and whoever came along."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from vigil.model.truth import PersonRole, VisitTruth
from vigil.sim.desk import Desk
from vigil.sim.events import Range, Span
from vigil.sim.figures import Figure, Pose
from vigil.sim.lane import Lane
from vigil.sim.route import distance
from vigil.sim.walker import DT, Bearing, Walker
from vigil.sim.world import HallPlan, Place, window_id

JOINED_M: Final = 0.7
"""Whoever is so close to the end of the queue has joined it."""
EDGE_Y: Final = -0.12
"""Where the feet are of one who leans over the counter."""

_QUEUE_POSES: Final = (Pose.STAND, Pose.STAND, Pose.STAND_B, Pose.PHONE)
_TO_COUNTER: Final = math.pi / 2
_SERVED: Final = Bearing((Pose.LEAN, Pose.LEAN, Pose.STAND, Pose.STAND_B), _TO_COUNTER, (6, 20))
_LEANING: Final = Bearing((Pose.LEAN,), _TO_COUNTER, (6, 20))
_BESIDE: Final = Bearing((Pose.STAND, Pose.STAND_B, Pose.PHONE), _TO_COUNTER, (6, 20))
_NEVER: Final[Span] = (math.inf, -math.inf)


class Stage(StrEnum):
    ENTERING = "entering"
    QUEUE = "queue"
    TO_WINDOW = "to-window"
    SERVICE = "service"
    LEAVING = "leaving"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Floor:
    """What visitors walk in."""

    hall: str
    plan: HallPlan
    lane: Lane

    @property
    def side(self) -> int:
        """1 where entrance and exit are towards +x, -1 where the hall is mirrored."""
        return -1 if self.plan.mirrored else 1


@dataclass(frozen=True, slots=True)
class Temper:
    """What kind of visitor. The last five are drawn evenly from 0..1 and say where between lowest and highest."""

    speed: float
    """Metres per second."""
    spread: Place
    """Metres off the middle of a place in the lane."""
    turn: float
    """Radians off the direction of the lane."""
    patience: float
    alone: float
    service: float
    haste: float
    company: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Temper:
        speed, across, along, turn, *shares = (float(value) for value in rng.random(9))
        spread = (across * 0.16 - 0.08, along * 0.16 - 0.08)
        return cls(0.9 + speed * 0.4, spread, turn * 0.7 - 0.35, *shares)


def within(limits: Range, share: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * share


class Visitor(Walker):
    """`stage`, and the times of the visit: None for what has not happened. `settled`: stands still in the lane."""

    def __init__(
        self, number: int, look: str, floor: Floor, temper: Temper, t: float, rng: np.random.Generator
    ) -> None:
        heading = math.pi if floor.side > 0 else 0.0
        super().__init__(number, look, floor.plan.doors.entrance, heading, temper.speed, rng)
        self.temper = temper
        self.stage, self.settled = Stage.ENTERING, False
        self.entered_s = t
        self.joined_s: float | None = None
        self.called_s: float | None = None
        self.served_s: float | None = None
        self.left_s: float | None = None
        self.desk: Desk | None = None
        self._floor = floor
        self._path: list[Place] = []
        self._gives_up_s = self._patience_s = self._alone_limit_s = math.inf
        self._service_s = self._alone_s = 0.0
        self._stay_until_s: float | None = None
        self._lean = _NEVER
        self._waiting = Bearing(_QUEUE_POSES, floor.lane.heading + temper.turn, (5, 18))

    def grow_tired(self, patience_s: Range | None, alone_s: Range) -> None:
        """Sets how long this visitor waits in the queue, and at a window that has no clerk."""
        if patience_s is not None:
            self._patience_s = within(patience_s, self.temper.patience)
        self._alone_limit_s = within(alone_s, self.temper.alone)

    def call(self, desk: Desk, t: float) -> None:
        """From the head of the lane to the window."""
        self.called_s = t
        self._take(desk, [desk.plan.spot], busy=True)

    def come(self, desk: Desk, until_s: float) -> None:
        """From the door to the window, past the queue, to stay until then."""
        self._stay_until_s = until_s
        self._take(desk, [self._floor.plan.paths.to_window, desk.plan.spot], busy=False)

    def stay(self, until_s: float) -> None:
        """Stays at the window until then, whatever happens."""
        self._stay_until_s = max(until_s, self._stay_until_s or until_s)
        if self.desk is not None:
            self.desk.busy = False

    def lean(self, span: Span) -> None:
        """Leans over the counter for that time, and does not leave before its end."""
        self._lean = span

    def go_home(self, t: float) -> None:
        """The hall closes: whoever is not being served leaves within a minute."""
        self._gives_up_s = min(self._gives_up_s, t + 60 * self.temper.haste)
        self._alone_limit_s = min(self._alone_limit_s, 10 + 30 * self.temper.haste)

    def step(self, t: float) -> None:
        match self.stage:
            case Stage.ENTERING:
                self._enter(t)
            case Stage.QUEUE:
                self._queue(t)
            case Stage.TO_WINDOW:
                self._approach()
            case Stage.SERVICE:
                self._be_served(t)
            case Stage.LEAVING:
                if self._follow():
                    self.stage, self.left_s = Stage.GONE, t
            case Stage.GONE:
                pass

    def beside(self) -> Place:
        """Where somebody stands who came along."""
        if self.stage is Stage.SERVICE and self.desk is not None:
            x, y = self.desk.plan.spot
            return x + 0.5 * self._floor.side, y - 0.12
        return self._floor.lane.aside(self.place, 0.45)

    def visit(self) -> VisitTruth:
        return VisitTruth(
            id=self.id,
            entered_s=self.entered_s,
            joined_s=self.joined_s,
            called_s=self.called_s,
            served_s=self.served_s,
            left_s=self.left_s,
            window=None if self.desk is None else window_id(self._floor.hall, self.desk.plan.id),
        )

    def figure(self, share: float) -> Figure:
        """`share` (0..1) of the last step."""
        at_window = self.stage is Stage.SERVICE and self.desk is not None
        return Figure(
            id=self.id,
            look=self.look,
            role=PersonRole.VISITOR,
            pose=self.pose,
            frame=self.frame,
            place=self.between(share),
            heading=self.heading,
            window=self.desk.plan.id if at_window and self.desk is not None else None,
            in_queue=self.stage is Stage.QUEUE,
        )

    def _enter(self, t: float) -> None:
        lane = self._floor.lane
        end = self._own_place(len(lane))
        self.walk(end, self.speed)
        if distance(self.place, end) < JOINED_M:
            lane.waiting.append(self.id)
            self.stage, self.joined_s = Stage.QUEUE, t
            self._gives_up_s = min(self._gives_up_s, t + self._patience_s)
        elif t >= self._gives_up_s:
            self._leave([])

    def _queue(self, t: float) -> None:
        lane = self._floor.lane
        self.settled = self.walk(self._own_place(lane.waiting.index(self.id)), 0.7 * self.speed)
        if self.settled:
            self.stand(t, self._waiting)
        if t >= self._gives_up_s:
            lane.waiting.remove(self.id)
            self._leave([lane.aside(self.place, 0.6), self._floor.plan.paths.to_exit])

    def _own_place(self, index: int) -> Place:
        (x, y), (dx, dy) = self._floor.lane.place(index), self.temper.spread
        return x + dx, y + dy

    def _take(self, desk: Desk, path: list[Place], *, busy: bool) -> None:
        desk.take(busy)
        self.desk, self._path, self.stage = desk, path, Stage.TO_WINDOW

    def _approach(self) -> None:
        if self._follow() and self.desk is not None:
            self.stage = Stage.SERVICE
            self._service_s = within(self.desk.service_s, self.temper.service)

    def _be_served(self, t: float) -> None:
        if self.desk is None:
            return
        leaning, (x, y) = self._lean[0] <= t < self._lean[1], self.desk.plan.spot
        if self.walk((x, EDGE_Y if leaning else y), 0.5 * self.speed):
            self.stand(t, _LEANING if leaning else _SERVED)
        if self.desk.present:
            self.served_s = t if self.served_s is None else self.served_s
            self._service_s -= DT
            self._alone_s = 0.0
        else:
            self._alone_s += DT
        if self._is_done(t):
            self.desk.free(t)
            x, y = self.place
            self._leave([(x + 0.25 * self._floor.side, -1.05), self._floor.plan.paths.to_exit])

    def _is_done(self, t: float) -> bool:
        if t < self._lean[1]:
            return False
        if self._stay_until_s is not None:
            return t >= self._stay_until_s
        return self._service_s <= 0 or self._alone_s >= self._alone_limit_s

    def _leave(self, path: list[Place]) -> None:
        self.stage = Stage.LEAVING
        self._path = [*path, self._floor.plan.doors.exit]

    def _follow(self) -> bool:
        """One step along the path. True at its end."""
        if self.walk(self._path[0], self.speed):
            del self._path[0]
        return not self._path


class Companion(Walker):
    """Came along with a visitor and stands beside. Does not wait, is not served."""

    def __init__(self, number: int, look: str, leader: Visitor, way_out: Place, rng: np.random.Generator) -> None:
        super().__init__(number, look, leader.place, leader.heading, 1.2 * leader.speed, rng)
        self.leader, self.gone = leader, False
        self._way_out = way_out

    def step(self, t: float) -> None:
        if self.leader.stage is Stage.GONE:
            self.gone = self.walk(self._way_out, self.speed)
        elif self.walk(self.leader.beside(), self.speed):
            self.stand(t, _BESIDE)

    def figure(self, share: float) -> Figure:
        """`share` (0..1) of the last step."""
        place = self.between(share)
        return Figure(self.id, self.look, PersonRole.VISITOR, self.pose, self.frame, place, self.heading)
