from __future__ import annotations

from itertools import pairwise

import pytest

from tests.unit.analytics.clerks import glances
from vigil.calibrate.estimate import Estimate, Glance, Part, estimate
from vigil.calibrate.hidden import Looks, labelled
from vigil.model.site import Rates, Thresholds

RULES = Thresholds()
DAY_S = 14 * 3600
KNOWN = [Rates(0.2, 0.02, 7), Rates(0.4, 0.02, 10), Rates(0.6, 0.02, 20), Rates(0.05, 0.05, 15)]


def looks(rates: Rates, seconds: float = DAY_S, *, leaves_each_s: float = 5400) -> tuple[Looks, Part]:
    """As nobody and as somebody knows when the clerk was there."""
    found = list(glances(rates, seconds, leaves_each_s=leaves_each_s, returns_after_s=1800, pass_s=2.5, seed=3))
    stays = [*(a.staffed and b.staffed for a, b in pairwise(found)), False]
    known = [
        Glance(one.at_s, one.seen, float(one.staffed), float(stay)) for one, stay in zip(found, stays, strict=True)
    ]
    return [(one.at_s, one.seen) for one in found], known


def holds(found: Estimate, true: float, slack: float = 1.1) -> bool:
    """Looks are 2 s apart and hide what is shorter, so a tenth is allowed beside the interval."""
    return found.low / slack <= true <= found.high * slack


@pytest.mark.parametrize("rates", KNOWN, ids=str)
def test_known_rates_are_found_again_by_the_truth(rates: Rates) -> None:
    found = estimate([looks(rates)[1]], RULES)
    assert holds(found.miss, rates.miss)
    assert holds(found.false_alarm, rates.false_alarm)
    assert holds(found.run_s, rates.run_s)


@pytest.mark.parametrize("rates", KNOWN, ids=str)
def test_without_truth_they_are_found_from_the_looks_alone(rates: Rates) -> None:
    hidden, known = looks(rates)
    parts = labelled([hidden], RULES)
    right = sum((one.staffed > 0.5) == (true.staffed == 1) for one, true in zip(parts[0], known, strict=True))
    assert right / len(known) > 0.94
    found, by_truth = estimate(parts, RULES), estimate([known], RULES)
    assert found.miss.value == pytest.approx(by_truth.miss.value, rel=0.15)
    assert found.run_s.value == pytest.approx(by_truth.run_s.value, rel=0.25)


def test_looks_that_err_together_are_worth_less_than_looks_that_err_alone() -> None:
    long, short = (estimate([looks(Rates(0.3, 0.02, run_s))[1]], RULES).miss for run_s in (30, 3))
    assert long.high - long.low > 1.5 * (short.high - short.low)


def test_more_footage_makes_the_intervals_narrower() -> None:
    hour, day = (estimate([looks(KNOWN[1], seconds)[1]], RULES).miss for seconds in (3600, DAY_S))
    assert day.high - day.low < hour.high - hour.low


def test_where_the_clerk_never_left_false_alarms_are_the_usual_ones_and_misses_are_counted() -> None:
    found = estimate([looks(Rates(0.2, 0.02, 7), leaves_each_s=0)[1]], RULES)
    assert found.false_alarm.value == pytest.approx(0.02)
    assert found.unstaffed_s == 0
    assert holds(found.miss, 0.2)


def test_a_run_that_leaving_cuts_short_does_not_end_there() -> None:
    """Misses of 10 s before each departure: were they taken for ends, runs would be 10 s long."""
    part: list[Glance] = []
    for cycle in range(40):
        at_s = cycle * 100.0
        for number in range(10):
            seen = number < 5
            part.append(Glance(at_s + 2 * number, seen, 1.0, float(number < 9)))
        part.append(Glance(at_s + 30, False, 0.0, 0.0))
    assert estimate([part], RULES).run_s.value > 100


def test_rates_are_such_as_a_configuration_takes() -> None:
    never = [Glance(2.0 * n, True, 1.0, float(n < 999)) for n in range(1000)]
    always = [Glance(2.0 * n, False, 1.0, float(n < 999)) for n in range(1000)]
    for part in (never, always):
        rates = estimate([part], RULES).rates
        assert 0.0001 <= rates.miss <= 0.99
        assert 0.0001 <= rates.false_alarm <= 0.99
        assert rates.miss + rates.false_alarm < 1
        assert rates.run_s >= 0.1
