"""When the line is cut and what is killed, drawn by a seed. Pure."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SHORTEST_CUT_S: Final = 1.0
LONGEST_CUT_S: Final = 60.0
MOST_CUT: Final = 0.45
"""Share of the time in which the line may be cut."""
_MOST_SKEW: Final = 8.0


class CutKind(StrEnum):
    RESET = "reset"  # whoever sends anything gets a reset: connections end at once, new ones are refused
    STALLED = "stalled"  # nothing arrives and nobody is told: half open
    REFUSED = "refused"  # new connections are refused, and those that were open are half open


class Program(StrEnum):
    NODE = "node"
    CENTER = "center"


@dataclass(frozen=True, slots=True)
class Cut:
    """In seconds from the beginning of the run. No two overlap."""

    at_s: float
    length_s: float
    kind: CutKind


@dataclass(frozen=True, slots=True)
class Kill:
    at_s: float
    program: Program


@dataclass(frozen=True, slots=True)
class Schedule:
    """Both by time."""

    cuts: tuple[Cut, ...]
    kills: tuple[Kill, ...]


def draw(seconds: float, cuts: int, kills: int, seed: int) -> Schedule:
    """For a run of so many seconds, none in its last twentieth, so that the last fault is got over too."""
    chance = random.Random(seed)
    seconds *= 0.95
    killed = sorted(chance.uniform(0, seconds) for _ in range(kills))
    # Both programs in turn for the numbers' sake, in any order.
    programs = [list(Program)[index % len(Program)] for index in range(kills)]
    chance.shuffle(programs)
    return Schedule(
        _cuts(seconds, cuts, chance),
        tuple(Kill(at_s, program) for at_s, program in zip(killed, programs, strict=True)),
    )


def _cuts(seconds: float, count: int, chance: random.Random) -> tuple[Cut, ...]:
    """At random moments: the time that is left is dealt out among the pauses."""
    lengths = _lengths(MOST_CUT * seconds, count, chance)
    kinds = [list(CutKind)[index % len(CutKind)] for index in range(count)]
    chance.shuffle(kinds)
    starts = sorted(chance.uniform(0, seconds - sum(lengths)) for _ in range(count))
    cuts, cut_s = [], 0.0
    for start, length, kind in zip(starts, lengths, kinds, strict=True):
        cuts.append(Cut(start + cut_s, length, kind))
        cut_s += length
    return tuple(cuts)


def _lengths(room_s: float, count: int, chance: random.Random) -> list[float]:
    """Log-uniform. Where that comes to more than there is room for, short ones are likelier; where even that, all are shorter."""
    draws = [chance.random() for _ in range(count)]
    ratio, skew = math.log(LONGEST_CUT_S / SHORTEST_CUT_S), 1.0

    def skewed() -> list[float]:
        return [SHORTEST_CUT_S * math.exp(ratio * draw**skew) for draw in draws]

    while sum(skewed()) > room_s and skew < _MOST_SKEW:
        skew += 0.05
    lengths = skewed()
    return [length * min(1.0, room_s / sum(lengths)) for length in lengths]
