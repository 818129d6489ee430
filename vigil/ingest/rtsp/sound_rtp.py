"""RTP packets of sound into pieces of it: AAC (RFC 3640) and G.711 (RFC 3551). Pure: packets in, in their order; pieces out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vigil.ingest import aac, g711
from vigil.ingest.rtsp.rtp import near, unpacked
from vigil.ingest.rtsp.sound_sdp import AuHeaders, SoundTrack

_BEHIND: Final = 0x8000
"""Sequence numbers that are further ahead than that are behind."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An access unit, or the samples of a packet. `timestamp` counts on where RTP's own begins anew."""

    data: bytes
    samples: int
    timestamp: int


class SoundDepacketiser:
    """One RTP stream. What is not whole is left out: a hole of some hundredths of a second, and no noise."""

    def __init__(self, track: SoundTrack) -> None:
        self.lost = 0
        """Packets that did not come, and those that made no sense."""
        self._track = track
        self._expected: int | None = None
        self._timestamp: int | None = None
        self._unfinished = b""
        self._whole = 0
        """Bytes of the unit that has begun; 0 while none has."""

    def take(self, packet: bytes) -> list[Piece]:
        """What this packet completes."""
        header = unpacked(packet)
        if header is None or header.payload_type != self._track.payload_type:
            return []
        self._follow(header.sequence)
        timestamp = near(header.timestamp, self._timestamp)
        if timestamp != self._timestamp:
            self._give_up()
        self._timestamp = timestamp
        try:
            if self._track.law is not None:
                return self._expanded(self._track.law, header.payload, timestamp)
            assert self._track.headers is not None  # noqa: S101, the one or the other
            return self._units(self._track.headers, header.payload, timestamp)
        except ValueError:
            self.lost += 1
            self._unfinished, self._whole = b"", 0
            return []

    def _follow(self, sequence: int) -> None:
        missed = sequence - self._expected & 0xFFFF if self._expected is not None else 0
        self._expected = sequence + 1 & 0xFFFF
        if missed:
            self.lost += missed if missed < _BEHIND else 1
            self._unfinished, self._whole = b"", 0

    def _give_up(self) -> None:
        """Of a unit whose rest never came the packets are lost, too."""
        self.lost += bool(self._whole)
        self._unfinished, self._whole = b"", 0

    def _expanded(self, law: g711.Law, payload: bytes, timestamp: int) -> list[Piece]:
        samples, beyond = divmod(len(payload), self._track.parameters.channels)
        if beyond or not samples:
            raise ValueError("samples that are not whole")
        return [Piece(g711.expanded(law, payload), samples, timestamp)]

    def _units(self, headers: AuHeaders, payload: bytes, timestamp: int) -> list[Piece]:
        """Raises ValueError for a packet that does not say what its own length says."""
        sizes, data = _sizes(headers, payload)
        if len(sizes) == 1 and (self._whole or sizes[0] > len(data)):
            return self._fragment(sizes[0], data, timestamp)
        if sum(sizes) > len(data):
            raise ValueError("units longer than their packet")
        pieces, at = [], 0
        for index, size in enumerate(sizes):
            ahead = index * aac.UNIT * self._track.clock // self._track.parameters.rate
            pieces.append(Piece(data[at : at + size], aac.UNIT, timestamp + ahead))
            at += size
        return pieces

    def _fragment(self, size: int, data: bytes, timestamp: int) -> list[Piece]:
        """Each bears the size of the whole unit (RFC 3640, 3.2.3)."""
        if self._whole not in {0, size} or len(self._unfinished) + len(data) > size:
            raise ValueError("fragments that do not fit each other")
        self._unfinished, self._whole = self._unfinished + data, size
        if len(self._unfinished) < size:
            return []
        unit, self._unfinished, self._whole = self._unfinished, b"", 0
        return [Piece(unit, aac.UNIT, timestamp)]


def _sizes(headers: AuHeaders, payload: bytes) -> tuple[list[int], bytes]:
    """The units' sizes, and what is behind them. Raises ValueError, also for units out of their order."""
    bits = int.from_bytes(payload[:2], "big")
    end = 2 + (bits + 7) // 8
    if len(payload) < end or not bits:
        raise ValueError("headers longer than their packet")
    fields, left = int.from_bytes(payload[2:end], "big"), 8 * (end - 2)
    sizes: list[int] = []
    spent = 0
    while bits - spent >= headers.size + (index_bits := headers.delta if sizes else headers.index):
        left -= headers.size
        sizes.append(fields >> left & (1 << headers.size) - 1)
        left -= index_bits
        if fields >> left & (1 << index_bits) - 1:
            raise ValueError("units out of their order")
        spent += headers.size + index_bits
    if not all(sizes) or not sizes:
        raise ValueError("a unit of no size")
    return sizes, payload[end:]
