"""The hall's life, step by step: clerks, visitors and their queue, cleaners. What is seen of it is the cameras' matter."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Final

from vigil.model.truth import Condition, PersonRole, VisitTruth
from vigil.sim.chance import Chance, Concern
from vigil.sim.cleaner import Cleaner
from vigil.sim.conditions import conditions_of
from vigil.sim.desk import Desk
from vigil.sim.events import Cleaning
from vigil.sim.figures import Figure, Moment, WindowState
from vigil.sim.looks import LookBag
from vigil.sim.public import Public
from vigil.sim.roster import clerks_of
from vigil.sim.rules import check_plan
from vigil.sim.scenario import Scenario
from vigil.sim.script import Script
from vigil.sim.sitter import WaitingArea
from vigil.sim.world import HallPlan, WindowPlan

STEPS: Final = 10
"""In a second."""

Looks = Mapping[PersonRole, Sequence[str]]
NewId = Callable[[], int]


class Hall:
    """Times are seconds of the scene. Between two steps places are interpolated; all else is as after the second.

    The same plan, scenario and seed live the same life, however often it is looked at. Not for several threads.
    """

    def __init__(self, plan: HallPlan, scenario: Scenario, seed: int, looks: Looks) -> None:
        """`scenario` is expanded; `looks` names the sprites of clerks, visitors and cleaners. Raises ScenarioError."""
        check_plan(scenario, plan)
        self._plan, self._scenario = plan, scenario
        chance, new_id = Chance(seed), partial(next, count(1))
        visitors = looks.get(PersonRole.VISITOR, ())
        self._desks = _desks(plan, scenario, looks.get(PersonRole.CLERK, ()), chance, new_id)
        self._clerks = [clerk for desk in self._desks.values() for clerk in desk.clerks]
        self._public = Public(plan, scenario, self._desks, visitors, chance, new_id)
        self._seats = WaitingArea(
            plan,
            scenario.seated,
            LookBag(PersonRole.VISITOR, visitors, chance.of(Concern.SEATED_LOOKS)),
            new_id,
            chance.of(Concern.SEATED),
        )
        self._cleaners = _cleaners(plan, scenario, looks.get(PersonRole.CLEANER, ()), chance, new_id)
        self._script = Script(plan, scenario, self._desks, self._public, self._seats)
        self._steps = -round(scenario.warm_up_s * STEPS)
        self._asked_s = 0.0
        self._begin()

    def at(self, t_s: float) -> Moment:
        """The hall at a time of the scene, 0 or more, and never before the time asked last: ValueError."""
        if t_s < self._asked_s:
            raise ValueError(f"the hall was asked for {self._asked_s:g} s, and cannot go back to {t_s:g} s")
        self._asked_s = t_s
        while self._steps < math.ceil(t_s * STEPS - 1e-6):
            self._step()
        share = 1 - (self._steps - t_s * STEPS)
        visits, self._public.ended = tuple(self._public.ended), []
        windows = {window.id: self._state(window, share) for window in self._plan.windows}
        return Moment(t_s, self._figures(t_s, share), windows, len(self._public.lane), visits)

    def conditions(self) -> tuple[tuple[Condition, int | None], ...]:
        """The difficulties of the scene at their nominal times, with the number of the window of each."""
        return conditions_of(self._scenario, self._plan)

    def unfinished(self) -> tuple[VisitTruth, ...]:
        """The visits that have not ended by now, in the order of arrival."""
        return self._public.unfinished()

    def _begin(self) -> None:
        """As it is when the warm-up begins."""
        t = self._steps / STEPS
        self._script.step(t)
        self._seats.fill(t)
        for desk in self._desks.values():
            desk.step(t)

    def _step(self) -> None:
        self._steps += 1
        t = self._steps / STEPS
        self._public.remember()
        self._seats.remember()
        self._script.step(t)
        for desk in self._desks.values():
            desk.step(t)
        self._public.step(t)
        self._seats.step(t)

    def _state(self, window: WindowPlan, share: float) -> WindowState:
        staffed = any(clerk.here(window, share) for clerk in self._clerks)
        return WindowState(staffed, window.id in self._desks and self._public.served_at(self._desks[window.id]))

    def _figures(self, t: float, share: float) -> tuple[Figure, ...]:
        staff = [clerk.figure(share) for clerk in self._clerks] + [cleaner.figure(t) for cleaner in self._cleaners]
        present = [figure for figure in staff if figure is not None]
        return (*present, *self._public.figures(share), *self._seats.figures(share))


def _desks(plan: HallPlan, scenario: Scenario, looks: Sequence[str], chance: Chance, new_id: NewId) -> dict[int, Desk]:
    """The windows that are open."""
    bag = LookBag(PersonRole.CLERK, looks, chance.of(Concern.CLERK_LOOKS))
    shuffled = [bag.pick() for _ in looks]
    windows = [window for window in plan.windows if not scenario.windows or window.id in scenario.windows]
    clerks = clerks_of(plan, scenario, windows, shuffled, new_id, partial(chance.of, Concern.CLERKS))
    service = {one.window: one.seconds for one in scenario.service}
    return {
        window.id: Desk(
            window,
            [clerk for clerk in clerks if clerk.window == window.id],
            service.get(window.id, scenario.service_s),
        )
        for window in windows
    }


def _cleaners(plan: HallPlan, scenario: Scenario, looks: Sequence[str], chance: Chance, new_id: NewId) -> list[Cleaner]:
    events = [event for event in scenario.events if isinstance(event, Cleaning)]
    if not events:
        return []
    bag = LookBag(PersonRole.CLEANER, looks, chance.of(Concern.CLEANER_LOOKS))
    return [Cleaner(new_id(), bag.pick(), plan, event) for event in events]
