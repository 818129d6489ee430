"""Live fragments on their way to the centre: bounded in bytes, so that a thin line loses live pictures and nothing else."""

from __future__ import annotations

import asyncio
from collections import deque

from vigil import metrics
from vigil.model.media import Fragment
from vigil.uplink.protocol import LiveStarted

LIVE_BYTES = 8 * 1024 * 1024

LiveItem = LiveStarted | tuple[int, Fragment]


class LiveQueue:
    """Belongs to the event loop. When full, a channel loses everything up to its next key fragment."""

    def __init__(self, max_bytes: int = LIVE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._items: deque[LiveItem] = deque()
        self._bytes = 0
        self._broken: set[int] = set()
        self._filled = asyncio.Event()

    def put(self, channel: int, fragment: Fragment) -> None:
        if channel in self._broken and not (fragment.key or fragment.init):
            metrics.live_dropped.inc()
            return
        if self._items and self._bytes + len(fragment.data) > self._max_bytes:
            self._broken.add(channel)
            metrics.live_dropped.inc()
            return
        self._broken.discard(channel)
        self._append((channel, fragment), len(fragment.data))

    def announce(self, started: LiveStarted) -> None:
        self._append(started, 0)

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
