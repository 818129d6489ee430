"""Makes the events of a scenario happen at their times. Clerks and cleaners need no script: theirs is known from the start."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from vigil.sim.desk import Desk
from vigil.sim.events import (
    Closing,
    Event,
    Hold,
    LeanOver,
    NewArrivals,
    NewService,
    Release,
    Rush,
    Unserved,
)
from vigil.sim.public import Public
from vigil.sim.route import Route
from vigil.sim.scenario import Scenario
from vigil.sim.sitter import WaitingArea
from vigil.sim.world import HallPlan

CORNERS_S: Final = 0.4
"""A walk takes so much longer than its length says: at each corner the rest of a step is lost."""

Entry = tuple[float, Event | None]
"""When something is to happen, and what; None: the hall opens."""


class Script:
    """What is still to come, the next last."""

    def __init__(
        self,
        plan: HallPlan,
        scenario: Scenario,
        desks: Mapping[int, Desk],
        public: Public,
        seats: WaitingArea,
    ) -> None:
        self._plan, self._desks, self._public, self._seats = plan, desks, public, seats
        entries: list[Entry] = [(event.at_s - self._lead_s(event), event) for event in scenario.events]
        closings = [event for event in scenario.events if isinstance(event, Closing)]
        entries += [(closing.until_s, None) for closing in closings if closing.until_s is not None]
        for index, rate in enumerate(scenario.arrivals):
            begin = rate.from_s if index else -math.inf
            entries.append((begin, NewArrivals(at_s=begin, per_min=rate.per_min)))
        self._entries = sorted(entries, key=lambda entry: entry[0], reverse=True)

    def step(self, t: float) -> None:
        while self._entries and self._entries[-1][0] <= t:
            self._do(self._entries.pop()[1], t)

    def _do(self, event: Event | None, t: float) -> None:
        match event:
            case None:
                self._public.door.closed = self._seats.closed = False
            case Closing():
                self._public.close(t)
                self._seats.close(t)
            case NewArrivals():
                self._public.door.per_min = event.per_min
            case NewService():
                for desk in self._about(event.window):
                    desk.service_s = event.seconds
            case Hold() | Release():
                self._public.held = isinstance(event, Hold)
            case Rush():
                self._public.rush(event)
            case Unserved():
                self._send(event, t)
            case LeanOver():
                self._lean(event, t)

    def _about(self, window: int | None) -> list[Desk]:
        return [desk for number, desk in self._desks.items() if window in (None, number)]

    def _send(self, event: Unserved, t: float) -> None:
        desk, until_s = self._desks[event.window], event.at_s + event.stay_s
        present = self._public.at_desk(desk)
        if present is None:
            self._public.come_to(desk, event, t, until_s)
        else:
            present.stay(until_s)

    def _lean(self, event: LeanOver, t: float) -> None:
        desk = self._desks[event.window]
        visitor = self._public.at_desk(desk) or self._public.come_to(desk, event, t, event.until_s)
        visitor.lean((event.at_s, event.until_s))

    def _lead_s(self, event: Event) -> float:
        """So long before its time an event begins, because somebody has to walk from the door to the window."""
        if not isinstance(event, Unserved | LeanOver):
            return 0.0
        spot = self._desks[event.window].plan.spot
        way = Route([self._plan.doors.entrance, self._plan.paths.to_window, spot])
        return way.length / self._public.temper_of(event).speed + CORNERS_S
