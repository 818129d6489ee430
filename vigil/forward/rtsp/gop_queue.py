"""A queue of packets that is bounded in bytes and loses nothing smaller than the rest of a GOP."""

from __future__ import annotations

from collections import deque

from vigil.model.media import Packet


class GopQueue:
    """First in, first out; whoever reads from it can always decode what comes out.

    It begins with a key packet: those before are not taken, and not counted. When full, all that waits is dropped
    up to the newest key packet in the queue, so that a slow reader jumps to the newest picture that it can show.
    When that does not make room, everything is dropped and nothing taken until the next key packet. Not thread-safe.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._packets: deque[Packet] = deque()
        self._skipping = True
        self.bytes = 0
        self.dropped_gops = 0
        """GOPs that lost at least one packet here."""

    def __len__(self) -> int:
        return len(self._packets)

    def put(self, packet: Packet) -> bool:
        """Take the packet, or say False: it belongs to a GOP of which nothing more will come out."""
        if self._skipping and not packet.key:
            return False
        if not self._fits(packet) and not self._make_room(packet):
            return False
        self._skipping = False
        self._packets.append(packet)
        self.bytes += len(packet.data)
        return True

    def pop(self) -> Packet | None:
        """The oldest packet, None when the queue is empty."""
        if not self._packets:
            return None
        packet = self._packets.popleft()
        self.bytes -= len(packet.data)
        return packet

    def first(self) -> Packet | None:
        return self._packets[0] if self._packets else None

    def _fits(self, packet: Packet) -> bool:
        return self.bytes + len(packet.data) <= self._limit

    def _make_room(self, packet: Packet) -> bool:
        """Drop what `packet` is worth more than; False when it goes itself."""
        newest_key = max((i for i, queued in enumerate(self._packets) if queued.key), default=0)
        self._drop(len(self._packets) if packet.key else newest_key)
        if self._fits(packet):
            return True
        if not self._drop(len(self._packets)):
            self.dropped_gops += 1  # the packet's own GOP, of which nothing was queued
        self._skipping = True
        return False

    def _drop(self, count: int) -> int:
        """Drop the oldest `count` packets and say of how many GOPs, one of which may have begun to go out."""
        dropped = [self._packets.popleft() for _ in range(count)]
        self.bytes -= sum(len(packet.data) for packet in dropped)
        cut = 1 if dropped and not dropped[0].key else 0
        gops = cut + sum(packet.key for packet in dropped)
        self.dropped_gops += gops
        return gops
