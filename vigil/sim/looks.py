"""Which sprites a new person gets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vigil.errors import ScenarioError
from vigil.model.truth import PersonRole


class LookBag:
    """Gives out all looks before any comes again, and at least half of them between two that are the same.

    Raises ScenarioError where there is none to give.
    """

    def __init__(self, role: PersonRole, looks: Sequence[str], rng: np.random.Generator) -> None:
        if not looks:
            raise ScenarioError(f"there are no sprites for a {role}; looks.json needs one at least")
        self._rng = rng
        self._order = [str(look) for look in rng.permutation(list(looks))]
        self._given = 0

    def pick(self) -> str:
        if self._given == len(self._order):
            self._shuffle()
        self._given += 1
        return self._order[self._given - 1]

    def _shuffle(self) -> None:
        """The half given longest ago comes first."""
        half = len(self._order) // 2
        parts = self._order[:half], self._order[half:]
        self._order = [str(look) for part in parts for look in self._rng.permutation(part)]
        self._given = 0
