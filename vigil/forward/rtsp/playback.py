"""A recorded range, sent to one reader as fast as it was recorded. Where the pictures come from is not known here.

The range has two time lines. On its own, `Packet.dts_90k` counts from the first moment asked for and gaps are as long as
they were. On that of RTP a gap takes at most `LONGEST_GAP_S`, for a player waits until the next picture is due, and would
wait through a night; that of a jump follows the picture before it. The wall time of each picture stays what it was, and the
session tells it by a sender report at every such place.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import structlog

from vigil.clock import Clock
from vigil.errors import VigilError
from vigil.forward.rtsp.source import Feed, Recorded, Refusal
from vigil.model.media import CLOCK_RATE, Packet, StreamParameters

LONGEST_GAP_S: Final = 2.0
_FRAME_90K: Final = CLOCK_RATE // 25
"""Between the last picture before a jump and the first after it."""
_LATE_S: Final = 1.0
"""A reader who is further behind than this goes on from where he is, and is not flooded with what he missed."""
_FIRST_S: Final = 5.0
"""For the archive to give the first pictures."""
_NEXT_S: Final = 30.0
"""For the archive to give the next ones."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Walk(Protocol):
    """Goes through a recording once. Holds something open until `close`."""

    def next(self) -> Coroutine[Any, Any, Sequence[Packet] | None]:
        """The next few packets, never none; None at the end. Bounded by whoever reads. Raises VigilError."""
        ...

    def close(self) -> None:
        """May come while `next` is waited for."""
        ...


class Pacer:
    """Places packets on the time line of RTP, and says when each is due. Pure but for the clock that it is given."""

    def __init__(self) -> None:
        self._last_90k: int | None = None
        self._out_90k = -_FRAME_90K
        self._anchor_90k = 0
        self._anchor_mono: float | None = None

    def jump(self) -> None:
        """What is placed next is from somewhere else."""
        self._last_90k = None

    def rest(self) -> None:
        """Nothing was sent for a while: what comes next is due now."""
        self._anchor_mono = None

    def place(self, dts_90k: int) -> int:
        """Where the packet is on the time line of RTP; rises strictly. Once for each packet."""
        step = _FRAME_90K
        if self._last_90k is not None:
            step = min(max(dts_90k - self._last_90k, 1), round(LONGEST_GAP_S * CLOCK_RATE))
        self._last_90k = dts_90k
        self._out_90k += step
        return self._out_90k

    def wait_s(self, out_90k: int, now_mono: float) -> float:
        """Seconds until a placed packet may go."""
        if self._anchor_mono is None or self._due(out_90k) < now_mono - _LATE_S:
            self._anchor_90k, self._anchor_mono = out_90k, now_mono
        return max(0.0, self._due(out_90k) - now_mono)

    def _due(self, out_90k: int) -> float:
        return (self._anchor_mono or 0.0) + (out_90k - self._anchor_90k) / CLOCK_RATE


class PlaybackFeed:
    """vigil.forward.rtsp.source.Feed over walks. Holds what one `Walk.next` gave, and the one that is being read ahead."""

    def __init__(
        self,
        path: str,
        walk_from: Callable[[float], Walk],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`walk_from` gets seconds after the range's beginning."""
        self._path = path
        self._walk_from = walk_from
        self._clock = clock
        self._sleep = sleep
        self._pacer = Pacer()
        self._walk: Walk | None = None
        self._ready: deque[Packet] = deque()
        self._reading: asyncio.Task[Sequence[Packet] | None] | None = None
        self._placed: Packet | None = None
        self._until_90k: int | None = None

    async def begin(self, from_s: float | None, until_s: float | None) -> bool:
        if from_s is not None or until_s is not None:  # else it goes on after a pause, to where it was to end
            self._until_90k = None if until_s is None else round(until_s * CLOCK_RATE)
        self._pacer.rest()
        if self._walk is None or from_s is not None:
            self.close()
            self._pacer.jump()
            self._walk = self._walk_from(from_s or 0.0)
        if self._placed is None:
            self._placed = await self._take(_FIRST_S)
        return self._placed is not None

    def first(self) -> Packet | None:
        return self._placed

    async def next(self) -> Packet | None:
        if self._placed is None:
            self._placed = await self._take(_NEXT_S)
        packet = self._placed
        if packet is None:
            return None
        wait_s = self._pacer.wait_s(packet.dts_90k, self._clock.mono())
        if wait_s > 0:
            await self._sleep(wait_s)
        self._placed = None
        return packet

    def close(self) -> None:
        """Let go of the archive. May be called again."""
        if self._walk is not None:
            self._walk.close()
        if self._reading is not None:
            self._reading.cancel()
        self._walk, self._reading, self._placed = None, None, None
        self._ready.clear()

    async def _take(self, within_s: float) -> Packet | None:
        """The next packet, placed. None at the end, also where the archive fails: what is not there cannot be sent."""
        while not self._ready:
            more = await self._read(within_s)
            if more is None:
                return None
            self._ready.extend(more)
        packet = self._ready.popleft()
        if self._until_90k is not None and packet.dts_90k > self._until_90k:
            self._ready.clear()
            return None
        out_90k = self._pacer.place(packet.dts_90k)
        return replace(packet, dts_90k=out_90k, pts_90k=out_90k + packet.pts_90k - packet.dts_90k)

    async def _read(self, within_s: float) -> Sequence[Packet] | None:
        if self._walk is None:
            return None
        reading = self._reading or self._read_ahead(self._walk)
        try:
            async with asyncio.timeout(within_s):
                more = await asyncio.shield(reading)  # who pauses must not lose what is under way
        except (VigilError, TimeoutError) as error:
            _log.warning("rtsp_playback_failed", path=self._path, reason=str(error) or "the archive does not answer")
            self.close()
            return None
        self._reading = None
        if more is not None and self._walk is not None:
            self._read_ahead(self._walk)  # while this is sent
        return more

    def _read_ahead(self, walk: Walk) -> asyncio.Task[Sequence[Packet] | None]:
        self._reading = asyncio.ensure_future(walk.next())
        self._reading.add_done_callback(_heard)
        return self._reading


def _heard(reading: asyncio.Task[Sequence[Packet] | None]) -> None:
    """What failed after nobody waited for it any more is nobody's concern."""
    if not reading.cancelled():
        reading.exception()


class Playback:
    """vigil.forward.rtsp.source.Source of a recorded range."""

    def __init__(
        self,
        path: str,
        parameters: StreamParameters,
        recorded: Recorded,
        walk_from: Callable[[float], Walk],
        clock: Clock,
    ) -> None:
        self.path = path
        self.parameters = parameters
        self.recorded: Recorded | None = recorded
        self._walk_from = walk_from
        self._clock = clock
        self._feeds: set[PlaybackFeed] = set()

    def subscribe(self) -> Feed:
        if self._feeds:
            raise Refusal(453, "a playback has one reader")
        feed = PlaybackFeed(self.path, self._walk_from, self._clock)
        self._feeds.add(feed)
        return feed

    def unsubscribe(self, feed: Feed) -> None:
        for held in [held for held in self._feeds if held is feed]:
            held.close()
            self._feeds.remove(held)
