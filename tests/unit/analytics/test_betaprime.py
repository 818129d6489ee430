from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.analytics.betaprime import incomplete_beta, quantile


@pytest.mark.parametrize(
    ("x", "a", "b", "known"),  # by another library
    [
        (0.5, 2, 3, 0.6875),
        (0.1, 0.5, 0.5, 0.20483276469913345),
        (0.9, 8, 10, 0.9999990002218779),
        (0.3, 30, 50, 0.07927922382367228),
        (0.001, 0.2, 7, 0.39868675943124315),
        (0.99, 2.5, 400, 1.0),
        (0, 3, 4, 0),
        (1, 3, 4, 1),
    ],
)
def test_known_values_of_the_incomplete_beta_function(x: float, a: float, b: float, known: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(known, rel=1e-12)


@given(st.floats(0.001, 0.999), st.integers(1, 60), st.integers(1, 60))
def test_for_whole_numbers_it_is_the_tail_of_a_binomial(x: float, a: int, b: int) -> None:
    n = a + b - 1
    tail = sum(comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1))
    assert incomplete_beta(x, a, b) == pytest.approx(tail, rel=1e-9, abs=1e-14)


@given(st.floats(0.01, 0.99), st.floats(0.1, 200), st.floats(0.1, 200))
def test_it_is_mirrored(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) + incomplete_beta(1 - x, b, a) == pytest.approx(1)


@pytest.mark.parametrize(
    ("a", "b", "known"),  # 5 %, 50 %, 95 %, by another library
    [
        (1, 3, (0.017245, 0.259921, 1.714418)),
        (7, 15, (0.202177, 0.454723, 0.950796)),
        (7, 2, (1.124588, 3.971879, 20.556712)),
        (31, 22, (0.896341, 1.415351, 2.262255)),
    ],
)
def test_known_quantiles(a: float, b: float, known: tuple[float, float, float]) -> None:
    assert tuple(quantile(share, a, b) for share in (0.05, 0.5, 0.95)) == pytest.approx(known, abs=1e-6)


@given(st.floats(0.01, 0.99), st.integers(1, 300), st.floats(2, 300))
def test_a_quantile_has_its_share_below_it(share: float, a: int, b: float) -> None:
    ratio = quantile(share, a, b)
    assert incomplete_beta(ratio / (1 + ratio), a, b) == pytest.approx(share, abs=1e-9)


def test_large_parameters_converge() -> None:
    assert quantile(0.5, 5000, 20000) == pytest.approx(0.25, rel=1e-3)


@pytest.mark.parametrize(("x", "a", "b"), [(-0.1, 1, 1), (1.1, 1, 1), (0.5, 0, 1), (0.5, 1, -1), (float("nan"), 1, 1)])
def test_what_is_no_argument_is_refused(x: float, a: float, b: float) -> None:
    with pytest.raises(ValueError, match="needs"):
        incomplete_beta(x, a, b)


@pytest.mark.parametrize("share", [0, 1, -1])
def test_a_share_lies_between_nothing_and_all(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        quantile(share, 2, 3)
