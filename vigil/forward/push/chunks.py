"""RTMP's messages, and the chunks in which they go (Adobe's RTMP specification 1.0, section 5.3). Pure: bytes in, values out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

USUAL_CHUNK: Final = 128
MOST_BYTES: Final = 64 * 1024
"""Of a message of the server's: answers to commands are some hundred bytes long."""
_EXTENDED: Final = 0xFFFFFF
_CHANNELS: Final = 64
"""On which a server may speak at the same time."""


class Kind(IntEnum):
    """Message type ids."""

    CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW = 5
    PEER_BANDWIDTH = 6
    VIDEO = 9
    DATA = 18
    COMMAND = 20


@dataclass(frozen=True, slots=True)
class Message:
    kind: int
    stream: int
    body: bytes


def chunked(kind: Kind, body: bytes, *, channel: int, stream: int, time_ms: int, chunk_size: int) -> bytes:
    """One message in chunks, each time with its whole header: what it costs is a few bytes a picture."""
    time = time_ms & 0xFFFFFFFF
    long = time >= _EXTENDED
    extended = time.to_bytes(4, "big") if long else b""
    header = (_EXTENDED if long else time).to_bytes(3, "big") + len(body).to_bytes(3, "big")
    first = bytes((channel,)) + header + bytes((kind,)) + stream.to_bytes(4, "little") + extended
    more = bytes((0xC0 | channel,)) + extended
    parts = [first, body[:chunk_size]]
    for at in range(chunk_size, len(body), chunk_size):
        parts += (more, body[at : at + chunk_size])
    return b"".join(parts)


@dataclass(slots=True)
class _Channel:
    kind: int = 0
    stream: int = 0
    length: int = 0
    extended: bool = False
    body: bytearray | None = None


class ChunkReader:
    """Puts the server's messages together. Times are left out: what a publisher hears has none that matter."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._size = USUAL_CHUNK
        self._channels: dict[int, _Channel] = {}

    def feed(self, data: bytes) -> Iterator[Message]:
        """Raises ValueError for what no server sends."""
        self._buffer += data
        while (taken := self._take()) is not None:
            size, message = taken
            del self._buffer[:size]
            if message is None:
                continue
            if message.kind == Kind.CHUNK_SIZE:
                self._size = _number(message.body) & 0x7FFFFFFF
                if not 1 <= self._size <= 0xFFFFFF:
                    raise ValueError(f"chunks of {self._size} bytes")
            yield message

    def _take(self) -> tuple[int, Message | None] | None:
        """The size of the first chunk, and the message that it completes. None when it is not whole."""
        buffer = self._buffer
        if not buffer:
            return None
        form, number, at = buffer[0] >> 6, buffer[0] & 0x3F, 1
        if number < 2:  # channels from 64 on have one or two bytes more
            at = 2 + number
            if len(buffer) < at:
                return None
            number = 64 + int.from_bytes(buffer[1:at], "little")
        known = self._channels.get(number, _Channel())
        head = self._header(form, at, known)
        if head is None:
            return None
        channel, at = head
        body = known.body if known.body is not None else bytearray()
        want = min(self._size, channel.length - len(body))
        if len(buffer) < at + want:
            return None
        body += buffer[at : at + want]
        whole = len(body) >= channel.length
        channel.body = None if whole else body
        self._channels[number] = channel
        if len(self._channels) > _CHANNELS:
            raise ValueError("more channels than any server has")
        return at + want, Message(channel.kind, channel.stream, bytes(body)) if whole else None

    def _header(self, form: int, at: int, known: _Channel) -> tuple[_Channel, int] | None:
        """What the chunk's header makes of its channel, and where its data begins. None when it is not whole."""
        size = (11, 7, 3, 0)[form]
        head = bytes(self._buffer[at : at + size])
        if len(head) < size:
            return None
        channel = _Channel(known.kind, known.stream, known.length, known.extended)
        if form < 3:
            channel.extended = int.from_bytes(head[:3], "big") == _EXTENDED
        if form < 2:
            channel.length, channel.kind = int.from_bytes(head[3:6], "big"), head[6]
        if form == 0:
            channel.stream = int.from_bytes(head[7:11], "little")
        if channel.length > MOST_BYTES:
            raise ValueError(f"a message of {channel.length} bytes")
        end = at + size + (4 if channel.extended else 0)
        return (channel, end) if len(self._buffer) >= end else None


def _number(body: bytes) -> int:
    if len(body) < 4:
        raise ValueError("a number cut short")
    return int.from_bytes(body[:4], "big")
