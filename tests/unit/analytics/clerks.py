"""Looks at a window whose clerk comes and goes, by a detector that errs at known rates: what a calibration has to find again.

Both chains go on in steps of STEP_S, however far apart the looks are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from vigil.model.site import Rates

STEP_S = 0.5


@dataclass(frozen=True)
class Glance:
    at_s: float
    seen: bool
    staffed: bool


def glances(
    rates: Rates,
    seconds: float,
    *,
    every_s: float = 2.0,
    pass_s: float = 4.0,
    leaves_each_s: float = 1800.0,
    returns_after_s: float = 600.0,
    seed: int = 1,
) -> Iterator[Glance]:
    """`leaves_each_s` of 0: the clerk never leaves."""
    chance = random.Random(seed)
    staffed, errs, next_s = True, False, 0.0
    for number in range(round(seconds / STEP_S)):
        at_s = number * STEP_S
        stays_s = leaves_each_s if staffed else returns_after_s
        share, run_s = (rates.miss, rates.run_s) if staffed else (rates.false_alarm, pass_s)
        if stays_s and chance.random() < STEP_S / stays_s:
            staffed = not staffed
            errs = chance.random() < (rates.miss if staffed else rates.false_alarm)
        elif errs:
            errs = chance.random() >= STEP_S / run_s
        else:
            errs = chance.random() < STEP_S * share / (1 - share) / run_s
        if at_s >= next_s:
            yield Glance(at_s, staffed != errs, staffed)
            next_s += every_s
