"""Rates from looks of which is known, or known by a probability, whether the clerk was there.

Looks that follow each other are no independent trials: what n of them are worth is n (1 - r) / (1 + r) for a correlation r
from look to look (the effective size of a sample of a first-order autoregression), and intervals are made of that many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, sqrt
from statistics import median
from typing import Final

from vigil.analytics.belief import Channels, usual_rates
from vigil.analytics.betaprime import quantile
from vigil.model.site import Rates, Thresholds

_TAIL: Final = 0.025
_NORMAL: Final = 1.959964
"""The normal distribution's quantile at 1 - _TAIL."""
_PRIOR_LOOKS: Final = 25
"""False alarms are taken to be the usual ones until so many independent looks say otherwise."""
_LEAST, _MOST = 0.0005, 0.98
"""Rates that could be measured within days of footage; also within what a configuration may say."""
_LONGEST_RUN_S: Final = 3600.0
"""Somebody who is never seen; how long such a run is says nothing more."""


@dataclass(frozen=True, slots=True)
class Glance:
    """A known look. `staffed` is the probability that the clerk was there, `stays` that if so they were until the next look.

    `stays` is 0 in the last look of a part.
    """

    at_s: float
    seen: bool
    staffed: float
    stays: float


Part = Sequence[Glance]
"""Looks of one clip, none of them further apart than a state is remembered."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """With its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimates:
    """Of one window. `staffed_s` and `unstaffed_s` are the looked-at seconds of which they were made."""

    miss: Estimate
    false_alarm: Estimate
    run_s: Estimate
    looks: int
    staffed_s: float
    unstaffed_s: float

    @property
    def rates(self) -> Rates:
        """As a configuration takes them."""
        miss = min(max(round(self.miss.value, 4), _LEAST), _MOST)
        false_alarm = min(max(round(self.false_alarm.value, 4), _LEAST), round(_MOST - miss, 4))
        return Rates(miss, max(false_alarm, _LEAST), min(max(round(self.run_s.value, 1), 0.1), _LONGEST_RUN_S))


def estimate(parts: Sequence[Part], thresholds: Thresholds) -> Estimates:
    """At least one look is needed."""
    looks = [look for part in parts for look in part]
    step_s = median(_steps(parts) or [thresholds.stale_after_s])
    staffed = sum(look.staffed for look in looks)
    missed = sum(look.staffed for look in looks if not look.seen)
    false = sum(1 - look.staffed for look in looks if look.seen)
    run_s = _run(parts, usual_rates(thresholds).run_s)
    rough = Rates(_within(missed, staffed), _within(false, len(looks) - staffed), run_s.value)
    channels = Channels.of(rough, thresholds)
    return Estimates(
        _share(missed, staffed, _worth(step_s, channels.staffed.forgets_s), 0.5, 0.5),
        _share(
            false,
            len(looks) - staffed,
            _worth(step_s, channels.unstaffed.forgets_s),
            _PRIOR_LOOKS * usual_rates(thresholds).false_alarm,
            _PRIOR_LOOKS * (1 - usual_rates(thresholds).false_alarm),
        ),
        run_s,
        len(looks),
        staffed * step_s,
        (len(looks) - staffed) * step_s,
    )


def _steps(parts: Iterable[Part]) -> list[float]:
    return [after.at_s - before.at_s for part in parts for before, after in pairwise(part)]


def _within(count: float, of: float) -> float:
    """A share that is neither 0 nor 1, however few there are."""
    return (count + 0.5) / (of + 1)


def _worth(step_s: float, forgets_s: float) -> float:
    """Of one look, in independent ones."""
    alike = exp(-step_s / forgets_s)
    return (1 - alike) / (1 + alike)


def _share(count: float, of: float, worth: float, prior: float, prior_others: float) -> Estimate:
    """The mean of a beta distribution, and its interval. The prior is in independent looks."""
    a, b = prior + count * worth, prior_others + (of - count) * worth
    low, high = (odds / (1 + odds) for odds in (quantile(_TAIL, a, b), quantile(1 - _TAIL, a, b)))
    return Estimate(a / (a + b), low, high)


def _run(parts: Iterable[Part], usual_s: float) -> Estimate:
    """From each look that misses the clerk, how long it took until one did not: a few long runs weigh as much as they last.

    A run that the clerk's leaving or the clip's end cut short counts with what is known of it (the estimate of maximum
    likelihood for a rate from censored times). The usual run counts as one look, so that there is something to begin with.
    """
    waits_s, ends, runs = usual_s, 1.0, 1.0
    for part in parts:
        for look, wait in zip(part, _waits(part), strict=True):
            if not look.seen:
                waits_s += look.staffed * wait.seconds
                ends += look.staffed * wait.ends
                runs += look.staffed * wait.ends_next
    mean_s = waits_s / ends
    return Estimate(mean_s, mean_s * runs / _poisson(runs, _NORMAL), mean_s * runs / _poisson(runs, -_NORMAL))


@dataclass(frozen=True, slots=True)
class _Wait:
    """From a look on while the clerk is there: expected seconds without being seen, and how probable it is that they end so."""

    seconds: float
    ends: float
    ends_next: float


def _waits(part: Part) -> Iterator[_Wait]:
    found: list[_Wait] = [_Wait(0, 0, 0)]
    for look, after in zip(part[-2::-1], part[:0:-1], strict=True):
        step_s = after.at_s - look.at_s
        if after.seen:  # it ended somewhere in between
            found.append(_Wait(look.stays * step_s / 2, look.stays, look.stays))
        else:
            later = found[-1]
            found.append(_Wait(look.stays * (step_s + later.seconds), look.stays * later.ends, 0))
    return reversed(found[: len(part)])


def _poisson(count: float, normal: float) -> float:
    """Half a chi-square quantile with 2 `count` degrees of freedom (Wilson and Hilferty 1931): bounds of a mean of waits."""
    return count * (1 - 1 / (9 * count) + normal / (3 * sqrt(count))) ** 3
