"""A figure and how sure it is: 95 % intervals by a bootstrap over clusters, not over seconds.

Two seconds of one window are no two pieces of evidence; two windows are. So whole units are drawn with replacement: a
window of a scene, or a scene. The generator's seed is fixed: the same results give the same report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

RESAMPLES: Final = 1000
_SEED: Final = 20260302
_TAILS: Final = (2.5, 97.5)
_BATCH: Final = 50
"""Resamples whose weights of all items are in memory at once."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value; None where there was nothing to measure. `low` and `high` are None with fewer than two units.

    `count` is what stands below the fraction bar (seconds, alerts, visits), the number of items of a quantile, and 0 for a
    plain sum; `units` are the clusters that have any.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    count: float = 0
    units: int = 0


def total(values: Sequence[float]) -> Figure:
    """A plain sum, of which no interval is told."""
    return Figure(float(sum(values)), units=len(values))


def ratio(above: Sequence[float], below: Sequence[float]) -> Figure:
    """Sum over sum: a share, a rate or a mean. One entry a unit."""
    tops, bottoms = _with_any(np.asarray(above, np.float64), np.asarray(below, np.float64))
    count = float(bottoms.sum())
    if count == 0:
        return Figure(None)
    weights = _weights(len(bottoms))
    low, high = _interval((weights @ tops) / (weights @ bottoms)) if len(bottoms) > 1 else (None, None)
    return Figure(float(tops.sum()) / count, low, high, count, len(bottoms))


def quantile(values: Sequence[Sequence[float]], share: float) -> Figure:
    """The value below which lies `share` of all items. One sequence a unit."""
    units = [one for one in values if len(one)]
    if not units:
        return Figure(None)
    items = np.concatenate([np.asarray(one, np.float64) for one in units])
    owners = np.repeat(np.arange(len(units)), [len(one) for one in units])
    order = np.argsort(items, kind="stable")
    items, owners = items[order], owners[order]
    value = float(_quantiles(items, owners, np.ones((1, len(units))), share)[0])
    low, high = (None, None)
    if len(units) > 1:
        weights = _weights(len(units))
        parts = [_quantiles(items, owners, weights[at : at + _BATCH], share) for at in range(0, RESAMPLES, _BATCH)]
        low, high = _interval(np.concatenate(parts))
    return Figure(value, low, high, len(items), len(units))


def _with_any(above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Units of which there is anything: the others would only thin the resamples."""
    return above[below > 0], below[below > 0]


@lru_cache(maxsize=64)
def _weights(units: int) -> Floats:
    """How often each unit is drawn, in each resample: (RESAMPLES, units)."""
    drawn = np.random.default_rng(_SEED).multinomial(units, np.full(units, 1 / units), size=RESAMPLES)
    return drawn.astype(np.float64)


def _quantiles(items: Floats, owners: npt.NDArray[np.int64], weights: Floats, share: float) -> Floats:
    """The quantile of each resample, between the two items that it lies between. `items` rise."""
    counts = weights[:, owners]
    ends = np.cumsum(counts, axis=1)
    place = share * (ends[:, -1] - 1)
    lower = np.array([np.searchsorted(end, np.floor(at), side="right") for end, at in zip(ends, place, strict=True)])
    upper = np.array([np.searchsorted(end, np.ceil(at), side="right") for end, at in zip(ends, place, strict=True)])
    rest = place - np.floor(place)
    found: Floats = items[lower] * (1 - rest) + items[upper] * rest
    return found


def _interval(resampled: Floats) -> tuple[float, float]:
    low, high = np.percentile(resampled[np.isfinite(resampled)], _TAILS)
    return float(low), float(high)
