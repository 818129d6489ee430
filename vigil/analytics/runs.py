"""Somebody's presence in a zone, look after look, told from a look that missed somebody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Run:
    """One look that sees nobody does not break a presence and costs nothing but itself; two in a row end it."""

    from_at: datetime | None = None
    seconds: float = 0.0
    """Between looks that both saw somebody."""
    looks: int = 0
    """That saw somebody."""
    missed_at: datetime | None = None
    """The last look, which was the first to see nobody."""

    @property
    def lasts(self) -> bool:
        return self.from_at is not None

    @property
    def present(self) -> bool:
        """Whether the last look saw somebody."""
        return self.lasts and self.missed_at is None

    def seen(self, at: datetime, passed_s: float) -> Run:
        """`passed_s` are the seconds of known time since the last look."""
        counted_s = passed_s if self.present else 0.0
        return Run(self.from_at or at, round(self.seconds + counted_s, 6), self.looks + 1)

    def unseen(self, at: datetime) -> Run:
        return replace(self, missed_at=at) if self.present else NOBODY


NOBODY: Final = Run()
