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

    A channel without credit waits and holds up no other; when its next GOP begins while it waits, what waited is old, and goes.
    An initialisation always gets through, for nothing behind it could be played without; what the channel had queued before it
    is old then, and goes.
    """

    def __init__(self, max_bytes: int = LIVE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._items: deque[LiveItem] = deque()
        self._bytes = 0
        self._broken: set[int] = set()
        self._credit: dict[int, int] = {}
        """Bytes that may be sent, of the channels of which the centre has said so."""
        self._changed = asyncio.Event()

    @property
    def waiting(self) -> bool:
        """Something is queued: the line, or the centre, takes less than the cameras give."""
        return bool(self._items)

    def begin(self, started: LiveStarted, init: Fragment) -> None:
        self._drop_queued(started.channel)
        self._broken.discard(started.channel)
        self._append(started, 0)
        self._append((started.channel, init), len(init.data))

    def put(self, channel: int, fragment: Fragment) -> None:
        size = len(fragment.data)
        if fragment.key and not self._has_credit(channel):
            metrics.live_dropped.inc(self._drop_fragments(channel))
        if channel in self._broken and not fragment.key:
            metrics.live_dropped.inc()
        elif size > _MAX_BYTES or (self._items and self._bytes + size > self._max_bytes):
            self._broken.add(channel)
            metrics.live_dropped.inc()
        else:
            self._broken.discard(channel)
            self._append((channel, fragment), size)

    def grant(self, channel: int, size: int) -> None:
        """The centre takes so many bytes more."""
        self._credit[channel] = self._credit.get(channel, 0) + size
        self._changed.set()

    def forget(self, channel: int) -> None:
        """Nobody waits for what is queued of this channel."""
        self._drop_queued(channel)
        self._broken.discard(channel)
        self._credit.pop(channel, None)

    async def get(self) -> LiveItem:
        while (item := self._take()) is None:
            self._changed.clear()
            await self._changed.wait()
        return item

    def _take(self) -> LiveItem | None:
        for index, item in enumerate(self._items):
            if isinstance(item, LiveStarted):
                del self._items[index]
                return item
            channel, fragment = item
            if self._has_credit(channel):
                del self._items[index]
                self._bytes -= len(fragment.data)
                if channel in self._credit:
                    self._credit[channel] -= len(fragment.data)
                return item
        return None

    def _has_credit(self, channel: int) -> bool:
        return self._credit.get(channel, 1) > 0

    def _drop_queued(self, channel: int) -> None:
        self._keep([item for item in self._items if _channel_of(item) != channel])

    def _drop_fragments(self, channel: int) -> int:
        """Those that are queued, but for initialisations. How many they were."""
        kept = [item for item in self._items if isinstance(item, LiveStarted) or item[0] != channel or item[1].init]
        dropped = len(self._items) - len(kept)
        if dropped:
            self._keep(kept)
        return dropped

    def _keep(self, items: list[LiveItem]) -> None:
        self._items = deque(items)
        self._bytes = sum(len(item[1].data) for item in items if isinstance(item, tuple))

    def _append(self, item: LiveItem, size: int) -> None:
        self._items.append(item)
        self._bytes += size
        self._changed.set()


def _channel_of(item: LiveItem) -> int:
    return item[0] if isinstance(item, tuple) else item.channel
