"""A window as its visitors find it: staffed or not, taken or free, and how long a service takes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vigil.sim.clerk import Clerk
from vigil.sim.events import Range
from vigil.sim.world import WindowPlan


class Desk:
    """`present`: a clerk is at the window after the last step. Taken from the call to the visitor's last step away.

    `busy`: whoever has it is to be served, so that a clerk who wants to leave finishes first.
    """

    def __init__(self, plan: WindowPlan, clerks: Sequence[Clerk], service_s: Range) -> None:
        self.plan, self.clerks, self.service_s = plan, tuple(clerks), service_s
        self.present = self.taken = self.busy = False
        self.free_since_s = -math.inf

    def step(self, t: float) -> None:
        for clerk in self.clerks:
            clerk.step(t, self.busy)
        self.present = any(clerk.here(self.plan, 1.0) for clerk in self.clerks)

    def calls(self, t: float) -> bool:
        """Whether the next of the queue is called to this window now."""
        return not self.taken and any(clerk.ready(t) for clerk in self.clerks)

    def take(self, busy: bool) -> None:
        self.taken, self.busy = True, busy

    def free(self, t: float) -> None:
        self.taken = self.busy = False
        self.free_since_s = t
