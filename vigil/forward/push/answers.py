"""What a server says over an RTSP connection while we record to it: answers (RFC 2326, section 7), and frames of RTCP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from vigil.forward.rtsp.message import MalformedMessage, parse_headers

MOST_BYTES: Final = 128 * 1024
"""Of what is not whole yet: a frame has at most 64 KiB."""
_FRAME_HEADER: Final = 4
_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """With a `status` of 0 it is a request of the server's own. `headers` have lower-case names."""

    status: int
    reason: str
    headers: Mapping[str, str]


class AnswerParser:
    """Frames are left out: what a receiver reports does not change what we send."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Answer]:
        """Raises MalformedMessage for what is neither an answer nor a frame, and for one without end."""
        self._buffer += data
        while (end := self._end()) is not None:
            whole = bytes(self._buffer[:end])
            del self._buffer[:end]
            if whole[:1] != b"$" and (head := whole.partition(_END)[0].strip()):
                yield _parse(head)
        if len(self._buffer) > MOST_BYTES:
            raise MalformedMessage(400, f"a message of more than {MOST_BYTES} bytes")

    def _end(self) -> int | None:
        """Where the first message or frame ends, None when it is not whole."""
        if self._buffer[:1] == b"$":
            if len(self._buffer) < _FRAME_HEADER:
                return None
            end = _FRAME_HEADER + int.from_bytes(self._buffer[2:4], "big")
            return end if end <= len(self._buffer) else None
        head = self._buffer.find(_END)
        if head < 0:
            return None
        end = head + len(_END) + _body_size(bytes(self._buffer[:head]))
        return end if end <= len(self._buffer) else None


def _body_size(head: bytes) -> int:
    length = _parse(head.strip()).headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 6:
        raise MalformedMessage(400, "a body of no size")
    return int(length)


def _parse(head: bytes) -> Answer:
    first, *rest = head.decode("utf-8", "replace").split("\r\n")
    headers = parse_headers(rest)
    version, _, answer = first.partition(" ")
    if not version.startswith("RTSP/"):
        return Answer(0, first, headers)
    status, _, reason = answer.partition(" ")
    if not (status.isascii() and status.isdigit() and len(status) == 3):
        raise MalformedMessage(400, "an answer without a status")
    return Answer(int(status), reason.strip(), headers)
