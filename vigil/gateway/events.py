"""The event bus: tells every open screen that something changed. What it is now, the screen's own stream reads.

Events carry ids, not contents: several changes of one alert that nobody has read yet are one event, and a stream
never shows an older state after a newer one.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import Final

from vigil.model.ids import AlertId, ClipId, LedgerId, SuspensionId

MAX_PENDING: Final = 256
"""Different events that one subscriber may leave unread. Past it he is closed, connects again and fetches all."""


@dataclass(frozen=True, slots=True)
class AlertChanged:
    alert: AlertId


@dataclass(frozen=True, slots=True)
class ClipChanged:
    clip: ClipId


@dataclass(frozen=True, slots=True)
class SuspensionChanged:
    suspension: SuspensionId


@dataclass(frozen=True, slots=True)
class LedgerChanged:
    entry: LedgerId


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """Something on the status board."""


Event = AlertChanged | ClipChanged | SuspensionChanged | LedgerChanged | StatusChanged


class Subscriber:
    """One reader's unread events. Belongs to the event loop that made it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.closed = False
        self._pending: dict[Event, None] = {}
        self._changed = asyncio.Event()

    async def take(self, timeout_s: float) -> list[Event]:
        """Everything unread, in the order of its first change; nothing when the time is over or it was closed."""
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        except TimeoutError:
            return []
        taken, self._pending = list(self._pending), {}
        if not self.closed:
            self._changed.clear()
        return taken

    def offer(self, event: Event) -> None:
        """On the loop only."""
        if event not in self._pending and len(self._pending) >= MAX_PENDING:
            self.close()
        if not self.closed:
            self._pending[event] = None
            self._changed.set()

    def close(self) -> None:
        """On the loop only. Wakes the reader, who finds nothing and `closed`."""
        self.closed = True
        self._pending = {}
        self._changed.set()


class EventBus:
    """Subscribers come and go on their loop; `publish` and `close` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: set[Subscriber] = set()
        self._closed = False

    def subscribe(self) -> Subscriber:
        """On the loop. Give it back with `unsubscribe`."""
        subscriber = Subscriber()
        with self._lock:
            if self._closed:
                subscriber.close()
            else:
                self._subscribers.add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        with self._lock:
            self._subscribers.discard(subscriber)

    def publish(self, event: Event) -> None:
        """Never waits. Publish StatusChanged at most once a second: every screen reads the whole board for it."""
        for subscriber in self._now():
            self._call(subscriber, event)

    def renew(self) -> None:
        """Ends every stream that is open: who reads one comes again, and begins with everything as it is by then."""
        for subscriber in self._now():
            self._call(subscriber, None)

    def close(self) -> None:
        """Ends every stream. Call it before the server waits for its connections to end."""
        with self._lock:
            self._closed = True
        for subscriber in self._now():
            self._call(subscriber, None)

    def __len__(self) -> int:
        with self._lock:
            return len(self._subscribers)

    def _now(self) -> list[Subscriber]:
        with self._lock:
            return list(self._subscribers)

    def _call(self, subscriber: Subscriber, event: Event | None) -> None:
        try:
            if event is None:
                subscriber.loop.call_soon_threadsafe(subscriber.close)
            else:
                subscriber.loop.call_soon_threadsafe(subscriber.offer, event)
        except RuntimeError:  # its loop has ended, and the subscriber with it
            self.unsubscribe(subscriber)
