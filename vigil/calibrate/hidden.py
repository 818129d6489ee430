"""When was the clerk there, where nobody labelled it? Looks alone, by expectation and maximisation.

The forward-backward procedure over the model of vigil/analytics/belief.py gives each look the probability that the window was
staffed; counting with these gives rates; with those rates it begins again, until nothing changes (Baum and Welch; L. R.
Rabiner, A Tutorial on Hidden Markov Models, Proceedings of the IEEE 77 (1989), section III C). How often clerks leave and how
long they stay away is not estimated but taken as the belief has it: that is what tells an absence from a run of misses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Final

from vigil.analytics.belief import Channels, Step, first, step, usual_rates
from vigil.calibrate.estimate import Glance, Part, estimate
from vigil.model.site import Rates, Thresholds

_POOR: Final = Rates(miss=0.4, false_alarm=0.02, run_s=10)
"""Where a search begins beside the usual rates: it finds the nearest answer only."""
_MOST_ROUNDS: Final = 60
_SETTLED: Final = 1e-4
"""Gain of the logarithm of likelihood, per look, below which nothing changes any more."""

Looks = Sequence[tuple[float, bool]]
"""Seconds of the clip, and whether somebody was seen."""


@dataclass(frozen=True, slots=True)
class _Fit:
    parts: list[Part]
    likelihood: float
    """Its logarithm."""


def labelled(parts: Sequence[Looks], thresholds: Thresholds) -> list[Part]:
    """The looks with the probabilities that explain them best."""
    fits = [_fit(parts, start, thresholds) for start in (usual_rates(thresholds), _POOR)]
    return max(fits, key=lambda fit: fit.likelihood).parts


def _fit(parts: Sequence[Looks], rates: Rates, thresholds: Thresholds) -> _Fit:
    fit = _explained(parts, rates, thresholds)
    count = sum(len(part) for part in parts)
    for _ in range(_MOST_ROUNDS):
        rates = estimate(fit.parts, thresholds).rates
        better = _explained(parts, rates, thresholds)
        settled = abs(better.likelihood - fit.likelihood) < _SETTLED * count
        fit = better
        if settled:
            break
    return fit


def _explained(parts: Sequence[Looks], rates: Rates, thresholds: Thresholds) -> _Fit:
    channels = Channels.of(rates, thresholds)
    told = [_forward_backward(part, channels) for part in parts]
    return _Fit([fit.parts[0] for fit in told], sum(fit.likelihood for fit in told))


def _forward_backward(part: Looks, channels: Channels) -> _Fit:
    """Of one part of at least one look. Both variables are scaled at each look, and the scales are the likelihood."""
    staffed, unstaffed = first(part[0][1], channels)
    scale = staffed + unstaffed
    likelihood = log(scale)
    forward = [(staffed / scale, unstaffed / scale)]
    steps: list[Step] = []
    scales: list[float] = []
    for (before_s, before), (at_s, seen) in pairwise(part):
        one = step(before, seen, at_s - before_s, channels)
        s, u = forward[-1]
        staffed, unstaffed = s * one.ss + u * one.us, s * one.su + u * one.uu
        scale = staffed + unstaffed
        likelihood += log(scale)
        forward.append((staffed / scale, unstaffed / scale))
        steps.append(one)
        scales.append(scale)
    backward = (1.0, 1.0)
    glances = [Glance(*part[-1], forward[-1][0], 0.0)]
    for index in range(len(part) - 2, -1, -1):
        one, scale = steps[index], scales[index]
        later_s, later_u = backward
        backward = (one.ss * later_s + one.su * later_u) / scale, (one.us * later_s + one.uu * later_u) / scale
        glances.append(Glance(*part[index], forward[index][0] * backward[0], one.ss * later_s / scale / backward[0]))
    return _Fit([glances[::-1]], likelihood)
