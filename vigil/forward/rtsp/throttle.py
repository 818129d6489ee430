"""Slows down guessing of passwords over connections: a user name from one address has some tries, then each waits longer.

As at the screen's own login (vigil/gateway/throttle.py). A connection that guesses is hung up on besides
(`Limits.failed_logins`).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

FREE_TRIES: Final = 5
FIRST_DELAY_S: Final = 5.0
LONGEST_DELAY_S: Final = 900.0
FORGET_AFTER_S: Final = 3600.0
MOST_ENTRIES: Final = 10_000
"""Names and addresses remembered; past it the one not heard of for longest is forgotten."""

Key = tuple[str, str]
"""User name, address of the peer."""


@dataclass(slots=True)
class _Tries:
    failed: int
    last_mono: float
    next_mono: float


class Throttle:
    """Belongs to the server's loop, so a try is judged before the next begins."""

    def __init__(self) -> None:
        self._tries: OrderedDict[Key, _Tries] = OrderedDict()

    def is_closed(self, key: Key, now_mono: float) -> bool:
        """True while nobody is let in under that name from there, whatever he knows."""
        tries = self._tries.get(key)
        return tries is not None and now_mono < tries.next_mono

    def failed(self, key: Key, now_mono: float) -> None:
        tries = self._tries.pop(key, None)
        if tries is None or now_mono - tries.last_mono > FORGET_AFTER_S:
            tries = _Tries(0, now_mono, now_mono)
        tries.failed, tries.last_mono = tries.failed + 1, now_mono
        if tries.failed >= FREE_TRIES:
            delay_s = FIRST_DELAY_S * 2 ** min(tries.failed - FREE_TRIES, 20)
            tries.next_mono = now_mono + min(delay_s, LONGEST_DELAY_S)
        self._tries[key] = tries
        if len(self._tries) > MOST_ENTRIES:
            self._tries.popitem(last=False)

    def clear(self, key: Key) -> None:
        """The password was right."""
        self._tries.pop(key, None)
