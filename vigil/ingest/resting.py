"""When a reader rests, and for how long: to wake up for each picture costs as much as to read many."""

from __future__ import annotations

from typing import Final

REST_S: Final = 0.4
"""How long pictures that are recorded or pushed may gather in the kernel. kill -9 costs them."""
LONG_REST_S: Final = 1.0
"""The same where nobody wants any picture but the key pictures, which are foreseen."""

_KEY_WITHIN_S = 0.05
"""A key picture is looked for so long after it is due, and so often while it does not come."""
_KEY_LATE_S = 0.3
"""One that is later than that comes when it comes."""
_FRESH_S = 0.25  # who is further behind than that has no time to rest
_EXACT_EVERY_S = 5.0
"""So often a picture is waited for, not fetched: when it comes is what tells how late the line is, and how the clocks drift."""


class Resting:
    """Belongs to the reader's thread, and to one connection. Times are monotonic, in seconds.

    With `for_keys` no rest goes past the time at which the next key picture is due: as long after the last as that came
    after the one before.
    """

    def __init__(self, *, for_keys: bool) -> None:
        self._for_keys = for_keys
        self._key_mono: float | None = None
        self._period_s: float | None = None
        self._exact_mono: float | None = None

    def key_came(self, mono: float) -> None:
        self._period_s = mono - self._key_mono if self._key_mono is not None else None
        self._key_mono = mono

    def length_s(self, mono: float, late_s: float | None, longest_s: float) -> float:
        """How long to rest, where nothing is there to read. 0 is to wait for the next picture itself.

        `late_s`: how long after its time the newest picture came; None while that is not known.
        """
        if late_s is None or late_s >= _FRESH_S:
            return 0.0
        if self._exact_mono is None or mono - self._exact_mono >= _EXACT_EVERY_S:
            self._exact_mono = mono
            return 0.0
        return min(longest_s, self._until_key_s(mono)) if self._for_keys else longest_s

    def _until_key_s(self, mono: float) -> float:
        if self._key_mono is None or self._period_s is None:
            return REST_S
        due_s = self._key_mono + self._period_s + _KEY_WITHIN_S - mono
        return max(due_s, _KEY_WITHIN_S) if due_s > -_KEY_LATE_S else REST_S
