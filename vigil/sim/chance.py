"""Where chance comes from: a generator for each concern, and for each person, so that one event more changes nothing else."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from vigil.errors import ScenarioError


class Concern(IntEnum):
    """What is drawn. The numbers are part of what a seed means."""

    ARRIVALS = 1
    VISITORS = 2
    SCRIPTED = 3
    COMPANIONS = 4
    SEATED = 5
    CLERKS = 6
    CLERK_LOOKS = 7
    CLEANER_LOOKS = 8
    VISITOR_LOOKS = 9
    SCRIPTED_LOOKS = 10
    COMPANION_LOOKS = 11
    SEATED_LOOKS = 12
    LUNCH = 13
    BREAKS = 14
    HANDOVERS = 15
    STEP_ASIDES = 16
    LEAN_OVERS = 17
    CLEANERS = 18
    UNSERVED = 19
    FAULTS = 20


class Chance:
    """All that follows from one seed. Raises ScenarioError for one below 0."""

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise ScenarioError(f"a seed is 0 or more, not {seed}")
        self._seed = seed

    def of(self, concern: Concern, *key: int) -> np.random.Generator:
        """A new generator. `key` tells one person or window (0 or more) of the concern from another."""
        return np.random.default_rng([self._seed, int(concern), *key])
