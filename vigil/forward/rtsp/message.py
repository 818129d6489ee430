"""RTSP messages (RFC 2326, sections 4 to 7) and the binary frames between them (10.12): bytes in, values out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from vigil.errors import VigilError
from vigil.forward.rtsp.limits import Limits

VERSION: Final = "RTSP/1.0"
_FRAME: Final = Struct(">cBH")
_DOLLAR: Final = b"$"

REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",
    451: "Parameter Not Understood",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid In This State",
    457: "Invalid Range",
    461: "Unsupported Transport",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
}


class MalformedMessage(VigilError):
    """The peer broke the protocol or a limit; answer `status` and hang up, for the next message cannot be found."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have lower-case names; one that came twice holds both values, separated by a comma."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Interleaved:
    """RTP or RTCP between the messages of a TCP connection."""

    channel: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...] = field(default=())
    body: bytes = b""

    def encode(self, cseq: str | None) -> bytes:
        lines = [f"{VERSION} {self.status} {REASONS[self.status]}"]
        if cseq is not None:
            lines.append(f"CSeq: {cseq}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join((*lines, "", "")).encode() + self.body


def frame(channel: int, payload: bytes) -> bytes:
    """An interleaved frame; the payload has at most 65535 bytes."""
    return _FRAME.pack(_DOLLAR, channel, len(payload)) + payload


class MessageParser:
    """Cuts a byte stream into requests and frames. Holds at most one unfinished message, bounded by the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request | Interleaved]:
        """The messages that `data` completes. Raises MalformedMessage, after which the parser is of no more use."""
        self._buffer += data
        while (message := self._take()) is not None:
            yield message

    def _take(self) -> Request | Interleaved | None:
        if self._buffer[:1] == _DOLLAR:
            return self._take_frame()
        return self._take_request()

    def _take_frame(self) -> Interleaved | None:
        if len(self._buffer) < _FRAME.size:
            return None
        _, channel, size = _FRAME.unpack_from(self._buffer)
        end = _FRAME.size + size
        if len(self._buffer) < end:
            return None
        return Interleaved(channel, self._cut(end)[_FRAME.size :])

    def _take_request(self) -> Request | None:
        while self._buffer[:2] == b"\r\n":  # allowed between messages, RFC 2616, section 4.1
            del self._buffer[:2]
        end = self._buffer.find(b"\r\n\r\n")
        if max(end, len(self._buffer) if end < 0 else 0) > self._limits.header_bytes:
            raise MalformedMessage(431, f"a header of more than {self._limits.header_bytes} bytes")
        if end < 0:
            return None
        method, uri, headers = _parse_head(bytes(self._buffer[:end]))
        size = self._body_size(headers)
        if len(self._buffer) < end + 4 + size:
            return None
        body = self._cut(end + 4 + size)[end + 4 :]
        return Request(method, uri, headers, body)

    def _body_size(self, headers: Mapping[str, str]) -> int:
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise MalformedMessage(400, "Content-Length is not a number")
        if len(length) > 9 or int(length) > self._limits.body_bytes:
            raise MalformedMessage(413, f"a body of more than {self._limits.body_bytes} bytes")
        return int(length)

    def _cut(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    try:
        first, *rest = head.decode("utf-8").split("\r\n")
    except UnicodeDecodeError as error:
        raise MalformedMessage(400, "a header that is not UTF-8") from error
    parts = first.split(" ")
    if len(parts) != 3 or not all(parts):
        raise MalformedMessage(400, "the first line is not a request line")
    method, uri, version = parts
    if version != VERSION:
        raise MalformedMessage(505, "not a request of RTSP/1.0")
    return method, uri, parse_headers(rest)


def parse_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise MalformedMessage(400, "a header line without a name")
        key, value = name.lower(), value.strip()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
