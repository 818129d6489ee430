"""Order and wall time of packets. Pure: no clock, no I/O.

`Timeline` keeps decoding times rising; `WallTime` gives each packet its wall time from the node's clock. The camera's own
clock is never believed: it is off by hours where nobody set it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vigil.model.media import CLOCK_RATE

_BACK_90K = 1 * CLOCK_RATE
_AHEAD_90K = 10 * CLOCK_RATE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Broken:
    """The stream's time line broke here; what comes next belongs to a new one."""

    reason: str
    drift_s: float | None = None
    """By how much the camera's clock had run away, where that is the reason."""


class Timeline:
    """Makes decoding times rise strictly within one connection."""

    def __init__(self) -> None:
        self._last: int | None = None

    @property
    def empty(self) -> bool:
        return self._last is None

    def place(self, dts_90k: int | None, pts_90k: int | None) -> tuple[int, int] | Broken:
        """(dts, pts) for the packet, or Broken where time jumped. A packet out of order by at most 1 s is moved, not lost."""
        given = dts_90k if dts_90k is not None else pts_90k
        if self._last is None:
            dts = given if given is not None else 0
        elif given is None:
            dts = self._last + 1
        elif given <= self._last - _BACK_90K:
            return Broken(f"time went back by {(self._last - given) / CLOCK_RATE:.1f} s")
        elif given > self._last + _AHEAD_90K:
            return Broken(f"time jumped ahead by {(given - self._last) / CLOCK_RATE:.1f} s")
        else:
            dts = max(given, self._last + 1)
        self._last = dts
        return dts, max(dts, pts_90k if pts_90k is not None else dts)


class WallTime:
    """Maps media time to the node's wall clock for one connection.

    A packet can arrive late but never early, so the smallest difference between arrival and media time is the offset. It
    is taken over the first second and from then on corrected by at most 5 ms a second of media time, towards the smallest
    difference of each half minute: a camera's drifting crystal is followed, a burst on the line is not. Bound to media
    time, a correction never lets a later picture have an earlier wall time, however long the line was silent before it.
    """

    _WINDOW_90K = 30 * CLOCK_RATE  # of media time: the wall clock may be set meanwhile
    _SLEW = 200  # one part in so many: 5 ms a second
    _ASTRAY_US = 10_000_000

    def __init__(self) -> None:
        self._offset_us: int | None = None  # wall time of media time zero; whole microseconds, as datetimes have them
        self._window_from_90k = 0
        self._least_us: int | None = None
        self._target_us = 0
        self._slewed_90k = 0
        self._late_us = 0

    def settle(self, arrivals: list[tuple[datetime, int]]) -> None:
        """The first packets of the connection as (arrival, media time). Must come before `at`, and not be empty."""
        self._offset_us = min(_microseconds(arrived_at) - _span_us(media_90k) for arrived_at, media_90k in arrivals)
        self._window_from_90k = self._slewed_90k = arrivals[-1][1]

    def at(self, media_90k: int) -> datetime:
        if self._offset_us is None:
            raise ValueError("settle() comes before at()")
        return _EPOCH + timedelta(microseconds=self._offset_us + _span_us(media_90k))

    def arrived(self, arrived_at: datetime, media_90k: int) -> None:
        """Tells when a packet came, so that drift is followed. Must come after `settle`."""
        if self._offset_us is None:
            raise ValueError("settle() comes before arrived()")
        late_us = _microseconds(arrived_at) - self._offset_us - _span_us(media_90k)
        self._late_us = late_us
        self._least_us = late_us if self._least_us is None else min(self._least_us, late_us)
        if media_90k - self._window_from_90k >= self._WINDOW_90K:
            self._target_us, self._least_us, self._window_from_90k = self._least_us, None, media_90k
        self._slew(self._offset_us, media_90k)

    @property
    def late_s(self) -> float:
        """How long after its wall time the newest packet came."""
        return self._late_us / 1_000_000

    @property
    def correction_s(self) -> float:
        """What is still to be corrected: seconds by which the camera's clock ran away in the last half minute."""
        return self._target_us / 1_000_000

    @property
    def astray(self) -> bool:
        """The node's clock was set, or the stream fell far behind: to follow slowly would date pictures wrong for hours."""
        return abs(self._target_us) > self._ASTRAY_US

    def _slew(self, offset_us: int, media_90k: int) -> None:
        limit_us = _span_us(media_90k - self._slewed_90k) // self._SLEW
        step_us = max(-limit_us, min(limit_us, self._target_us))
        self._offset_us = offset_us + step_us
        self._target_us -= step_us
        if self._least_us is not None:
            self._least_us -= step_us  # it was taken before this step, and would have the step made again
        self._slewed_90k = media_90k


def _span_us(media_90k: int) -> int:
    # 90 kHz ticks do not divide microseconds: 100/9 µs a tick, rounded once here.
    return (media_90k * 100 + 4) // 9


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
