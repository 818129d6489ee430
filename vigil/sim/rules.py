"""Rules of a scenario between values, and between it and its hall: what a type alone cannot say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING

from vigil.errors import ScenarioError
from vigil.sim import events
from vigil.sim.events import NewService, Range, Rush, Span
from vigil.sim.form import Key
from vigil.sim.world import HallPlan

if TYPE_CHECKING:  # the scenario asks for its own rules
    from vigil.sim.scenario import Routine, Scenario

Broken = Iterator[tuple[Key, str, str]]
"""Key, what is wrong, what would be right."""


def faults_of(scenario: Scenario) -> Broken:
    yield from _ranges(scenario)
    yield from _windows(scenario)
    yield from _times(scenario)
    yield from _arrivals(scenario)
    yield from _shifts(scenario)
    if scenario.routine is not None:
        yield from _routine(scenario.routine)


def _ranges(scenario: Scenario) -> Broken:
    yield from _range(("service_s",), scenario.service_s)
    yield from _range(("alone_s",), scenario.alone_s)
    if scenario.patience_s is not None:
        yield from _range(("patience_s",), scenario.patience_s)
    for index, service in enumerate(scenario.service):
        yield from _range(("service", index, "seconds"), service.seconds)
    for index, event in enumerate(scenario.events):
        if isinstance(event, NewService):
            yield from _range(("events", index, "seconds"), event.seconds)


def _range(key: Key, value: Range) -> Broken:
    low, high = value
    if not 0 <= low <= high:
        yield key, f"[{low:g}, {high:g}] is no range", "The lowest and the highest number of seconds, in this order"


def _windows(scenario: Scenario) -> Broken:
    known = scenario.windows
    if len(set(known)) < len(known):
        yield ("windows",), "a window stands twice", "Name each window once"
    if not known and (scenario.routine is not None or scenario.lunch is not None):
        yield ("windows",), "routine and lunch want to know the windows", "For example windows: [1, 2, 3, 4]"
    for key, window in _named(scenario):
        if known and window not in known:
            yield key, f"window {window} is not open", f"One of {', '.join(map(str, known))}, or add it to windows:"


def _named(scenario: Scenario) -> Iterator[tuple[Key, int]]:
    for index, event in enumerate(scenario.events):
        window = event.window if isinstance(event, events.Cleaning) else events.window(event)
        if window is not None:
            yield ("events", index, "window"), window
    for index, monitor in enumerate(scenario.monitors):
        yield ("monitors", index, "window"), monitor.window
    for index, service in enumerate(scenario.service):
        yield ("service", index, "window"), service.window
    for index, shifts in enumerate(scenario.shifts):
        yield ("shifts", index, "window"), shifts.window


def _times(scenario: Scenario) -> Broken:
    for index, event in enumerate(scenario.events):
        yield from _time(("events", index), "at_s", event.at_s, scenario)
        end = events.until(event)
        if end is not None and end < event.at_s:
            yield ("events", index, "until_s"), f"{end:g} is before at_s ({event.at_s:g})", "A later time"
    for index, fault in enumerate(scenario.faults):
        yield from _picture(("faults", index), (fault.from_s, fault.to_s), scenario)
    for index, monitor in enumerate(scenario.monitors):
        yield from _picture(("monitors", index), (monitor.from_s, monitor.to_s), scenario)


def _picture(key: Key, span: Span, scenario: Scenario) -> Broken:
    begin, end = span
    yield from _time(key, "from_s", begin, scenario)
    if end <= begin:
        yield (*key, "to_s"), f"{end:g} is not after at_s ({begin:g})", "A later time"


def _time(key: Key, name: str, at_s: float, scenario: Scenario) -> Broken:
    first = -scenario.warm_up_s
    if not first <= at_s <= scenario.seconds:
        right = f"From {first:g} (the warm-up) to {scenario.seconds:g}, where the scene ends"
        yield (*key, name), f"{at_s:g} is not within the scene", right


def _arrivals(scenario: Scenario) -> Broken:
    for index, (one, other) in enumerate(pairwise(scenario.arrivals), start=1):
        if other.from_s <= one.from_s:
            what = f"{other.from_s:g} is not after the {one.from_s:g} above it"
            yield ("arrivals", index, "from_s"), what, "List the rates in the order of time"


def _shifts(scenario: Scenario) -> Broken:
    seen: set[int] = set()
    for index, shifts in enumerate(scenario.shifts):
        if shifts.window in seen:
            yield ("shifts", index, "window"), f"window {shifts.window} stands already above", "Join their spans"
        seen.add(shifts.window)
        yield from _spans(("shifts", index, "spans"), shifts.spans)
    if scenario.lunch is not None:
        yield from _spans(("lunch",), [scenario.lunch])


def _spans(key: Key, spans: Iterable[Span]) -> Broken:
    last = None
    for begin, end in spans:
        if end <= begin or (last is not None and begin <= last):
            yield key, f"[{begin:g}, {end:g}] does not follow in time", "Each [from, to] with from before to, in order"
        last = end


def _routine(routine: Routine) -> Broken:
    for field in fields(routine):
        value = getattr(routine, field.name)
        if field.name.endswith("_s"):
            yield from _range(("routine", field.name), value)
    if routine.faults_per_day > 0 and not routine.faults:
        yield ("routine", "faults"), "there is no kind of fault to draw from", "For example faults: [dark, covered]"


def check_plan(scenario: Scenario, plan: HallPlan) -> None:
    """Raises ScenarioError where the hall has no room for the scenario, or routine and lunch are not spelled out yet."""
    broken = list(_unfit(scenario, plan))
    if scenario.routine is not None or scenario.lunch is not None:
        broken.append("routine and lunch are still to be drawn; expand the scenario first")
    if broken:
        raise ScenarioError(f"scenario {scenario.name!r} in hall {scenario.hall!r}: {'; '.join(broken)}")


def _unfit(scenario: Scenario, plan: HallPlan) -> Iterator[str]:
    known = {window.id for window in plan.windows}
    named = {window for _, window in _named(scenario)} | set(scenario.windows)
    for window in sorted(named - known):
        yield f"there is no window {window}, but {', '.join(map(str, sorted(known)))}"
    for event in scenario.events:
        if isinstance(event, Rush) and event.size > plan.queue.places:
            yield f"a queue of {event.size} at {event.at_s:g} s does not fit, the lane has {plan.queue.places} places"
    if scenario.seated > len(plan.chairs):
        yield f"{scenario.seated} people cannot be seated on {len(plan.chairs)} chairs"
    for camera in sorted({fault.camera for fault in scenario.faults if fault.camera is not None} - set(plan.cameras)):
        yield f"there is no camera {camera!r}, but {', '.join(sorted(plan.cameras))}"
