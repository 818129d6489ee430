"""Quantiles of the beta prime distribution, which the estimated wait follows (docs/design/waiting.md).

The regularised incomplete beta function by its continued fraction: NIST Digital Library of Mathematical Functions
8.17.22 (Abramowitz and Stegun 26.5.8), evaluated from its head by the modified method of Lentz. A quantile is then found
by bisection down to neighbouring numbers: slower than Newton's method, and there is nothing that could diverge.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, log1p

_TINY = 1e-300
_EPSILON = 1e-14
_MOST_TERMS = 10_000
"""The fraction needs about the root of the larger parameter; this is never reached below ten million."""


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for 0 <= x <= 1 and positive `a` and `b`. Raises ValueError."""
    if not (0 <= x <= 1 and a > 0 and b > 0):
        raise ValueError(f"I_x(a, b) needs 0 <= x <= 1 and a, b > 0, not x={x}, a={a}, b={b}")
    if x in (0, 1):
        return x
    if x > (a + 1) / (a + b + 2):  # there the fraction converges faster for the mirrored function
        return 1 - _tail(1 - x, b, a)
    return _tail(x, a, b)


@lru_cache(maxsize=4096)
def quantile(share: float, a: float, b: float) -> float:
    """The value below which `share` of a beta prime distribution lies: of a gamma with shape `a` over one with shape `b`.

    The parameters of a queue are few and come again and again, so answers are kept. Raises ValueError.
    """
    if not 0 < share < 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        if incomplete_beta(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return low / (1 - low)


def _tail(x: float, a: float, b: float) -> float:
    front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """1 / (1 + d1 / (1 + d2 / (1 + ...)))."""
    value = 1.0
    above, below = 1.0, 0.0
    for number in range(1, _MOST_TERMS):
        term = _coefficient(number, x, a, b)
        below = 1 / _off_zero(1 + term * below)
        above = _off_zero(1 + term / above)
        value *= above * below
        if abs(above * below - 1) < _EPSILON:
            return 1 / value
    raise ValueError(f"I_x(a, b) does not converge for x={x}, a={a}, b={b}")


def _coefficient(number: int, x: float, a: float, b: float) -> float:
    """d_n of DLMF 8.17.23."""
    half, odd = divmod(number, 2)
    if odd:
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
    return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
