from __future__ import annotations

from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from vigil.archive.objects import CHUNK
from vigil.gateway.objects import ObjectResponse, Unsatisfiable, parse_range


class CountingReader:
    def __init__(self, size: int) -> None:
        self.left, self.largest, self.closed = size, 0, False

    def read(self, size: int, /) -> bytes:
        self.largest = max(self.largest, size)
        data = b"x" * min(size, self.left)
        self.left -= len(data)
        return data

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


SCOPE = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.4"}}


async def receive() -> Message:
    return {"type": "http.disconnect"}


async def test_streams_in_chunks_and_closes() -> None:
    reader, sent = CountingReader(3 * CHUNK + 1), list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    await ObjectResponse(reader, media_type="video/mp4")(SCOPE, receive, send)
    assert sum(len(message.get("body", b"")) for message in sent) == 3 * CHUNK + 1
    assert reader.closed
    assert reader.largest == CHUNK


async def test_closes_when_the_client_goes_halfway() -> None:
    reader = CountingReader(100 * CHUNK)

    async def send(message: Message) -> None:
        if message.get("body"):
            raise OSError("gone")

    with pytest.raises(Exception):  # noqa: B017, PT011 (what it is belongs to the framework)
        await ObjectResponse(reader)(SCOPE, receive, send)
    assert reader.closed
    assert reader.left > 90 * CHUNK


@given(header=st.from_regex(r"bytes=[0-9]{0,5}-[0-9]{0,5}", fullmatch=True), size=st.integers(0, 2000))
def test_a_range_lies_within_its_object(header: str, size: int) -> None:
    try:
        part = parse_range(header, size)
    except Unsatisfiable:
        return
    if part is not None:
        assert 0 <= part.start < part.start + part.length <= part.size == size
