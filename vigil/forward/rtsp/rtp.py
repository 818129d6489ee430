"""RTP packets of H.264 (RFC 6184, packetization-mode 1) and H.265 (RFC 7798). Pure: bytes in, bytes out.

A NAL unit that fits is a packet of its own, a longer one goes out as fragmentation units. Aggregation is not used: it
would save a few headers a second and is where receivers differ most.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

from vigil.model import nal
from vigil.model.media import Codec, Packet

PAYLOAD_TYPE: Final = 96
MAX_PAYLOAD: Final = 1388
"""Bytes behind the RTP header: packets of 1400 bytes leave room for IPv6, UDP and a tunnel within an MTU of 1500."""

_HEADER: Final = Struct(">BBHII")
_VERSION: Final = 2 << 6
_MARKER: Final = 0x80
_H264_FU_A: Final = 28
_H265_FU: Final = 49
_FU_START: Final = 0x80
_FU_END: Final = 0x40


class Packetiser:
    """One RTP stream: its SSRC, its running sequence number, and what a sender report tells of it.

    `sequence` and `timestamp` are where the stream begins; like `ssrc` they have to be random (RFC 3550, section 5.1).
    """

    def __init__(
        self, codec: Codec, *, ssrc: int, sequence: int, timestamp: int, max_payload: int = MAX_PAYLOAD
    ) -> None:
        self._codec = codec
        self._timestamp_base = timestamp
        self._max_payload = max_payload
        self.ssrc = ssrc
        self.next_sequence = sequence & 0xFFFF
        self.packets = 0
        self.octets = 0
        """Payload bytes sent, without RTP headers (RFC 3550, section 6.4.1)."""

    def timestamp(self, pts_90k: int) -> int:
        """The RTP timestamp of a picture: its media time from a random origin, modulo 2**32."""
        return (self._timestamp_base + pts_90k) & 0xFFFFFFFF

    def packetise(self, packet: Packet) -> list[bytes]:
        """The RTP packets of one coded picture in sending order; the marker is on the last."""
        payloads = [
            payload for unit in nal.split(packet.data) for payload in fragment(self._codec, unit, self._max_payload)
        ]
        timestamp = self.timestamp(packet.pts_90k)
        last = len(payloads) - 1
        return [self._wrap(payload, timestamp, marker=index == last) for index, payload in enumerate(payloads)]

    def _wrap(self, payload: bytes, timestamp: int, *, marker: bool) -> bytes:
        kind = PAYLOAD_TYPE | (_MARKER if marker else 0)
        header = _HEADER.pack(_VERSION, kind, self.next_sequence, timestamp, self.ssrc)
        self.next_sequence = (self.next_sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return header + payload


def fragment(codec: Codec, unit: bytes, max_payload: int = MAX_PAYLOAD) -> Iterator[bytes]:
    """The RTP payloads that carry one NAL unit: the unit itself, or FU-A (RFC 6184, 5.8) or FU (RFC 7798, 4.4.3)."""
    if len(unit) <= max_payload:
        yield unit
        return
    kind, indicator = nal.nal_type(codec, unit), _fragment_indicator(codec, unit)
    begin, size = len(indicator), max_payload - len(indicator) - 1
    for position in range(begin, len(unit), size):
        header = kind
        if position == begin:
            header |= _FU_START
        if position + size >= len(unit):
            header |= _FU_END
        yield indicator + bytes((header,)) + unit[position : position + size]


def _fragment_indicator(codec: Codec, unit: bytes) -> bytes:
    """The unit's own header with the fragments' type in place of its own, which goes into the FU header."""
    if codec is Codec.H264:
        return bytes((unit[0] & 0xE0 | _H264_FU_A,))
    return bytes((unit[0] & 0x81 | _H265_FU << 1, unit[1]))
