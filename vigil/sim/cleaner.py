"""A cleaner: comes in by the staff door, walks behind all clerks to the far end and back. Staffs no window."""

from __future__ import annotations

import math
from typing import Final

from vigil.model.truth import PersonRole
from vigil.sim.events import Cleaning
from vigil.sim.figures import Figure, Pose
from vigil.sim.route import Route
from vigil.sim.walker import frame_of
from vigil.sim.world import HallPlan

SPEED: Final = 0.9
"""Metres per second."""

_LANE_M: Final = 0.05
"""Nearer to the wall than the middle of the aisle."""


class Cleaner:
    """Where the cleaner is follows from the time alone. In the hall from `from_s` to `until_s`."""

    def __init__(self, number: int, look: str, plan: HallPlan, event: Cleaning) -> None:
        self._id, self._look = number, look
        self._route, self._pause = _round(plan, event.window)
        self._pause_s = event.pause_s if event.window is not None else 0.0
        self.from_s = event.at_s
        self.until_s = event.at_s + self._route.length / SPEED + self._pause_s

    def figure(self, t: float) -> Figure | None:
        """None for one who is not in the hall."""
        if not self.from_s <= t < self.until_s:
            return None
        walked = SPEED * (t - self.from_s)
        after = walked - SPEED * self._pause_s
        metres = max(min(walked, self._pause), after)
        pausing = after < self._pause <= walked
        return Figure(
            id=self._id,
            look=self._look,
            role=PersonRole.CLEANER,
            pose=Pose.STAND if pausing else Pose.WALK,
            frame=0 if pausing else frame_of(metres),
            place=self._route.at(metres),
            heading=-math.pi / 2 if pausing else self._route.heading(metres),
        )


def _round(plan: HallPlan, pause_behind: int | None) -> tuple[Route, float]:
    """The way there and back, and how many metres along it the pause is."""
    aisle_y = plan.paths.aisle_y + _LANE_M
    gate = (plan.paths.staff_gate[0], aisle_y)
    far_x = max((window.seat[0] for window in plan.windows), key=lambda x: abs(x - gate[0]))
    route = Route([plan.doors.staff, gate, (far_x, aisle_y), gate, plan.doors.staff])
    behind = next((window.seat[0] for window in plan.windows if window.id == pause_behind), far_x)
    return route, route.marks[1] + abs(behind - gate[0])
