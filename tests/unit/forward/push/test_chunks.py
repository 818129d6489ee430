from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.forward.push.chunks import ChunkReader, Kind, Message, chunked


@given(
    st.lists(st.binary(max_size=600), min_size=1, max_size=4),
    st.integers(0, 2**33),
    st.integers(1, 300),
    st.integers(1, 128),
)
def test_messages_come_out_however_they_are_cut(bodies: list[bytes], time_ms: int, piece: int, chunk_size: int) -> None:
    data = chunked(Kind.CHUNK_SIZE, chunk_size.to_bytes(4, "big"), channel=2, stream=0, time_ms=0, chunk_size=128)
    for body in bodies:
        data += chunked(Kind.COMMAND, body, channel=3, stream=1, time_ms=time_ms, chunk_size=chunk_size)
    reader = ChunkReader()
    heard = [message for at in range(0, len(data), piece) for message in reader.feed(data[at : at + piece])]
    assert heard[1:] == [Message(Kind.COMMAND, 1, body) for body in bodies]


def test_a_header_may_be_left_out_where_it_is_the_last_one_s() -> None:
    first = chunked(Kind.COMMAND, b"one", channel=3, stream=7, time_ms=0, chunk_size=128)
    reader = ChunkReader()
    heard = list(reader.feed(first + b"\xc3two" + b"\x83\x00\x00\x05new"))
    assert heard == [Message(Kind.COMMAND, 7, body) for body in (b"one", b"two", b"new")]


def test_messages_of_two_channels_may_lie_within_each_other() -> None:
    long = chunked(Kind.COMMAND, bytes(200), channel=3, stream=0, time_ms=0, chunk_size=128)
    other = chunked(Kind.USER_CONTROL, b"\x00\x06abcd", channel=2, stream=0, time_ms=0, chunk_size=128)
    cut = 12 + 128
    heard = list(ChunkReader().feed(long[:cut] + other + long[cut:]))
    assert [message.kind for message in heard] == [Kind.USER_CONTROL, Kind.COMMAND]
    assert heard[1].body == bytes(200)


@given(st.binary(max_size=400))
def test_anything_else_is_a_value_error_and_no_endless_memory(data: bytes) -> None:
    reader = ChunkReader()
    with suppress(ValueError):
        list(reader.feed(data))


def test_a_message_beyond_all_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        list(ChunkReader().feed(b"\x03" + bytes(3) + b"\xff\xff\xff\x14" + bytes(4)))
