"""How long to wait before the next try: 1, 2, 5, 10, 30 s with jitter, from the start again after a healthy minute."""

from __future__ import annotations

import random

_STEPS_S = (1.0, 2.0, 5.0, 10.0, 30.0)
_JITTER = 0.2
_HEALTHY_S = 60.0


class Backoff:
    def __init__(self, jitter: random.Random | None = None) -> None:
        self._random = jitter or random.Random()  # noqa: S311, spreads reconnects over time and guards nothing
        self._tries = 0

    def failed(self, healthy_s: float) -> float:
        """Seconds to wait after a connection that was healthy for `healthy_s` seconds (0: it never was)."""
        if healthy_s >= _HEALTHY_S:
            self._tries = 0
        step_s = _STEPS_S[min(self._tries, len(_STEPS_S) - 1)]
        self._tries += 1
        return step_s * self._random.uniform(1 - _JITTER, 1 + _JITTER)
