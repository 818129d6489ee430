"""Live fragments on their way to the centre: bounded in bytes, so that a thin line loses live pictures and nothing else."""

from __future__ import annotations

import asyncio
from collections import deque

from vigil import metrics
from vigil.model.media import Fragment
from vigil.uplink.protocol import MAX_FRAGMENT_BYTES, LiveStarted

LIVE_BYTES = 8 * 1024 * 1024
_MAX_BYTES = MAX_FRAGMENT_BYTES - 4  # less the header

LiveItem = LiveStarted | tuple[int, Fragment]


class LiveQueue:
    """Belongs to the event loop. When full, a channel loses everything up to its next key fragment.

    An initialisation always gets through, for nothing behind it could be played without; what the channel had queued before it
    is old then, and goes.
    """

    def __init__(self, max_bytes: int = LIVE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._items: deque[LiveItem] = deque()
        self._bytes = 0
        self._broken: set[int] = set()
        self._filled = asyncio.Event()

    def begin(self, started: LiveStarted, init: Fragment) -> None:
        self.forget(started.channel)
        self._append(started, 0)
        self._append((started.channel, init), len(init.data))

    def put(self, channel: int, fragment: Fragment) -> None:
        size = len(fragment.data)
        if channel in self._broken and not fragment.key:
            metrics.live_dropped.inc()
        elif size > _MAX_BYTES or (self._items and self._bytes + size > self._max_bytes):
            self._broken.add(channel)
            metrics.live_dropped.inc()
        else:
            self._broken.discard(channel)
            self._append((channel, fragment), size)

    def forget(self, channel: int) -> None:
        """Nobody waits for what is queued of this channel."""
        self._items = deque(item for item in self._items if _channel_of(item) != channel)
        self._bytes = sum(len(item[1].data) for item in self._items if isinstance(item, tuple))
        self._broken.discard(channel)

    async def get(self) -> LiveItem:
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if isinstance(item, tuple):
            self._bytes -= len(item[1].data)
        return item

    def _append(self, item: LiveItem, size: int) -> None:
        self._items.append(item)
        self._bytes += size
        self._filled.set()


def _channel_of(item: LiveItem) -> int:
    return item[0] if isinstance(item, tuple) else item.channel
