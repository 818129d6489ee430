from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.eval.bootstrap import Figure, quantile, ratio, total

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12)


@given(COUNTS)
@settings(max_examples=30)
def test_a_share_lies_within_its_interval_and_between_0_and_1(counts: list[tuple[int, int]]) -> None:
    found = ratio([right for right, _ in counts], [right + wrong for right, wrong in counts])
    if found.low is not None and found.high is not None and found.value is not None:
        assert 0 <= found.low <= found.value + 1e-9
        assert found.value - 1e-9 <= found.high <= 1


def test_more_units_make_it_surer() -> None:
    def width(units: int) -> float:
        shares = np.random.default_rng(1).uniform(0.7, 1.0, units)
        found = ratio(list(shares * 100), [100.0] * units)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width(200) < width(20) / 2 < width(5) / 2


def test_the_interval_of_a_mean_is_about_that_of_theory() -> None:
    values = np.random.default_rng(2).normal(10, 2, 100)
    found = ratio(list(values), [1.0] * 100)
    assert found.low == pytest.approx(values.mean() - 1.96 * 0.2, abs=0.1)
    assert found.high == pytest.approx(values.mean() + 1.96 * 0.2, abs=0.1)


def test_seconds_of_one_window_are_one_piece_of_evidence() -> None:
    many = ratio([9000.0, 1000.0], [10_000.0, 10_000.0])
    few = ratio([9.0, 1.0], [10.0, 10.0])
    assert (many.low, many.high) == (few.low, few.high) == (0.1, 0.9)


def test_one_unit_tells_no_interval() -> None:
    assert ratio([3.0], [4.0]) == Figure(0.75, None, None, 4.0, 1)
    assert quantile([[1.0, 2.0, 3.0]], 0.5) == Figure(2.0, None, None, 3, 1)


def test_units_of_which_there_is_nothing_do_not_count() -> None:
    assert ratio([3.0, 0.0], [4.0, 0.0]) == Figure(0.75, None, None, 4.0, 1)
    assert ratio([0.0, 0.0], [0.0, 0.0]) == Figure(None)
    assert quantile([[], []], 0.5) == Figure(None)


@given(st.lists(st.lists(st.floats(-100, 100), max_size=5), min_size=1, max_size=6), st.floats(0, 1))
@settings(max_examples=50)
def test_a_quantile_is_that_of_all_items_together(units: list[list[float]], share: float) -> None:
    items = [item for unit in units for item in unit]
    found = quantile(units, share)
    if items:
        assert found.value == pytest.approx(float(np.quantile(items, share)), abs=1e-6)
        assert found.count == len(items)
    else:
        assert found.value is None


def test_the_interval_of_a_median_holds_it() -> None:
    values = np.random.default_rng(3).normal(10, 2, 300)
    found = quantile([[one] for one in values], 0.5)
    assert found.low is not None
    assert found.high is not None
    assert 9.4 < found.low < float(np.median(values)) < found.high < 10.6


def test_the_same_results_give_the_same_figures() -> None:
    values = [[1.0, 2.0], [5.0], [7.0, 1.0]]
    assert quantile(values, 0.9) == quantile(values, 0.9)
    assert ratio([1.0, 2.0, 3.0], [4.0, 4.0, 4.0]) == ratio([1.0, 2.0, 3.0], [4.0, 4.0, 4.0])


def test_a_total_is_a_sum() -> None:
    assert total([1, 2, 3]) == Figure(6.0, units=3)
