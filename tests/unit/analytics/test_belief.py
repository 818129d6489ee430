from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.analytics.clerks import glances
from vigil.analytics.belief import LEAVES_EACH_S, RETURNS_AFTER_S, SURE, Belief, Channels, after, as_told
from vigil.model.looks import Presence
from vigil.model.site import Rates, Thresholds

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RULES = Thresholds()  # on duty after 10 s, absent after 30 s
USUAL = Channels.of(None, RULES)
POOR = Rates(miss=0.6, false_alarm=0.02, run_s=8)
PASS_S = 2.5
"""`on_duty_after_s` / 4."""


def word(seen: bool) -> Presence:
    return Presence.SEEN if seen else Presence.CLEAR


def believed(looks: Sequence[tuple[float, bool]], channels: Channels = USUAL) -> Belief:
    """After looks (seconds since the one before, seen)."""
    belief, at = None, START
    for passed_s, seen in looks:
        at += timedelta(seconds=passed_s)
        belief = after(belief, word(seen), at, channels)
    assert belief is not None
    return belief


def whole_chain(looks: Sequence[tuple[float, bool]], rates: Rates) -> float:
    """The same by the generator of all four states: staffed and seen, staffed and missed, empty, somebody passes."""
    m, f = rates.miss, rates.false_alarm
    leaves, returns = 1 / LEAVES_EACH_S, 1 / RETURNS_AFTER_S
    q = np.zeros((4, 4))
    q[0, 1], q[1, 0] = m / (1 - m) / rates.run_s, 1 / rates.run_s
    q[2, 3], q[3, 2] = f / (1 - f) / PASS_S, 1 / PASS_S
    for state in (0, 1):
        q[state, 2], q[state, 3] = leaves * (1 - f), leaves * f
    for state in (2, 3):
        q[state, 0], q[state, 1] = returns * (1 - m), returns * m
    np.fill_diagonal(q, -q.sum(axis=1))
    staffed = LEAVES_EACH_S / (LEAVES_EACH_S + RETURNS_AFTER_S)
    weights = np.array([staffed * (1 - m), staffed * m, (1 - staffed) * (1 - f), (1 - staffed) * f])
    shows = np.array([True, False, False, True])
    for index, (passed_s, seen) in enumerate(looks):
        if index:
            steps = 2**20
            weights = weights @ np.linalg.matrix_power(np.eye(4) + q * passed_s / steps, steps)
        weights = weights * (shows == seen)
        weights /= weights.sum()
    return float(weights[2] + weights[3])


@given(
    st.lists(st.tuples(st.sampled_from([0.5, 1.0, 2.0, 7.0, 90.0]), st.booleans()), min_size=1, max_size=12),
    st.sampled_from([POOR, Rates(0.02, 0.02, 3), Rates(0.2, 0.3, 20)]),
)
def test_each_look_is_a_step_of_the_forward_recursion(looks: list[tuple[float, bool]], rates: Rates) -> None:
    found = believed(looks, Channels.of(rates, RULES)).unstaffed
    assert found == pytest.approx(whole_chain(looks, rates), abs=1e-4)


def test_where_a_clerk_is_seen_well_the_usual_time_is_enough_to_be_sure_and_a_miss_is_not() -> None:
    seen = [(2.0, True)] * 60
    assert believed([*seen, (2.0, False)]).unstaffed < 0.5
    assert believed([*seen, *[(2.0, False)] * 16]).unstaffed >= SURE


@pytest.mark.parametrize("absent_after_s", [6, 30, 120])
def test_the_usual_rates_are_as_good_as_the_threshold_asks(absent_after_s: int) -> None:
    channels = Channels.of(None, Thresholds(absent_after_s=absent_after_s))
    looks = [(1.0, True)] * 60 + [(1.0, False)] * (absent_after_s + 1)
    assert believed(looks, channels).unstaffed >= SURE


def test_to_look_more_often_makes_nobody_more_absent() -> None:
    channels = Channels.of(Rates(miss=0.1, false_alarm=0.02, run_s=15), RULES)
    often, seldom = (
        believed([(every_s, True)] * 100 + [(every_s, False)] * round(60 / every_s), channels)
        for every_s in (0.25, 4.0)
    )
    assert often.unstaffed < seldom.unstaffed + 0.02
    assert 0.3 < often.unstaffed < SURE, "a minute of it is not yet enough"


def test_where_misses_last_long_nothing_that_is_not_seen_makes_sure() -> None:
    long = Channels.of(Rates(miss=0.6, false_alarm=0.02, run_s=40), RULES)
    assert believed([(2.0, True)] * 60 + [(2.0, False)] * 1800, long).unstaffed < SURE


def test_somebody_who_passes_an_empty_window_leaves_it_empty() -> None:
    empty = [(2.0, False)] * 60
    assert believed([*empty, (2.0, True), (2.0, False)]).unstaffed >= SURE
    assert believed([*empty, *[(2.0, True)] * 6]).staffed > 0.5


def test_time_alone_leads_back_to_what_is_usual() -> None:
    before = believed([(2.0, False)] * 60)
    belief = after(before, Presence.SEEN, before.at + timedelta(days=1), USUAL)
    assert belief.unstaffed == pytest.approx(believed([(0.0, True)]).unstaffed)


def test_two_looks_of_one_moment_that_differ_are_no_contradiction() -> None:
    assert 0 < believed([(1.0, True), (0.0, False), (-1.0, True)]).unstaffed < 1


@pytest.mark.parametrize("rates", [POOR, Rates(0.05, 0.02, 4), Rates(0.3, 0.1, 6)])
def test_what_is_told_as_sure_is_so_as_often_as_it_says(rates: Rates) -> None:
    channels, belief = Channels.of(rates, RULES), None
    right = count = 0
    for look in glances(rates, 200 * 3600):
        belief = after(belief, word(look.seen), START + timedelta(seconds=look.at_s), channels)
        if belief.unstaffed >= 0.95:
            count += 1
            right += not look.staffed
    assert count > 1000
    assert right / count >= 0.95


@pytest.mark.parametrize(
    ("probability", "told"), [(1.0, 0.99), (0.9999, 0.99), (0.57, 0.57), (0.578, 0.57), (0.0, 0.0)]
)
def test_no_probability_is_told_as_certain(probability: float, told: float) -> None:
    assert as_told(probability) == told
