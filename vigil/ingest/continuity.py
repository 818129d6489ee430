"""Pieces of sound one behind the other, as samples want to lie, though each was placed for itself: a pure noun for muxers."""

from __future__ import annotations

from typing import Final

from vigil.model.media import CLOCK_RATE

TOLERANCE_S: Final = 0.1
"""Sound that is due so much earlier or later than where the piece before ended goes on there: nobody sees that lips are off by
a tenth of a second, and everybody hears a hole."""


def samples_at(time_90k: int, rate: int) -> int:
    """A media time in samples."""
    return round(time_90k * rate / CLOCK_RATE)


class Continuity:
    """Of one track of `rate` samples a second."""

    def __init__(self, rate: int) -> None:
        self._tolerance = round(TOLERANCE_S * rate)
        self.end: int | None = None
        """Where the newest piece ends; None before the first one."""

    def place(self, due: int, samples: int) -> int | None:
        """Where a piece begins that is due there. None where something lies already: it is there twice, or time went back."""
        if due < 0:
            return None
        begin = due
        if self.end is not None:
            if due < self.end - self._tolerance:
                return None
            if due <= self.end + self._tolerance:
                begin = self.end
        self.end = begin + samples
        return begin
