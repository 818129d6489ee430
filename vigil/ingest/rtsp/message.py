"""What comes over an RTSP connection: messages (RFC 2326, sections 4 to 7), and binary frames between them (10.12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vigil.errors import VigilError

VERSION: Final = "RTSP/1.0"
MOST_BYTES: Final = 128 * 1024
"""Of a message, and of what is not whole yet: a frame has at most 64 KiB."""

_DOLLAR: Final = ord("$")
_FRAME_HEADER: Final = 4
_END_OF_HEADERS: Final = b"\r\n\r\n"


class NotUnderstood(VigilError):
    """The camera speaks in a way that this client does not know. FFmpeg may."""


@dataclass(frozen=True, slots=True)
class Message:
    """A response, or with a `status` of 0 what the camera asks by itself.

    `headers` have lower-case names; one that came twice holds both values, with a comma between them.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes = b""


def request(method: str, uri: str, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [f"{method} {uri} {VERSION}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join((*lines, "", "")).encode()


class Inbox:
    """Sorts what comes. Whoever takes messages, RTP or RTCP out empties that list."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.sound: list[tuple[int, bytes]] = []
        """RTP of the sound, each with how much of `rtp` had come before it."""
        self.sound_rtcp: list[bytes] = []
        self.channels = (0, 1)
        """Of RTP and RTCP, as agreed with the camera. Frames of others are left out."""
        self.sound_channels: tuple[int, int] | None = None
        self._unfinished = b""

    def add(self, data: bytes) -> None:
        """Raises NotUnderstood for what is neither a message nor a frame."""
        data = self._unfinished + data
        rtp_channel, rtcp_channel = self.channels
        at, end = 0, len(data)
        while end - at >= _FRAME_HEADER:
            if data[at] != _DOLLAR:
                after = self._take_message(data, at)
                if after is None:
                    break
            else:
                begin = at + _FRAME_HEADER
                after = begin + (data[at + 2] << 8 | data[at + 3])
                if after > end:
                    break
                if data[at + 1] == rtp_channel:
                    self.rtp.append(data[begin:after])
                elif data[at + 1] == rtcp_channel:
                    self.rtcp.append(data[begin:after])
                elif self.sound_channels is not None:
                    self._take_sound(data[at + 1], data[begin:after])
            at = after
        self._unfinished = data[at:]
        if len(self._unfinished) > MOST_BYTES:
            raise NotUnderstood(f"a message of more than {MOST_BYTES} bytes")

    def _take_sound(self, channel: int, frame: bytes) -> None:
        assert self.sound_channels is not None  # noqa: S101, add() asked
        rtp_channel, rtcp_channel = self.sound_channels
        if channel == rtp_channel:
            self.sound.append((len(self.rtp), frame))
        elif channel == rtcp_channel:
            self.sound_rtcp.append(frame)

    def _take_message(self, data: bytes, at: int) -> int | None:
        """Where the message that begins at `at` ends, None when it is not whole."""
        if data[at : at + 2] == b"\r\n":  # allowed between messages, RFC 2616, section 4.1
            return at + 2
        if not data[at : at + 1].isalpha():
            raise NotUnderstood(f"byte {data[at]:#04x} where a message or a frame was to begin")
        end = data.find(_END_OF_HEADERS, at)
        if end < 0:
            return None
        status, reason, headers = _parse_head(data[at:end])
        begin = end + len(_END_OF_HEADERS)
        after = begin + _body_size(headers)
        if after > len(data):
            return None
        self.messages.append(Message(status, reason, headers, data[begin:after]))
        return after


def _parse_head(head: bytes) -> tuple[int, str, dict[str, str]]:
    first, *rest = head.decode("utf-8", "replace").split("\r\n")
    headers: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        key, value = name.strip().lower(), value.strip()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if not first.startswith("RTSP/"):
        return 0, first, headers
    _, _, answer = first.partition(" ")
    status, _, reason = answer.partition(" ")
    if not (status.isascii() and status.isdigit()):
        raise NotUnderstood(f"an answer without a status: {first!r}")
    return int(status), reason.strip(), headers


def _body_size(headers: Mapping[str, str]) -> int:
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 6:
        raise NotUnderstood(f"a body of {length!r} bytes")
    return int(length)
