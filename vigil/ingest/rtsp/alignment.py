"""Where sound lies on its pictures' time line. Pure: told of what came and what the camera reported, it says an offset.

RTP counts sound and pictures from two beginnings that have nothing to do with each other (RFC 3550, 5.1). A sender report
tells for each stream which of its timestamps goes with which moment of the camera's clock (6.4.1): with one of each the
two time lines are joined as exactly as the camera knows it. That the clock itself may be years off does not matter, for
only the difference is used. Until then, and of a camera that reports nothing or what cannot be, sound belongs to the
picture that it came behind.
"""

from __future__ import annotations

from statistics import median_low
from typing import Final

from vigil.model.media import CLOCK_RATE

SETTLE_90K: Final = CLOCK_RATE
"""Of sound that has come, before its arrival says something."""
WINDOW_90K: Final = 10 * CLOCK_RATE
"""How often it says something anew, for the clocks of sound and pictures drift apart."""
APART_90K: Final = 2 * CLOCK_RATE
"""Sound does not come so much earlier or later than its pictures: reports that say so are wrong, or of before a jump."""
_STEADY_90K: Final = CLOCK_RATE // 2


class Alignment:
    """Of one connection. Timestamps of sound are in ticks of `clock` and count on where RTP's begin anew."""

    def __init__(self, clock: int) -> None:
        self._clock = clock
        self._by_arrival: int | None = None
        self._seen: list[tuple[int, int]] = []
        """(end of a piece of sound, offset that its arrival means) of this window, both in 90 kHz."""
        self._picture_report: tuple[int, int] | None = None
        self._sound_report: tuple[int, int] | None = None

    @property
    def offset_90k(self) -> int | None:
        """To be added to the time of sound by its own clock. None while nothing is known."""
        reported, arrived = self._by_reports(), self._by_arrival
        if reported is None or arrived is None:
            return arrived
        return reported if abs(reported - arrived) <= APART_90K else arrived

    def time_90k(self, timestamp: int) -> int:
        """Raises ValueError while nothing is known."""
        offset_90k = self.offset_90k
        if offset_90k is None:
            raise ValueError("sound has come for too short a time")
        return self._own(timestamp) + offset_90k

    def picture_reported(self, ntp_90k: int, time_90k: int) -> None:
        """A sender report of the pictures: that of `time_90k` was taken at `ntp_90k` of the camera's clock."""
        self._picture_report = (ntp_90k, time_90k)

    def sound_reported(self, ntp_90k: int, timestamp: int) -> None:
        self._sound_report = (ntp_90k, self._own(timestamp))

    def arrived(self, end: int, picture_90k: int) -> None:
        """Sound up to the timestamp `end` came behind the picture of `picture_90k`."""
        end_90k = self._own(end)
        self._seen.append((end_90k, picture_90k - end_90k))
        first_90k = self._seen[0][0]
        if not first_90k <= end_90k <= first_90k + 2 * WINDOW_90K:  # sound itself jumped
            self._seen = self._seen[-1:]
        elif end_90k - first_90k >= (SETTLE_90K if self._by_arrival is None else WINDOW_90K) or self._has_jumped(
            end_90k
        ):
            self._settle()

    def _settle(self) -> None:
        self._by_arrival = median_low(offset for _, offset in self._seen)
        self._seen.clear()

    def _has_jumped(self, end_90k: int) -> bool:
        """One of the two time lines: all of the last second lies elsewhere, and together. What came before is forgotten.

        While pictures are late each piece lies a little further off, which is no jump.
        """
        known = self._by_arrival
        if known is None or abs(self._seen[-1][1] - known) <= APART_90K or end_90k - self._seen[0][0] < SETTLE_90K:
            return False
        recent = [one for one in self._seen if end_90k - one[0] <= SETTLE_90K]
        offsets = [offset for _, offset in recent]
        if max(offsets) - min(offsets) > _STEADY_90K or min(abs(one - known) for one in offsets) <= APART_90K:
            return False
        self._seen = recent
        return True

    def _by_reports(self) -> int | None:
        if self._picture_report is None or self._sound_report is None:
            return None
        (picture_ntp, picture_90k), (sound_ntp, sound_90k) = self._picture_report, self._sound_report
        return picture_90k - picture_ntp + sound_ntp - sound_90k

    def _own(self, timestamp: int) -> int:
        return timestamp * CLOCK_RATE // self._clock
