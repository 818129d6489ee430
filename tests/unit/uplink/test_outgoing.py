from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.uplink.samples import CAMERA, fragment
from vigil import metrics
from vigil.model.media import StreamKind
from vigil.uplink import protocol
from vigil.uplink.outgoing import LiveQueue
from vigil.uplink.protocol import LiveStarted


def started(channel: int = 1) -> LiveStarted:
    return LiveStarted(channel, CAMERA, StreamKind.MAIN, "video/mp4", 1920, 1080)


async def taken(queue: LiveQueue) -> list[Any]:
    out: list[Any] = []
    while (item := queue._take()) is not None:
        out.append(item if isinstance(item, LiveStarted) else (item[0], item[1].data.decode().rstrip(".")))
    return out


async def test_first_in_first_out() -> None:
    queue = LiveQueue()
    queue.begin(started(), fragment(init=True))
    queue.put(1, fragment("k", key=True))
    queue.put(2, fragment("other"))
    assert await taken(queue) == [started(), (1, "init"), (1, "k"), (2, "other")]


@pytest.mark.lesson(9)
async def test_when_full_a_channel_loses_all_up_to_its_next_key_fragment() -> None:
    queue = LiveQueue(max_bytes=100)
    dropped = metrics.live_dropped._value.get()
    queue.put(1, fragment("k1", key=True, size=80))
    queue.put(1, fragment("d1", size=40))
    queue.put(1, fragment("d2", size=5))
    assert await taken(queue) == [(1, "k1")]
    queue.put(1, fragment("d3", size=5))
    queue.put(2, fragment("other", size=5))
    queue.put(1, fragment("k2", key=True, size=5))
    queue.put(1, fragment("d4", size=5))
    assert await taken(queue) == [(2, "other"), (1, "k2"), (1, "d4")]
    assert metrics.live_dropped._value.get() == dropped + 3


async def test_an_initialisation_gets_through_a_full_queue() -> None:
    queue = LiveQueue(max_bytes=100)
    queue.put(1, fragment("k1", key=True, size=90))
    queue.put(2, fragment("k1", key=True, size=9))
    queue.put(1, fragment("d1", size=90))
    queue.begin(started(), fragment(init=True, size=50))
    queue.put(1, fragment("k2", key=True, size=20))
    assert await taken(queue) == [(2, "k1"), started(), (1, "init"), (1, "k2")]


async def test_a_camera_that_connects_again_and_again_fills_nothing() -> None:
    queue = LiveQueue()
    for _ in range(1000):
        queue.begin(started(), fragment(init=True, size=1000))
    assert (len(queue._items), queue._bytes) == (2, 1000)


async def test_what_nobody_watches_any_more_is_not_sent() -> None:
    queue = LiveQueue()
    for channel in (1, 2):
        queue.begin(started(channel), fragment(init=True))
    queue.forget(1)
    assert await taken(queue) == [started(2), (2, "init")]
    assert queue._bytes == 0


async def test_one_fragment_larger_than_the_queue_goes_alone() -> None:
    queue = LiveQueue(max_bytes=10)
    queue.put(1, fragment("k", key=True, size=50))
    assert len(await taken(queue)) == 1


async def test_a_fragment_that_the_centre_would_hang_up_on_is_dropped() -> None:
    queue = LiveQueue(max_bytes=protocol.MAX_FRAGMENT_BYTES * 2)
    largest = protocol.MAX_FRAGMENT_BYTES - 4
    queue.put(1, fragment("k", key=True, size=largest))
    queue.put(1, fragment("k", key=True, size=largest + 1))
    item = await queue.get()
    assert not isinstance(item, LiveStarted)
    assert len(protocol.encode_fragment(*item)) == protocol.MAX_FRAGMENT_BYTES
    assert not queue._items


async def test_a_reader_waits_for_what_comes() -> None:
    queue = LiveQueue()
    reading = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not reading.done()
    queue.put(1, fragment("k", key=True))
    await asyncio.wait_for(reading, 5)


class TestCredit:
    async def test_a_channel_without_it_waits_and_holds_up_no_other(self) -> None:
        queue = LiveQueue()
        queue.grant(1, 10)
        queue.begin(started(), fragment(init=True, size=8))
        queue.put(1, fragment("k1", key=True, size=50))
        queue.put(1, fragment("d1", size=5))
        queue.put(2, fragment("other", size=5))
        assert await taken(queue) == [started(), (1, "init"), (1, "k1"), (2, "other")]
        queue.grant(1, 48)
        assert await taken(queue) == []
        queue.grant(1, 1)
        assert await taken(queue) == [(1, "d1")]

    async def test_what_waited_goes_when_the_next_gop_begins_but_for_the_initialisation(self) -> None:
        queue = LiveQueue()
        dropped = metrics.live_dropped._value.get()
        queue.grant(1, 0)
        queue.begin(started(), fragment(init=True, size=8))
        queue.put(1, fragment("k1", key=True, size=50))
        queue.put(1, fragment("d1", size=5))
        queue.put(1, fragment("k2", key=True, size=50))
        queue.grant(1, 1000)
        assert await taken(queue) == [started(), (1, "init"), (1, "k2")]
        assert metrics.live_dropped._value.get() == dropped + 2
        assert queue._bytes == 0

    async def test_who_waits_goes_on_when_it_comes(self) -> None:
        queue = LiveQueue()
        queue.grant(1, 0)
        queue.put(1, fragment("k1", key=True, size=50))
        getting = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        assert not getting.done()
        queue.grant(1, 1)
        assert await asyncio.wait_for(getting, 5) == (1, fragment("k1", key=True, size=50))

    async def test_a_channel_that_is_asked_for_anew_begins_without(self) -> None:
        queue = LiveQueue()
        queue.grant(1, 0)
        queue.forget(1)
        queue.put(1, fragment("k1", key=True))
        assert await taken(queue) == [(1, "k1")]
