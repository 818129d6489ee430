"""Draws what a scenario leaves to chance, from a seed: lunch and routine become shifts, events and faults with times.

The same scenario and seed give the same. Each kind of event has a generator of its own, so that a rate changes only its own kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from vigil.model.truth import PictureFault
from vigil.sim import events
from vigil.sim.chance import Chance, Concern
from vigil.sim.events import Break, Cleaning, Closing, Event, Handover, LeanOver, Range, Span, StepAside, Unserved
from vigil.sim.roster import spans_of
from vigil.sim.scenario import FaultEvent, Routine, Scenario, Shifts

APART_S: Final = 30.0
"""What is drawn keeps so far from the edges of shifts, and from what happens at the same window."""
FINISH_S: Final = 90.0
"""For so long a clerk puts off a break to finish with a visitor."""
LEAVE_S: Final[Range] = (5, 60)
"""So long before lunch begins a clerk leaves."""
BACK_S: Final[Range] = (5, 90)
"""So long before lunch ends a clerk is back."""

_HOUR_S: Final = 3600.0
_DAY_S: Final = 7 * _HOUR_S


def expand(scenario: Scenario, seed: int) -> Scenario:
    """The scenario without lunch and routine: all that they mean stands among its shifts, events and faults.

    What finds no room where it was drawn is left out, so that in a full day a rate is somewhat less than it says.
    """
    chance = Chance(seed)
    if scenario.lunch is not None:
        scenario = _with_lunch(scenario, scenario.lunch, chance)
    if scenario.routine is not None:
        scenario = _Draw(scenario, scenario.routine, chance).all()
    return scenario


def _with_lunch(scenario: Scenario, lunch: Span, chance: Chance) -> Scenario:
    begin, end = lunch
    shifts = []
    for window in scenario.windows:
        rng = chance.of(Concern.LUNCH, window)
        hole = begin - _draw(rng, LEAVE_S), end - _draw(rng, BACK_S)
        shifts.append(Shifts(window, tuple(_without(spans_of(scenario, window), hole))))
    closing = Closing(at_s=begin, until_s=end)
    return replace(scenario, lunch=None, shifts=tuple(shifts), events=(*scenario.events, closing))


def _without(spans: Iterable[Span], hole: Span) -> Iterator[Span]:
    for begin, end in spans:
        for part in ((begin, min(end, hole[0])), (max(begin, hole[1]), end)):
            if part[0] < part[1]:
                yield part


class _Draw:
    """One drawing. `_busy` holds, by window, when something happens there already."""

    def __init__(self, scenario: Scenario, routine: Routine, chance: Chance) -> None:
        self._scenario, self._routine, self._chance = scenario, routine, chance
        self._duty = {window: list(self._on_duty(window)) for window in scenario.windows}
        self._events: list[Event] = list(scenario.events)
        self._busy: dict[int, list[Span]] = {window: [] for window in scenario.windows}
        for event in scenario.events:
            self._occupy(event)

    def all(self) -> Scenario:
        # In this order: what comes first takes the room that the next must leave.
        for found in (
            self._breaks(),
            self._handovers(),
            self._unserved(),
            self._step_asides(),
            self._lean_overs(),
            self._cleaners(),
        ):
            for event in found:
                self._events.append(event)
                self._occupy(event)
        faults = (*self._scenario.faults, *self._faults())
        in_order = tuple(sorted(self._events, key=lambda event: event.at_s))
        return replace(self._scenario, routine=None, events=in_order, faults=faults)

    def _breaks(self) -> Iterator[Break]:
        routine = self._routine
        rngs = {window: self._chance.of(Concern.BREAKS, window) for window in self._duty}
        drawn: list[Break] = []
        for window, rng in rngs.items():
            for at_s in self._times(rng, self._duty[window], routine.breaks_per_hour / _HOUR_S):
                length = _draw(rng, routine.long_s if rng.random() < routine.long_share else routine.short_s)
                drawn.append(Break(at_s=at_s, until_s=round(at_s + length, 1), window=window, finish_s=FINISH_S))
        for one in sorted(drawn, key=lambda event: event.at_s):
            span = (one.at_s, one.until_s or math.inf)
            if self._fits(one.window, span) and self._may_leave(span):
                yield one

    def _may_leave(self, span: Span) -> bool:
        most = len(self._duty) - 1 if self._routine.most_away is None else self._routine.most_away
        away = [
            (event.at_s, event.until_s or math.inf)
            for event in self._events
            if isinstance(event, Break) and event.at_s < span[1] and (event.until_s or math.inf) > span[0]
        ]
        # Those away at once are most when one of them, or the new one, has just left.
        moments = [span[0], *(begin for begin, _ in away if begin > span[0])]
        return all(sum(begin <= moment < end for begin, end in away) < most for moment in moments)

    def _handovers(self) -> Iterator[Handover]:
        for window, spans in self._duty.items():
            rng = self._chance.of(Concern.HANDOVERS, window)
            for at_s in self._times(rng, spans, self._routine.handovers_per_day / _DAY_S):
                gap_s = _draw(rng, self._routine.handover_gap_s)
                if self._fits(window, (at_s, at_s + gap_s)):
                    yield Handover(at_s=at_s, window=window, gap_s=gap_s)

    def _unserved(self) -> Iterator[Unserved]:
        """In long breaks alone: a visitor who waits through a short one is soon served."""
        rng = self._chance.of(Concern.UNSERVED)
        wanted = int(rng.poisson(self._routine.unserved_per_hour * self._scenario.seconds / _HOUR_S))
        breaks = [event for event in self._events if isinstance(event, Break) and self._is_long(event)]
        for index in sorted(int(index) for index in rng.permutation(len(breaks))[:wanted]):
            begin, end = breaks[index].at_s + APART_S, (breaks[index].until_s or math.inf) - APART_S
            stay_s = round(min(_draw(rng, self._routine.unserved_stay_s), end - begin), 1)
            at_s = _draw(rng, (begin, min(end, self._scenario.seconds) - stay_s))
            yield Unserved(at_s=at_s, window=breaks[index].window, stay_s=stay_s)

    def _is_long(self, event: Break) -> bool:
        length = (event.until_s or math.inf) - event.at_s
        return length >= max(self._routine.long_s[0], 3 * APART_S)

    def _step_asides(self) -> Iterator[StepAside]:
        for window, spans in self._duty.items():
            rng = self._chance.of(Concern.STEP_ASIDES, window)
            for at_s in self._times(rng, spans, self._routine.step_asides_per_hour / _HOUR_S):
                until_s = round(at_s + _draw(rng, self._routine.step_aside_s), 1)
                if self._fits(window, (at_s, until_s)):
                    yield StepAside(at_s=at_s, until_s=until_s, window=window)

    def _lean_overs(self) -> Iterator[LeanOver]:
        rng = self._chance.of(Concern.LEAN_OVERS)
        for at_s in self._times(rng, self._open(), self._routine.lean_overs_per_hour / _HOUR_S):
            window = int(rng.choice(self._scenario.windows))
            until_s = round(at_s + _draw(rng, self._routine.lean_over_s), 1)
            if self._fits(window, (at_s, until_s)):
                yield LeanOver(at_s=at_s, until_s=until_s, window=window)

    def _cleaners(self) -> Iterator[Cleaning]:
        rng = self._chance.of(Concern.CLEANERS)
        for at_s in self._times(rng, self._open(), self._routine.cleaners_per_hour / _HOUR_S):
            window, pause_s = int(rng.choice(self._scenario.windows)), _draw(rng, self._routine.cleaner_pause_s)
            yield Cleaning(at_s=at_s, window=window, pause_s=pause_s)

    def _faults(self) -> Iterator[FaultEvent]:
        rng, routine = self._chance.of(Concern.FAULTS), self._routine
        taken = [(fault.from_s, fault.to_s) for fault in self._scenario.faults]
        for at_s in self._times(rng, self._open(), routine.faults_per_day / _DAY_S):
            to_s = min(round(at_s + _draw(rng, routine.fault_s), 1), self._scenario.seconds)
            fault = PictureFault(routine.faults[int(rng.integers(len(routine.faults)))])
            camera = str(rng.choice(routine.fault_cameras)) if routine.fault_cameras else None
            if _is_free(taken, (at_s, to_s)):
                taken.append((at_s, to_s))
                yield FaultEvent(fault, at_s, to_s, camera)

    def _on_duty(self, window: int) -> Iterator[Span]:
        """The shifts within the scene, APART_S from their edges."""
        for begin, end in spans_of(self._scenario, window):
            span = max(begin, 0.0) + APART_S, min(end, self._scenario.seconds) - APART_S
            if span[0] < span[1]:
                yield span

    def _open(self) -> list[Span]:
        """When anybody is on duty, joined."""
        joined: list[Span] = []
        for begin, end in sorted(span for spans in self._duty.values() for span in spans):
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((begin, end))
        return joined

    def _times(self, rng: np.random.Generator, spans: list[Span], rate: float) -> Iterator[float]:
        """A Poisson process of `rate` events a second, within the spans alone."""
        if rate <= 0:
            return
        for begin, end in spans:
            at_s = begin + rng.exponential(1 / rate)
            while at_s < end:
                yield round(at_s, 1)
                at_s += rng.exponential(1 / rate)

    def _fits(self, window: int, span: Span) -> bool:
        """Whether the window's clerk is on duty all the time, and nothing else happens there."""
        on_duty = any(begin <= span[0] and span[1] <= end for begin, end in self._duty[window])
        return on_duty and _is_free(self._busy[window], span)

    def _occupy(self, event: Event) -> None:
        window, end = events.window(event), events.until(event)
        if window in self._busy:
            self._busy[window].append((event.at_s, math.inf if end is None else end))


def _is_free(taken: Iterable[Span], span: Span) -> bool:
    return all(span[1] + APART_S <= begin or end + APART_S <= span[0] for begin, end in taken)


def _draw(rng: np.random.Generator, limits: Range) -> float:
    """To a tenth of a second, the step of the simulation."""
    return round(float(rng.uniform(*limits)), 1)
