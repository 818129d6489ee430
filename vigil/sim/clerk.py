"""A clerk: on the seat, beside it, in the aisle behind, or out by the staff door.

All these lie on one way from the seat to the door, so that a clerk is a number of metres along it, and what takes one off the
seat is an `Outing`: metres over time, out and back. Several at once give the farthest of them, so nobody jumps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from vigil.model.truth import PersonRole
from vigil.sim.figures import Figure, Pose
from vigil.sim.route import Route
from vigil.sim.walker import DT, Bearing, Walker, frame_of, turned
from vigil.sim.world import HallPlan, WindowPlan

SPEED: Final = 1.15
"""Metres per second."""
LAST_CALL_S: Final = 10.0
"""A clerk who is about to leave calls nobody any more: the walk to the window takes that long."""

_TO_COUNTER: Final = -math.pi / 2
_WORK: Final = Bearing(
    (Pose.CLERK_TYPE, Pose.CLERK_TYPE, Pose.CLERK_DOWN, Pose.CLERK_TURN, Pose.CLERK_TALK), _TO_COUNTER, (3, 9)
)
_WAIT: Final = Bearing((Pose.STAND,), _TO_COUNTER, (5, 10))


@dataclass(slots=True)
class Outing:
    """Off the seat from `from_s` until seated again at `until_s`, and `reach` metres of the way at most.

    A clerk who serves somebody puts it off, for no longer than `finish_s`.
    """

    from_s: float
    until_s: float
    reach: float
    finish_s: float = 0.0
    latest_s: float = 0.0

    def __post_init__(self) -> None:
        self.latest_s = self.from_s + self.finish_s

    def metres(self, t: float) -> float:
        """So far away at time t. Below 0 before and after."""
        return min(SPEED * (t - self.from_s), SPEED * (self.until_s - t), self.reach)


@dataclass(frozen=True, slots=True)
class StaffWay:
    """The way from a seat to the staff door, and how far along it one stands beside the seat and in the aisle."""

    route: Route
    beside: float
    aisle: float

    @property
    def out(self) -> float:
        """Metres to the door; who is so far is not in the hall."""
        return self.route.length


def staff_way(plan: HallPlan, window: WindowPlan, lane: float) -> StaffWay:
    """`lane` moves the way within the aisle (metres), so that clerks who meet pass each other."""
    side = -1 if plan.mirrored else 1
    (x, y), (gate_x, _), aisle_y = window.seat, plan.paths.staff_gate, plan.paths.aisle_y + lane
    corners = [
        (x, y),
        (x + 0.42 * side, y + 0.12),
        (x + 0.45 * side, aisle_y),
        (gate_x, aisle_y),
        plan.doors.staff,
    ]
    route = Route(corners)
    return StaffWay(route, route.marks[1], route.marks[2])


class Clerk:
    """`look` is one person for the whole scene. `away` is in metres along the way, 0 on the seat."""

    def __init__(
        self,
        number: int,
        look: str,
        window: int,
        way: StaffWay,
        lift: float,
        outings: Iterable[Outing],
        rng: np.random.Generator,
    ) -> None:
        self.window = window
        self.away = self._prev = 0.0
        self._way, self._lift = way, lift
        self._outings = sorted(outings, key=lambda outing: outing.from_s)
        self._body = Walker(number, look, way.route.at(0), _TO_COUNTER, SPEED, rng)
        self._settled = False

    def step(self, t: float, busy: bool) -> None:
        """`busy`: there is somebody at the window, or on the way to it, who is to be served."""
        while self._outings and self._outings[0].until_s <= t:
            del self._outings[0]
        self._prev = self.away
        self.away = self._distance(t, busy)
        if not self._settled:
            self._prev, self._settled = self.away, True
        self._move(t)

    def ready(self, t: float) -> bool:
        """Whether this clerk calls somebody now."""
        return self.away == 0 and not (self._outings and self._outings[0].from_s - LAST_CALL_S <= t)

    def here(self, window: WindowPlan, share: float) -> bool:
        """Whether this clerk is within the window's staff area, at a share (0..1) of the last step."""
        away = self._between(share)
        return window.holds(self._way.route.at(away)) if away > 0 else window.id == self.window

    def figure(self, share: float) -> Figure | None:
        """None for one who is out. `share` (0..1) of the last step."""
        away = self._between(share)
        if away >= self._way.out:
            return None
        body = self._body
        return Figure(
            id=body.id,
            look=body.look,
            role=PersonRole.CLERK,
            pose=body.pose,
            frame=body.frame,
            place=self._way.route.at(away),
            heading=body.heading,
            lift=self._raised(away),
            window=self.window,
        )

    def _distance(self, t: float, busy: bool) -> float:
        away = 0.0
        for outing in self._outings:
            if outing.from_s > t:
                break
            if busy and outing.finish_s and t < outing.latest_s:
                outing.from_s = t
            away = max(away, outing.metres(t))
        return away

    def _between(self, share: float) -> float:
        return self._prev + (self.away - self._prev) * share

    def _move(self, t: float) -> None:
        body, moved = self._body, self.away - self._prev
        if abs(moved) > 0.1 * SPEED * DT:
            onward = self._way.route.heading(self.away)
            body.heading = turned(body.heading, onward if moved > 0 else onward + math.pi)
            body.pose, body.frame = Pose.WALK, frame_of(math.copysign(self.away, moved))
        else:
            body.stand(t, _WORK if self.away == 0 else _WAIT)

    def _raised(self, away: float) -> float:
        """Metres: the seat's lift as far as beside it, then down to the floor of the aisle."""
        beside, aisle = self._way.beside, self._way.aisle
        return self._lift * min(1.0, max(0.0, (aisle - away) / (aisle - beside)))
