"""Bounded queues between threads. Each says what it does when it is full."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class ByteQueue(Generic[T]):
    """First in, first out, bounded in bytes. When full, `put` refuses at once: the producer decides what is lost.

    Nobody is woken up for one item: whoever takes them comes when its time is over, when half of the room is taken, or
    when the queue is closed.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[T], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._items: deque[T] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: T, *, always: bool = False) -> bool:
        """False when there is no room. `always` is for small items that must not be lost, such as the end of a stream."""
        size = self._size_of(item)
        with self._changed:
            if self._closed or (not always and self._items and self._bytes + size > self._max_bytes):
                return False
            self._items.append(item)
            self._bytes += size
            if self._half_full():
                self._changed.notify()
            return True

    def wait(self, timeout_s: float) -> None:
        """Until the time is over, half of the room is taken, or the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._half_full(), timeout_s)

    def get(self) -> T | None:
        """The next item, or None when there is none now."""
        with self._changed:
            if not self._items:
                return None
            item = self._items.popleft()
            self._bytes -= self._size_of(item)
            return item

    def close(self) -> None:
        """Nothing more goes in; what is in comes out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed and not self._items

    def _half_full(self) -> bool:
        return self._bytes * 2 >= self._max_bytes


class Mailbox(Generic[K, T]):
    """One slot a key: a newer item replaces the older, so that a reader never works through what is stale.

    Keys come out in the order in which they were first filled: nobody is starved.
    """

    def __init__(self) -> None:
        self._slots: dict[K, T] = {}
        self._closed = False
        self._changed = threading.Condition()

    def put(self, key: K, item: T) -> bool:
        """False when an item that nobody had taken was replaced."""
        with self._changed:
            fresh = key not in self._slots
            self._slots[key] = item
            self._changed.notify()
            return fresh

    def get(self, timeout_s: float) -> T | None:
        with self._changed:
            self._changed.wait_for(lambda: self._slots or self._closed, timeout_s)
            if not self._slots:
                return None
            return self._slots.pop(next(iter(self._slots)))

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
