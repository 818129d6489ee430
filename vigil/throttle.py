"""Slows down guessing of passwords: per user name and client, some tries are free, then each waits longer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

FREE_TRIES: Final = 5
FIRST_DELAY_S: Final = 5.0
LONGEST_DELAY_S: Final = 900.0
FORGET_AFTER_S: Final = 3600.0
MAX_ENTRIES: Final = 10_000
"""User names and clients remembered; past it the one not heard of for longest is forgotten."""

Key = tuple[str, str]
"""User name, client address."""


@dataclass(slots=True)
class _Tries:
    count: int
    last_mono: float
    next_mono: float


class Throttle:
    """Safe from several threads. Either `attempt` is asked before each try, and counts it at once, so that tries made at the
    same moment count as well; or, where one try is judged before the next begins, `is_closed` is asked and `failed` told.
    """

    def __init__(self, free_tries: int = FREE_TRIES) -> None:
        self._free_tries = free_tries
        self._lock = threading.Lock()
        self._tries: OrderedDict[Key, _Tries] = OrderedDict()

    def attempt(self, key: Key, now_mono: float) -> float:
        """0 when the try may go on; else the seconds to wait, and the try does not count."""
        with self._lock:
            tries = self._recall(key, now_mono)
            if now_mono < tries.next_mono:
                return tries.next_mono - now_mono
            self._count(tries, now_mono)
            return 0.0

    def is_closed(self, key: Key, now_mono: float) -> bool:
        """True while nobody is let in under that name from there, whatever he knows."""
        with self._lock:
            tries = self._tries.get(key)
            return tries is not None and now_mono < tries.next_mono

    def failed(self, key: Key, now_mono: float) -> None:
        """A try was wrong."""
        with self._lock:
            self._count(self._recall(key, now_mono), now_mono)

    def clear(self, key: Key) -> None:
        """The password was right."""
        with self._lock:
            self._tries.pop(key, None)

    def _count(self, tries: _Tries, now_mono: float) -> None:
        tries.count += 1
        tries.last_mono = now_mono
        tries.next_mono = now_mono + _delay(tries.count, self._free_tries)

    def _recall(self, key: Key, now_mono: float) -> _Tries:
        tries = self._tries.pop(key, None)
        if tries is None or now_mono - tries.last_mono > FORGET_AFTER_S:
            tries = _Tries(0, now_mono, now_mono)
        self._tries[key] = tries
        if len(self._tries) > MAX_ENTRIES:
            self._tries.popitem(last=False)
        return tries


def _delay(count: int, free_tries: int) -> float:
    """Seconds to wait after the `count`-th try."""
    if count < free_tries:
        return 0.0
    return float(min(FIRST_DELAY_S * 2 ** min(count - free_tries, 20), LONGEST_DELAY_S))
