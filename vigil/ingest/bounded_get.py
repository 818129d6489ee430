"""GET with a bound on everything, for devices in a hall that may be slow, broken or somebody else's by now.

http.client and nothing around it: no proxy, no cookie, and a redirect is an answer like any other.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Any, Final
from urllib.parse import urlsplit

CONNECT_S: Final = 3.0
ANSWER_S: Final = 5.0
"""From the request to the last byte, however slowly they come."""
MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """`charset` is what the answer says of itself; `whole` is False where there was more than MOST_BYTES."""

    status: int
    charset: str | None
    body: bytes
    whole: bool


def get(url: str, headers: Mapping[str, str]) -> Answer:
    """Raises OSError, http.client.HTTPException, and ValueError for what cannot be sent, whose text may hold a header."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=CONNECT_S)
    connection.response_class = _BoundedResponse
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    try:
        connection.request("GET", target, headers={**headers, "Accept": "application/json", "Connection": "close"})
        with connection.getresponse() as response:
            body = response.read(MOST_BYTES + 1)
            if (
                response.length and len(body) <= MOST_BYTES
            ):  # a bounded read() of its own passes over a body that ends early
                raise IncompleteRead(body, response.length)
            charset = response.headers.get_content_charset()
            return Answer(response.status, charset, body[:MOST_BYTES], len(body) <= MOST_BYTES)
    finally:
        connection.close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self.fp = io.BufferedReader(_UntilDeadline(sock, time.monotonic() + ANSWER_S))


class _UntilDeadline(io.RawIOBase):
    """A socket's own timeout is one of each read: who sends a byte now and then would be waited for for ever."""

    def __init__(self, sock: socket.socket, deadline_mono: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)  # holds the socket open when its connection lets go of it
        self._deadline_mono = deadline_mono

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._deadline_mono - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer was not whole in time")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
