"""Who sits at which window when: a scenario's shifts, breaks and handovers as the clerks and their outings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from vigil.sim.clerk import Clerk, Outing, StaffWay, staff_way
from vigil.sim.events import Break, Handover, Span, StandAway, StepAside
from vigil.sim.scenario import Scenario
from vigil.sim.world import HallPlan, WindowPlan

FINISH_S: Final = 120.0
"""For so long after the end of a shift a clerk goes on with somebody who is being served."""

_LANE_M: Final = 0.12
_ALWAYS: Final[Span] = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Tenure:
    """One person's time at a window, between handovers."""

    window: WindowPlan
    turn: int
    """0 for the first person at this window."""
    span: Span


def clerks_of(
    plan: HallPlan,
    scenario: Scenario,
    windows: Sequence[WindowPlan],
    looks: Sequence[str],
    new_id: Callable[[], int],
    rng_of: Callable[[int, int], np.random.Generator],
) -> list[Clerk]:
    """All clerks of the scene. `looks` are shuffled; `rng_of` gives window and turn a generator of their own."""
    clerks = []
    for tenure, look in _with_looks([one for window in windows for one in _tenures(scenario, window)], looks):
        window, turn = tenure.window, tenure.turn
        way = staff_way(plan, window, _LANE_M if turn % 2 else -_LANE_M)
        outings = list(_outings(scenario, tenure, way))
        clerks.append(Clerk(new_id(), look, window.id, way, plan.lift, outings, rng_of(window.id, turn)))
    return clerks


def spans_of(scenario: Scenario, window: int) -> tuple[Span, ...]:
    """When a clerk is meant to be at the window."""
    return next((shifts.spans for shifts in scenario.shifts if shifts.window == window), (_ALWAYS,))


def _tenures(scenario: Scenario, window: WindowPlan) -> Iterator[Tenure]:
    mine = [event for event in scenario.events if isinstance(event, Handover) and event.window == window.id]
    begin = -math.inf
    for turn, handover in enumerate(sorted(mine, key=lambda event: event.at_s)):
        yield Tenure(window, turn, (begin, handover.at_s))
        begin = handover.at_s + handover.gap_s
    yield Tenure(window, len(mine), (begin, math.inf))


def _with_looks(tenures: list[Tenure], looks: Sequence[str]) -> Iterator[tuple[Tenure, str]]:
    """First turns first, so that the clerks of one time look different; nobody looks like the one relieved."""
    following = 0
    last: dict[int, str] = {}
    given: dict[tuple[int, int], str] = {}
    for tenure in sorted(tenures, key=lambda one: one.turn):
        window = tenure.window.id
        if last.get(window) == looks[following % len(looks)]:
            following += 1
        last[window] = given[window, tenure.turn] = looks[following % len(looks)]
        following += 1
    for tenure in tenures:
        yield tenure, given[tenure.window.id, tenure.turn]


def _outings(scenario: Scenario, tenure: Tenure, way: StaffWay) -> Iterator[Outing]:
    begin, end = tenure.span
    if begin > -math.inf:
        yield Outing(-math.inf, begin, way.out)
    if end < math.inf:
        yield Outing(end, math.inf, way.out)
    window = tenure.window.id
    edges = (-math.inf, *(edge for span in spans_of(scenario, window) for edge in span), math.inf)
    for off_s, on_s in list(pairwise(edges))[::2]:
        if off_s < on_s:
            yield Outing(off_s, on_s, way.out, FINISH_S)
    for event in scenario.events:
        if isinstance(event, Break | StepAside | StandAway) and event.window == window and begin <= event.at_s < end:
            yield _outing(event, way)


def _outing(event: Break | StepAside | StandAway, way: StaffWay) -> Outing:
    until_s = math.inf if event.until_s is None else event.until_s
    match event:
        case Break():
            return Outing(event.at_s, until_s, way.out, event.finish_s)
        case StandAway():
            return Outing(event.at_s, until_s, way.aisle)
        case StepAside():
            return Outing(event.at_s, until_s, way.beside)
