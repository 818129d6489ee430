"""Fakes that stand in for the world, beside the protocols they fake. For tests; nothing in vigil imports this."""

from __future__ import annotations

from collections.abc import Sequence

from vigil.analytics.detector import Bgr
from vigil.errors import DetectorError
from vigil.model.looks import Detection


class FakeDetector:
    """Answers from a script: the n-th frame gets the n-th entry, and the last entry goes on for ever.

    An entry that is a DetectorError is raised. `looks` counts the frames seen, `closed` tells whether it was closed.
    """

    def __init__(
        self, script: Sequence[tuple[Detection, ...] | DetectorError] = ((),), name: str = "fake-0x0@00000000"
    ) -> None:
        self.name = name
        self.looks = 0
        self.closed = False
        self._script = tuple(script)

    def detect(self, frames: Sequence[Bgr]) -> list[tuple[Detection, ...]]:
        if self.closed:
            raise DetectorError(f"{self.name}: closed")
        return [self._answer() for _ in frames]

    def close(self) -> None:
        self.closed = True

    def _answer(self) -> tuple[Detection, ...]:
        entry = self._script[min(self.looks, len(self._script) - 1)]
        self.looks += 1
        if isinstance(entry, DetectorError):
            raise entry
        return entry
