"""How sure is it that nobody staffs a window? A hidden Markov model of two states, over looks that err in runs.

The window is staffed or unstaffed, and changes by itself, seldom. A look sees somebody or nobody, and either may be wrong: the
detector misses a clerk who is there, and finds somebody where only somebody passes. Such errors come in runs: a clerk who bends
down is missed look after look. Ten looks that miss somebody within ten seconds are not ten pieces of evidence, and to look twice
as often must not make anybody twice as absent. So each state has a channel like the one by which Gilbert described bursts of
errors on a line: while a clerk is there the detector's sight of them comes and goes, and while nobody is there people pass. A
look tells on which side its channel is, so what comes next depends on the last look and on the time since.

Each look is one step of the forward recursion. An unknown look is none: time passes, and all drifts towards what is usual.

Sources: L. R. Rabiner, A Tutorial on Hidden Markov Models and Selected Applications in Speech Recognition, Proceedings of the
IEEE 77 (1989), section III A; E. N. Gilbert, Capacity of a Burst-Noise Channel, Bell System Technical Journal 39 (1960).
docs/design/staffing.md has the model, its constants and what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import exp, floor, log
from typing import Final

from vigil.model.looks import Presence
from vigil.model.site import Rates, Thresholds

LEAVES_EACH_S: Final = 5400.0
"""A clerk leaves each hour and a half. Rarely, so that it takes evidence to believe it."""
RETURNS_AFTER_S: Final = 1800.0
"""And stays away for half an hour: a return is believed when it is seen, and not for the time that has passed."""
USUALLY_UNSTAFFED: Final = RETURNS_AFTER_S / (RETURNS_AFTER_S + LEAVES_EACH_S)
SURE: Final = 0.99
"""Of a hundred windows that come to be called unstaffed one may not be."""
LIKELIER: Final = 0.5

_USUAL_MISS: Final = 0.02
_USUAL_FALSE_ALARM: Final = 0.02
_RUNS_OF_ABSENCE: Final = 10
"""So many runs of misses fit into `absent_after_s` at a window that nobody has calibrated."""
_PASSES_OF_DUTY: Final = 4
"""And so many people who pass, one after the other, into `on_duty_after_s`."""
_SPARED: Final = 0.05
"""Of departures before which the clerk may have been missed for longer than is spared."""
_LEAST_S: Final = 0.04
"""Looks are no closer in time than pictures are."""
_ROUNDING: Final = 1e-9
"""0.57 * 100 is a hair below 57."""


@dataclass(frozen=True, slots=True)
class Belief:
    """The probability that the window is unstaffed, as of the last look that counted; `seen` is what that look said."""

    unstaffed: float
    seen: bool
    at: datetime

    @property
    def staffed(self) -> float:
        return 1 - self.unstaffed


@dataclass(frozen=True, slots=True)
class Channel:
    """Looks at a window whose state does not change: the share that see somebody, and after how long one forgets another."""

    seen: float
    forgets_s: float

    def by_itself(self, seen: bool) -> float:
        """The probability of a look before which nothing was seen."""
        return self.seen if seen else 1 - self.seen

    def after(self, before: bool, seen: bool, passed_s: float) -> float:
        """The probability of a look so long after another."""
        now = self.seen + (before - self.seen) * exp(-passed_s / self.forgets_s)
        return now if seen else 1 - now


@dataclass(frozen=True, slots=True)
class Channels:
    staffed: Channel
    unstaffed: Channel

    @classmethod
    def of(cls, rates: Rates | None, thresholds: Thresholds) -> Channels:
        """`rates` are those of the staff area; None: nobody has measured them."""
        rates = rates or usual_rates(thresholds)
        pass_s = max(thresholds.on_duty_after_s / _PASSES_OF_DUTY, _LEAST_S)
        sight = 1 - rates.miss
        # A side that is left after s seconds on average, and taken up a share p of the time, is forgotten after (1 - p) s.
        return cls(Channel(sight, rates.run_s * sight), Channel(rates.false_alarm, pass_s * (1 - rates.false_alarm)))


def as_told(probability: float) -> float:
    """With two digits, rounded down: whatever was seen, nothing is told as certain."""
    return floor(min(probability, 0.99) * 100 + _ROUNDING) / 100


def usual_rates(thresholds: Thresholds) -> Rates:
    """Those of a window that is seen well: `absent_after_s` of looks that see nobody are enough to be sure."""
    return Rates(_USUAL_MISS, _USUAL_FALSE_ALARM, thresholds.absent_after_s / _RUNS_OF_ABSENCE)


@dataclass(frozen=True, slots=True)
class Step:
    """Of one look after another: the probability that it says what it says and either state leads to either, S to U and so on."""

    ss: float
    su: float
    us: float
    uu: float


def spared_s(rates: Rates | None) -> float:
    """For how long after somebody was seen looks that see nobody are no absence: who leaves may have been missed before.

    At the moment of leaving that has lasted for t with a probability of `miss` * exp(-t / `run_s`): nothing to speak of where a
    clerk is seen well.
    """
    if rates is None or rates.miss <= _SPARED:
        return 0.0
    return rates.run_s * log(rates.miss / _SPARED)


def after(belief: Belief | None, presence: Presence, at: datetime, channels: Channels) -> Belief:
    """One look more, of which `presence` is known. None: nothing was known of the window before."""
    seen = presence is Presence.SEEN
    if belief is None:
        staffed, unstaffed = first(seen, channels)
    else:
        one = step(belief.seen, seen, (at - belief.at).total_seconds(), channels)
        staffed = belief.staffed * one.ss + belief.unstaffed * one.us
        unstaffed = belief.staffed * one.su + belief.unstaffed * one.uu
    return Belief(unstaffed / (staffed + unstaffed), seen, at)


def first(seen: bool, channels: Channels) -> tuple[float, float]:
    """The probability that a first look says so and the window is staffed, and that it is unstaffed."""
    staffed = (1 - USUALLY_UNSTAFFED) * channels.staffed.by_itself(seen)
    return staffed, USUALLY_UNSTAFFED * channels.unstaffed.by_itself(seen)


def step(before: bool, seen: bool, passed_s: float, channels: Channels) -> Step:
    """From a look to one `passed_s` later. Who came or left meanwhile has a channel that knows nothing of the first look."""
    passed_s = max(passed_s, _LEAST_S)
    keeps_staffed, keeps_unstaffed = exp(-passed_s / LEAVES_EACH_S), exp(-passed_s / RETURNS_AFTER_S)
    # Two states that change into each other forget where they began at the sum of both rates.
    forgets = 1 - keeps_staffed * keeps_unstaffed
    leaves, returns = USUALLY_UNSTAFFED * forgets, (1 - USUALLY_UNSTAFFED) * forgets
    present, absent = channels.staffed, channels.unstaffed
    anew, anew_absent = present.by_itself(seen), absent.by_itself(seen)
    return Step(
        keeps_staffed * present.after(before, seen, passed_s) + (1 - leaves - keeps_staffed) * anew,
        leaves * anew_absent,
        returns * anew,
        keeps_unstaffed * absent.after(before, seen, passed_s) + (1 - returns - keeps_unstaffed) * anew_absent,
    )
