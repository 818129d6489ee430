from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.sim.scenes import scenario
from vigil.model.truth import PictureFault
from vigil.sim import events
from vigil.sim.events import Break, Cleaning, Closing, Handover, Hold, StepAside, Unserved
from vigil.sim.roster import spans_of
from vigil.sim.routine import APART_S, expand
from vigil.sim.scenario import Routine, Scenario, Shifts

BUSY = Routine(
    breaks_per_hour=6,
    most_away=2,
    handovers_per_day=12,
    step_asides_per_hour=6,
    lean_overs_per_hour=6,
    cleaners_per_hour=4,
    unserved_per_hour=6,
    faults_per_day=30,
)
DAY = scenario(
    seconds=20_000.0,
    windows=(1, 2, 3, 4),
    shifts=(Shifts(1, ((500.0, 19_000.0),)), Shifts(2, ((0.0, 6_000.0), (9_000.0, 19_500.0)))),
    lunch=(7_000.0, 8_500.0),
    events=(Break(at_s=1_000, until_s=1_900, window=3), Hold(at_s=5)),
    routine=BUSY,
)
SEEDS = st.integers(0, 10_000)


def breaks(expanded: Scenario) -> list[Break]:
    return [event for event in expanded.events if isinstance(event, Break)]


def test_what_is_drawn_follows_from_the_seed() -> None:
    assert expand(DAY, 4) == expand(DAY, 4)
    assert expand(DAY, 4) != expand(DAY, 5)


def test_nothing_is_left_to_draw() -> None:
    expanded = expand(DAY, 1)
    assert (expanded.routine, expanded.lunch) == (None, None)
    assert expand(expanded, 2) == expanded


def test_what_was_written_stays() -> None:
    assert set(DAY.events) <= set(expand(DAY, 1).events)


@pytest.mark.parametrize("key", ["handovers_per_day", "step_asides_per_hour", "cleaners_per_hour", "faults_per_day"])
def test_one_rate_does_not_change_the_breaks(key: str) -> None:
    none: dict[str, Any] = {key: 0.0}
    without = replace(DAY, routine=replace(BUSY, **none))
    assert breaks(expand(without, 7)) == breaks(expand(DAY, 7))


@settings(max_examples=15)
@given(SEEDS)
def test_clerks_leave_before_lunch_and_are_back_before_its_end(seed: int) -> None:
    expanded = expand(DAY, seed)
    assert Closing(at_s=7_000, until_s=8_500) in expanded.events
    for window in (1, 3, 4):
        (_, off_s), (on_s, _) = spans_of(expanded, window)
        assert 6_940 <= off_s < 7_000
        assert 8_410 <= on_s < 8_500
    assert spans_of(expanded, 2)[0] == (0.0, 6_000.0), "was away at lunch anyway"


@settings(max_examples=15)
@given(SEEDS)
def test_what_happens_at_one_window_keeps_apart(seed: int) -> None:
    expanded = expand(DAY, seed)
    at_windows = [event for event in expanded.events if events.window(event) is not None]
    for one, other in combinations(at_windows, 2):
        if events.window(one) == events.window(other) and {type(one), type(other)} != {Break, Unserved}:
            first, second = sorted((one, other), key=lambda event: event.at_s)
            end = events.until(first)
            assert end is not None
            assert end + APART_S <= second.at_s


@settings(max_examples=15)
@given(SEEDS)
def test_events_keep_off_the_edges_of_shifts(seed: int) -> None:
    expanded = expand(DAY, seed)
    for event in expanded.events:
        if isinstance(event, Break | Handover | StepAside):
            end = events.until(event) or 0.0
            spans = spans_of(expanded, event.window)
            assert any(begin + APART_S <= event.at_s and end <= off - APART_S for begin, off in spans)
            assert end <= expanded.seconds - APART_S


@settings(max_examples=15)
@given(SEEDS)
def test_never_more_are_on_a_break_than_may_be(seed: int) -> None:
    found = breaks(expand(DAY, seed))
    for one in found:
        assert sum(other.at_s <= one.at_s < (other.until_s or 0) for other in found) <= 2


@settings(max_examples=15)
@given(SEEDS)
def test_unserved_visitors_come_in_long_breaks_alone(seed: int) -> None:
    expanded = expand(DAY, seed)
    hosts = [
        next(
            host
            for host in breaks(expanded)
            if host.window == event.window
            and host.at_s + APART_S <= event.at_s
            and event.at_s + event.stay_s <= (host.until_s or 0) - APART_S + 0.2
        )
        for event in expanded.events
        if isinstance(event, Unserved)
    ]
    assert all((host.until_s or 0) - host.at_s >= BUSY.long_s[0] for host in hosts)
    assert len(set(hosts)) == len(hosts), "one in each"


def test_rates_are_means() -> None:
    """Over 40 days: 4 clerks, 5,000 s each with little in the way."""
    calm = scenario(seconds=5_000.0, windows=(1, 2, 3, 4))
    rare = Routine(breaks_per_hour=1, short_s=(60, 60), long_s=(60, 60), cleaners_per_hour=3, most_away=4)
    drawn = [event for seed in range(40) for event in expand(replace(calm, routine=rare), seed).events]
    hours = 40 * 4_940 / 3600
    assert sum(isinstance(event, Break) for event in drawn) == pytest.approx(4 * hours, rel=0.15)
    assert sum(isinstance(event, Cleaning) for event in drawn) == pytest.approx(3 * hours, rel=0.15)


def test_long_breaks_have_their_share() -> None:
    calm = scenario(seconds=20_000.0, windows=(1, 2, 3, 4))
    half = Routine(breaks_per_hour=1, short_s=(10, 20), long_s=(30, 40), long_share=0.5, most_away=4)
    lengths = [
        (one.until_s or 0) - one.at_s for seed in range(10) for one in breaks(expand(replace(calm, routine=half), seed))
    ]
    assert all(10 <= length <= 20.1 or 29.9 <= length <= 40.1 for length in lengths)
    assert sum(length > 25 for length in lengths) == pytest.approx(0.5 * len(lengths), rel=0.2)


def test_a_routine_that_names_no_faults_draws_what_it_always_drew() -> None:
    """A kind that came later is drawn where it is named: else the same seed would give another day."""
    drawn = {fault.fault for seed in range(4) for fault in expand(DAY, seed).faults}
    assert drawn == set(PictureFault) - {PictureFault.OVEREXPOSED, PictureFault.CAST}


def test_faults_are_of_the_kinds_and_cameras_named_and_never_two_at_once() -> None:
    wanted = replace(BUSY, faults=(PictureFault.DARK, PictureFault.MOVED), fault_cameras=("hall",))
    faults = expand(replace(DAY, routine=wanted), 3).faults
    assert len(faults) > 10
    assert {fault.fault for fault in faults} == {PictureFault.DARK, PictureFault.MOVED}
    assert {fault.camera for fault in faults} == {"hall"}
    in_order = sorted(faults, key=lambda fault: fault.from_s)
    assert all(one.to_s + APART_S <= other.from_s for one, other in pairwise(in_order))
