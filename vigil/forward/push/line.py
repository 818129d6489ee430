"""One time line of a camera on its way to a target: its parameters, and the packets that wait, bounded in bytes."""

from __future__ import annotations

from collections import deque

from vigil.forward.rtsp.gop_queue import GopQueue
from vigil.model.media import CLOCK_RATE, Packet, StreamParameters


class Line:
    def __init__(self, parameters: StreamParameters, limit_bytes: int) -> None:
        self.parameters = parameters
        self.queue = GopQueue(limit_bytes)

    def continues(self, other: Line) -> bool:
        """True when a decoder of the other line's pictures needs to know nothing new for these."""
        mine, theirs = self.parameters, other.parameters
        size = (mine.width, mine.height) == (theirs.width, theirs.height)
        return size and mine.codec is theirs.codec and mine.parameter_sets == theirs.parameter_sets


class Lines:
    """The line that goes out and the newest one, no more: those between them are not missed. Not thread-safe."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._lines: deque[Line] = deque()

    @property
    def current(self) -> Line | None:
        return self._lines[0] if self._lines else None

    @property
    def following(self) -> Line | None:
        return self._lines[1] if len(self._lines) > 1 else None

    def begin(self, parameters: StreamParameters) -> None:
        if len(self._lines) > 1:
            self._lines.pop()
        self._lines.append(Line(parameters, self._limit))

    def put(self, packet: Packet) -> int:
        """How many GOPs were dropped for want of room."""
        if not self._lines:
            return 0
        queue = self._lines[-1].queue
        before = queue.dropped_gops
        queue.put(packet)
        return queue.dropped_gops - before

    def advance(self) -> None:
        self._lines.popleft()

    def forget(self) -> None:
        """What waits is let go; the newest line goes on with its next key packet."""
        if self._lines:
            newest = self._lines.pop()
            self._lines.clear()
            self.begin(newest.parameters)


class OneTime:
    """Media times for one connection: those of the packets, moved where the camera's connection was another meanwhile."""

    def __init__(self) -> None:
        self._last: Packet | None = None
        self._line: Line | None = None
        self._shift_90k = 0

    def shift_90k(self, line: Line, packet: Packet) -> int:
        """By how much the packet's times are moved. Times of a new line go on by as much as the wall clock did."""
        if self._line is not line:
            if self._last is not None:
                passed_90k = max(1, round((packet.at - self._last.at).total_seconds() * CLOCK_RATE))
                self._shift_90k += self._last.dts_90k + passed_90k - packet.dts_90k
            self._line = line
        self._last = packet
        return self._shift_90k
