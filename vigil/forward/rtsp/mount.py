"""A stream on offer: packets come in from any thread, and go out to each reader through a queue of its own."""

from __future__ import annotations

import asyncio
import threading
from typing import Final

from vigil.clock import Clock
from vigil.forward.rtsp.gop_queue import GopQueue
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.source import Feed, Recorded
from vigil.model.media import Packet, StreamParameters

GOP_FRESH_S: Final = 3.0
"""A GOP whose last packet is older is not shown to a new reader: a stalled camera must not look alive."""


class Reader:
    """What waits for one reader, bounded as GopQueue says. Belongs to the server's loop."""

    def __init__(self, limit_bytes: int) -> None:
        self._queue = GopQueue(limit_bytes)
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def dropped_gops(self) -> int:
        return self._queue.dropped_gops

    def first(self) -> Packet | None:
        """The packet that comes next, when there is one already."""
        return self._queue.first()

    def offer(self, packet: Packet) -> None:
        if self._queue.put(packet):
            self._changed.set()

    async def begin(self, from_s: float | None, until_s: float | None) -> bool:  # noqa: ARG002  live has one place
        return True

    def close(self) -> None:
        """The stream ends here; what waits is still read."""
        self._closed = True
        self._changed.set()

    async def next(self) -> Packet | None:
        """The next packet, None at the end of the stream."""
        while True:
            packet = self._queue.pop()
            if packet is not None or self._closed:
                return packet
            self._changed.clear()
            await self._changed.wait()


class GopCache:
    """The current GOP from its key packet on, so that a new reader need not wait for the next. Bounded in bytes."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._packets: list[Packet] = []
        self._bytes = 0

    def add(self, packet: Packet) -> None:
        """Keep the packet. A GOP that outgrows the bound is let go: its readers wait for the next key packet."""
        if packet.key:
            self._clear()
        elif not self._packets:
            return
        if self._bytes + len(packet.data) > self._limit:
            self._clear()
            return
        self._packets.append(packet)
        self._bytes += len(packet.data)

    def packets(self) -> tuple[Packet, ...]:
        return tuple(self._packets)

    def _clear(self) -> None:
        self._packets.clear()
        self._bytes = 0


class Mount:
    """One stream of one codec. When its parameters change, it is unmounted and a new one takes its path.

    `publish` may be called from any thread; everything else belongs to the server's loop.
    """

    def __init__(
        self,
        path: str,
        parameters: StreamParameters,
        *,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self.path = path
        self.parameters = parameters
        self._loop = loop
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._inbox = GopQueue(limits.inbox_bytes)  # guarded by the lock, as are the two below
        self._waking = False
        self._closed = False
        self._cache = GopCache(limits.gop_bytes)
        self._last_mono = float("-inf")
        self._readers: set[Reader] = set()
        self._dropped_gops = 0

    def publish(self, packet: Packet) -> None:
        """Hand the packet to the loop and return at once.

        When the loop does not keep up, whole GOPs are dropped for all readers, and counted. After `close` nothing
        happens.
        """
        with self._lock:
            if self._closed or not self._inbox.put(packet) or self._waking:
                return
            self._waking = True
            # Within the lock, for `close` must not be followed by a call into a loop that is gone.
            self._loop.call_soon_threadsafe(self._fan_out)

    def subscribe(self) -> Reader:
        """A new reader. It begins with the current GOP, or where that is old or too long, with the next key packet."""
        reader = Reader(self._limits.reader_bytes)
        if self._clock.mono() - self._last_mono <= GOP_FRESH_S:
            for packet in self._cache.packets():
                reader.offer(packet)
        if self._closed:
            reader.close()
        self._readers.add(reader)
        return reader

    def unsubscribe(self, feed: Feed) -> None:
        for reader in [reader for reader in self._readers if reader is feed]:
            self._readers.remove(reader)
            self._dropped_gops += reader.dropped_gops

    def close(self) -> None:
        """Let every reader come to the end of the stream."""
        with self._lock:
            self._closed = True
        for reader in self._readers:
            reader.close()

    @property
    def recorded(self) -> Recorded | None:
        return None

    @property
    def readers(self) -> int:
        return len(self._readers)

    @property
    def dropped_gops(self) -> int:
        """GOPs not sent, summed over readers past and present; one dropped before the readers counts once."""
        present = sum(reader.dropped_gops for reader in self._readers)
        return self._dropped_gops + present + self._inbox.dropped_gops

    def _fan_out(self) -> None:
        packets = []
        with self._lock:
            self._waking = False
            while (packet := self._inbox.pop()) is not None:
                packets.append(packet)
        for packet in packets:
            self._cache.add(packet)
            for reader in self._readers:
                reader.offer(packet)
        if packets:
            self._last_mono = self._clock.mono()
