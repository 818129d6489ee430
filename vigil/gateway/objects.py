"""Objects of the archive as answers: ranges (RFC 9110, section 14), streaming, and names for downloads."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from vigil.archive.objects import CHUNK, ObjectReader

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)", re.IGNORECASE)
_LONGEST_NUMBER: Final = 18
"""Digits of a position; longer ones are no honest ones."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """`length` bytes from `start` of `size`."""

    start: int
    length: int
    size: int

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


class Unsatisfiable(ValueError):
    """The range lies outside the object; the answer is 416."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """What a Range header asks for; None: the whole object, as for a header that makes no sense or several ranges.

    Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if max(len(first), len(last)) > _LONGEST_NUMBER:
        raise Unsatisfiable
    start, end = (size - min(int(last), size), size) if first == "" else (int(first), int(last or size) + 1)
    if first != "" and last != "" and int(last) < int(first):
        return None
    end = min(end, size)
    if start >= end:
        raise Unsatisfiable
    return ByteRange(start, end - start, size)


def attachment(name: str, plain_name: str) -> str:
    """Content-Disposition for a download (RFC 6266): `name` for those who read UTF-8 (RFC 5987), else `plain_name`."""
    return f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name, safe='')}"


class ObjectResponse(StreamingResponse):
    """Streams a reader in chunks and closes it, also when the client goes away halfway."""

    def __init__(
        self, reader: ObjectReader, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = ""
    ) -> None:
        super().__init__(_chunks(reader), status, headers, media_type or None)
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reader.close()


async def _chunks(reader: ObjectReader) -> AsyncIterator[bytes]:
    while chunk := await run_in_threadpool(reader.read, CHUNK):
        yield chunk
