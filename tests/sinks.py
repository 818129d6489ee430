"""A sink that keeps what it is given, for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from vigil.model.media import GapCause, Packet, Sound, StreamParameters


@dataclass(slots=True)
class TimeLine:
    parameters: StreamParameters
    packets: list[Packet] = field(default_factory=list)
    heard: list[Sound] = field(default_factory=list)
    order: list[Packet | Sound] = field(default_factory=list)
    """Both, as they came."""
    lost: tuple[datetime, GapCause] | None = None


class KeptSink:
    """Holds the contract of SoundSink: breaking it fails the test. Its reader may be on another thread."""

    def __init__(self) -> None:
        self.time_lines: list[TimeLine] = []
        self._changed = threading.Condition()

    @property
    def packets(self) -> list[Packet]:
        return [packet for line in self.time_lines for packet in line.packets]

    @property
    def losses(self) -> list[tuple[datetime, GapCause]]:
        return [line.lost for line in self.time_lines if line.lost is not None]

    def begin(self, parameters: StreamParameters) -> None:
        with self._changed:
            assert not self.time_lines or self.time_lines[-1].lost is not None, "begins before the last one ended"
            self.time_lines.append(TimeLine(parameters))
            self._changed.notify_all()

    def packet(self, packet: Packet) -> None:
        with self._changed:
            line = self.time_lines[-1]
            assert line.lost is None, "a packet behind the end"
            if line.packets:
                assert line.packets[-1].dts_90k < packet.dts_90k
                assert line.packets[-1].at < packet.at
            else:
                assert packet.key, "a time line that does not begin with a key picture"
            line.packets.append(packet)
            line.order.append(packet)
            self._changed.notify_all()

    def sound(self, sound: Sound) -> None:
        with self._changed:
            line = self.time_lines[-1]
            assert line.lost is None, "sound behind the end"
            assert line.packets, "sound before the first picture"
            line.heard.append(sound)
            line.order.append(sound)
            self._changed.notify_all()

    def lost(self, at: datetime, cause: GapCause) -> None:
        with self._changed:
            assert self.time_lines[-1].lost is None, "lost twice"
            self.time_lines[-1].lost = (at, cause)
            self._changed.notify_all()

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """False when it did not come true in time."""
        with self._changed:
            return self._changed.wait_for(until, timeout_s)
