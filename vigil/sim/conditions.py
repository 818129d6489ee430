"""What a scenario holds in store for whoever watches the hall, so that figures can be given by condition."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from vigil.model.truth import Condition
from vigil.sim import events
from vigil.sim.cleaner import Cleaner
from vigil.sim.door import APART_S
from vigil.sim.events import Cleaning, Event, Hold, NewArrivals, NewService, Release, Rush, Span
from vigil.sim.scenario import Scenario
from vigil.sim.world import HallPlan, window_id

HELD: Final = "held-queue"
WALK_S: Final = 10.0
"""From the door to the end of the queue, at most."""


def conditions_of(scenario: Scenario, plan: HallPlan) -> tuple[tuple[Condition, int | None], ...]:
    """The events of the hall, named by their `do`, at their nominal times within the scene, and the number of the window.

    Faults and monitors are a picture's, not the hall's: they stand in the scenario.
    """
    ordered = sorted(scenario.events, key=lambda event: event.at_s)
    named: list[tuple[str, Span, int | None]]
    named = [(event.do, _span(event, plan), events.window(event)) for event in ordered if _lasts(event)]
    named += [(HELD, span, None) for span in _held(ordered)]
    found = []
    for name, (begin, end), window in sorted(named, key=lambda one: one[1][0]):
        if end > 0:
            owner = None if window is None else window_id(scenario.hall, window)
            found.append((Condition(name, max(0.0, begin), min(end, scenario.seconds), owner), window))
    return tuple(found)


def _lasts(event: Event) -> bool:
    return not isinstance(event, Hold | Release | NewArrivals | NewService)


def _span(event: Event, plan: HallPlan) -> Span:
    match event:
        case Cleaning():
            end: float | None = Cleaner(0, "", plan, event).until_s
        case Rush():
            end = event.at_s + event.size * APART_S + WALK_S
        case _:
            end = events.until(event)
    return event.at_s, math.inf if end is None else end


def _held(ordered: list[Event]) -> Iterator[Span]:
    begin = None
    for event in ordered:
        if isinstance(event, Hold) and begin is None:
            begin = event.at_s
        elif isinstance(event, Release) and begin is not None:
            yield begin, event.at_s
            begin = None
    if begin is not None:
        yield begin, math.inf
