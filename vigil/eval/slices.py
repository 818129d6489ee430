"""Parts of the results by difficulty: a condition that came and went, or a tag that a whole scene bears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vigil.eval.seconds import Mask
from vigil.model.truth import Condition

ALL: Final = "all"
PLAIN: Final = "condition:none"
"""The seconds without any condition."""


@dataclass(frozen=True, slots=True)
class Setting:
    """In what conditions a window or a queue was, over the seconds of its scene."""

    seconds: int
    tags: tuple[str, ...]
    conditions: tuple[Condition, ...]


def names(settings: Iterable[Setting]) -> list[str]:
    """Every slice that these settings have: the whole first, then conditions, then tags."""
    found = list(settings)
    conditions = {f"condition:{one.name}" for setting in found for one in setting.conditions}
    tags = {f"tag:{tag}" for setting in found for tag in setting.tags}
    return [ALL, *([PLAIN] if conditions else []), *sorted(conditions), *sorted(tags)]


def mask(setting: Setting, name: str) -> Mask:
    """Which seconds belong to the slice."""
    kind, _, value = name.partition(":")
    match kind:
        case "condition" if name == PLAIN:
            return ~_during(setting.conditions, setting.seconds)
        case "condition":
            return _during([one for one in setting.conditions if one.name == value], setting.seconds)
        case "tag":
            return np.full(setting.seconds, value in setting.tags, np.bool_)
        case _:
            return np.ones(setting.seconds, np.bool_)


def touches(name: str, of: Mask, from_s: float, to_s: float) -> bool:
    """Whether what went on from `from_s` to `to_s` belongs to the slice: any of it, or for the plain slice all of it."""
    first = min(max(int(from_s), 0), len(of) - 1)
    during = of[first : max(int(np.ceil(to_s)), first + 1)]
    return bool(during.all() if name == PLAIN else during.any())


def _during(conditions: Sequence[Condition], seconds: int) -> Mask:
    result = np.zeros(seconds, np.bool_)
    for one in conditions:
        result[max(int(np.floor(one.from_s)), 0) : max(int(np.ceil(one.to_s)), 0)] = True
    return result
