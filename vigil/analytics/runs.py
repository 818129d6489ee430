"""Somebody's presence in a zone, look after look, told from a look that missed somebody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Run:
    """One look that sees nobody does not break a presence and costs nothing but itself; two in a row end it.

    Where it is told to forgive more, a presence ends when nobody was seen for that long, or in more than a third of its looks:
    people who pass, one after the other, are no presence.
    """

    from_at: datetime | None = None
    seconds: float = 0.0
    """Between looks that both saw somebody."""
    looks: int = 0
    """That saw somebody."""
    missed_at: datetime | None = None
    """The first look since somebody was seen."""
    misses: int = 0
    """Looks that saw nobody."""

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
        return Run(self.from_at or at, round(self.seconds + counted_s, 6), self.looks + 1, misses=self.misses)

    def unseen(self, at: datetime, forgive_s: float = 0.0) -> Run:
        missed = replace(self, missed_at=self.missed_at or at, misses=self.misses + 1)
        if self.present:
            return missed
        forgiven = self.missed_at is not None and (at - self.missed_at).total_seconds() < forgive_s
        return missed if forgiven and 2 * missed.misses <= missed.looks else NOBODY


NOBODY: Final = Run()
