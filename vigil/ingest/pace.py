"""When a picture of a recording is due: recordings come as fast as a disk or a line can, cameras do not."""

from __future__ import annotations

import time
from collections.abc import Callable

from vigil.model.media import CLOCK_RATE

_BACK_90K = 1 * CLOCK_RATE
_AHEAD_90K = 10 * CLOCK_RATE
"""A longer step is a break (vigil/ingest/timeline.py): what comes next is due at once and counts anew."""


class Pace:
    """Holds pictures to the time between them. Belongs to the reader's thread, which it lets sleep."""

    def __init__(self, mono: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._mono = mono
        self._sleep = sleep
        self._began_mono: float | None = None
        self._began_90k = 0
        self._last_90k = 0

    def wait(self, dts_90k: int | None) -> None:
        """Until the picture is due. One without a time is due at once."""
        if dts_90k is None:
            return
        if self._began_mono is None or not -_BACK_90K < dts_90k - self._last_90k <= _AHEAD_90K:
            self._began_mono, self._began_90k = self._mono(), dts_90k
        self._last_90k = dts_90k
        early_s = (dts_90k - self._began_90k) / CLOCK_RATE - (self._mono() - self._began_mono)
        if early_s > 0:
            self._sleep(early_s)
