"""RTP packets (RFC 3550) of H.264 (RFC 6184, without interleaving) and H.265 (RFC 7798) into pictures.

Pure: packets in, in the order in which they were sent, as TCP keeps it; pictures out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

from vigil.ingest.rtsp.message import NotUnderstood
from vigil.ingest.source import MAX_PACKET_BYTES, RawPacket
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec

_HEADER: Final = Struct(">BBHI")
_FIXED: Final = 12  # bytes of a header without sources and extension
_VERSION: Final = 2
_PLAIN: Final = 0x80  # that version, no padding, no extension, no contributing sources
_PADDING: Final = 0x20
_EXTENSION: Final = 0x10
_MARKER: Final = 0x80
_BEGINS: Final = 0x80  # flags of a fragment
_ENDS: Final = 0x40
_TURN: Final = 2**32  # timestamps begin anew
_MANY: Final = 1000  # parts, below which nobody need ask for their size


@dataclass(frozen=True, slots=True)
class Header:
    """What an RTP packet says of itself, and what is in it."""

    payload_type: int
    sequence: int
    timestamp: int
    payload: bytes


def unpacked(packet: bytes) -> Header | None:
    """None for what is no RTP packet."""
    if len(packet) < _FIXED or packet[0] >> 6 != _VERSION:
        return None
    first, second, sequence, timestamp = _HEADER.unpack_from(packet)
    return Header(
        second & ~_MARKER, sequence, timestamp, packet[_FIXED:] if first == _PLAIN else _payload(packet, first)
    )


def near(timestamp: int, reference: int | None) -> int:
    """A timestamp, which begins anew after 32 bits, as it counts on: the one nearest to what was there before."""
    if reference is None:
        return timestamp
    return reference + (timestamp - reference + _TURN // 2) % _TURN - _TURN // 2


@dataclass(frozen=True, slots=True)
class _Form:
    """How a codec puts NAL units into packets: bytes of a unit's header, and what takes the place of its type."""

    header: int
    aggregation: int
    fragment: int
    units: range
    """Types that stand for themselves."""


_FORMS: Final = {Codec.H264: _Form(1, 24, 28, range(1, 24)), Codec.H265: _Form(2, 48, 49, range(48))}


class Depacketiser:
    """One RTP stream. A picture is all that has one timestamp, and is known to be whole when the next one begins.

    Markers are not trusted: cameras set them on each slice, on parameter sets, or never. A picture of which something
    is missing is left out: half a picture is an empty place to whoever counts people in it.
    """

    def __init__(self, codec: Codec, payload_type: int) -> None:
        self.left_out = 0
        """Pictures that were not whole."""
        self._codec = codec
        self._form = _FORMS[codec]
        self._payload_type = payload_type
        self._expected: int | None = None
        self._timestamp: int | None = None
        self._time_90k = 0
        self._parts: list[bytes] = []
        self._head = 0
        """First byte of the fragments of the unit that has begun."""
        self._in_unit = self._slices = self._key = self._damaged = self._marked = False

    @property
    def time_90k(self) -> int | None:
        """Of the newest picture that has begun; None before the first one."""
        return self._time_90k if self._timestamp is not None else None

    def take(self, packets: Iterable[bytes]) -> list[RawPacket]:
        """The pictures that these packets complete. Raises NotUnderstood."""
        pictures: list[RawPacket] = []
        body = _FIXED + self._form.header + 1
        for packet in packets:
            if len(packet) < _FIXED:
                continue
            first, second, sequence, timestamp = _HEADER.unpack_from(packet)
            if (
                self._in_unit
                and sequence == self._expected
                and timestamp == self._timestamp
                and first == _PLAIN
                and len(packet) > body
                and packet[_FIXED] == self._head
                and packet[body - 1] < _ENDS
            ):
                # Nearly every packet is that: the next piece of what has begun, and not its last.
                self._parts.append(packet[body:])
                self._expected = sequence + 1 & 0xFFFF
                continue
            if first >> 6 != _VERSION:
                continue
            missed = sequence != self._expected and self._expected is not None
            self._expected = sequence + 1 & 0xFFFF
            if missed:
                # Behind the marked end of a picture they were the next one's, and whether that has its beginning is seen.
                self._damaged = self._damaged or timestamp == self._timestamp or not self._marked
                self._in_unit = False
            if second & ~_MARKER != self._payload_type:
                continue
            if timestamp != self._timestamp:
                pictures += self._begin(timestamp)
            self._marked = second >= _MARKER
            self._add(packet[_FIXED:] if first == _PLAIN else _payload(packet, first))
        if len(self._parts) > _MANY and sum(map(len, self._parts)) > MAX_PACKET_BYTES:
            raise NotUnderstood(f"a picture of more than {MAX_PACKET_BYTES} bytes")
        return pictures

    def flush(self) -> list[RawPacket]:
        """The picture that waits for the next one, where the camera had marked its end."""
        return self._picture() if self._marked else []

    def _begin(self, timestamp: int) -> list[RawPacket]:
        # What has no slice of a picture yet, such as parameter sets, belongs to the picture that now begins.
        pictures = self._picture() if self._slices or self._damaged else []
        if self._timestamp is None:
            self._time_90k = timestamp
        else:
            ahead_90k = (timestamp - self._timestamp + _TURN // 2) % _TURN - _TURN // 2
            if -CLOCK_RATE < ahead_90k < 0:
                # RTP tells when a picture is shown. With B-frames it is decoded before, and FFmpeg finds out when.
                raise NotUnderstood("pictures that come in another order than they are shown in")
            self._time_90k += ahead_90k
        self._timestamp = timestamp
        return pictures

    def _picture(self) -> list[RawPacket]:
        data, key = b"".join(self._parts), self._key
        whole = self._slices and not self._damaged and not self._in_unit
        self.left_out += not whole
        self._parts = []
        self._in_unit = self._slices = self._key = self._damaged = self._marked = False
        return [RawPacket(data, self._time_90k, self._time_90k, key)] if whole else []

    def _add(self, payload: bytes) -> None:
        if len(payload) <= self._form.header:
            return
        kind = nal.nal_type(self._codec, payload)
        if kind == self._form.fragment:
            self._add_fragment(payload)
        elif kind in self._form.units:
            self._add_unit(payload)
        elif kind == self._form.aggregation:
            for unit in _aggregated(payload, self._form.header):
                self._add_unit(unit)
        else:
            raise NotUnderstood(f"RTP payloads of type {kind} for {self._codec}")

    def _add_unit(self, unit: bytes) -> None:
        self._parts += (nal.START_CODE, unit)
        self._note(unit)

    def _add_fragment(self, payload: bytes) -> None:
        flags, body = payload[self._form.header], payload[self._form.header + 1 :]
        if flags & _BEGINS:
            self._add_unit(self._header_of(payload, flags & 0x3F) + body)
            self._in_unit, self._head = True, payload[0]
        elif self._in_unit:
            self._parts.append(body)
        else:
            self._damaged = True
        if flags & _ENDS:
            self._in_unit = False

    def _header_of(self, payload: bytes, kind: int) -> bytes:
        """The unit's own header, whose type the fragments bear in a byte of their own (5.8; 4.4.3)."""
        if self._codec is Codec.H264:
            return bytes((payload[0] & 0xE0 | kind & 0x1F,))
        return bytes((payload[0] & 0x81 | kind << 1, payload[1]))

    def _note(self, unit: bytes) -> None:
        if not nal.is_slice(self._codec, unit):
            return
        if not self._slices and not nal.begins_picture(self._codec, unit):
            self._damaged = True  # we came into the middle of it
        self._slices = True
        self._key = self._key or nal.is_key(self._codec, unit)


def _aggregated(payload: bytes, header: int) -> Iterator[bytes]:
    """The units of an aggregation packet, each behind its size (5.7.1; 4.4.2)."""
    at = header
    while at + 2 < len(payload):
        size = payload[at] << 8 | payload[at + 1]
        if size:
            yield payload[at + 2 : at + 2 + size]
        at += 2 + size


def _payload(packet: bytes, first: int) -> bytes:
    """Without contributing sources, extension and padding."""
    begin, end = _FIXED + 4 * (first & 0x0F), len(packet)
    if first & _EXTENSION and begin + 4 <= end:
        begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4], "big")
    if first & _PADDING:
        end -= packet[-1]
    return packet[begin:end]
