"""Whether a program's memory grows, from the lives that it had. Pure.

A kill begins a new process, so only two things can be compared: one life with itself, and lives of the same age with each
other. The first minute of a life is its start and left out of the first.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

START_S: Final = 60.0
_SHARE: Final = 10
Samples = Sequence[tuple[float, float]]
"""Age in seconds and resident MB, of one life, by age."""


def growth_mb(lives: Sequence[Samples]) -> float | None:
    """In the longest life without its start: median of the last tenth less that of the first. None where none was long enough."""
    longest = max(lives, key=_age, default=())
    if _age(longest) < 2 * START_S:
        return None
    grown = [mb for age, mb in longest if age >= START_S]
    tenth = max(1, len(grown) // _SHARE)
    return statistics.median(grown[-tenth:]) - statistics.median(grown[:tenth])


def drift_mb(lives: Sequence[Samples], from_s: float, to_s: float) -> float | None:
    """Median at an age from `from_s` to `to_s`, of the last third of the lives that came so far less that of the first third.

    None where fewer than six came so far: two lives differ by what they happened to do.
    """
    medians = [
        statistics.median(at_age) for life in lives if (at_age := [mb for age, mb in life if from_s <= age <= to_s])
    ]
    third = len(medians) // 3
    if third < 2:
        return None
    return statistics.median(medians[-third:]) - statistics.median(medians[:third])


def peak_mb(lives: Sequence[Samples]) -> float:
    return max((mb for life in lives for _, mb in life), default=0.0)


def _age(life: Samples) -> float:
    return life[-1][0] if life else 0.0
