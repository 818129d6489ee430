"""Live streams on demand: one subscription for all readers, held while somebody reads, closed when nothing comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.media import Footage, footage, slices
from vigil.center.rtsp import live
from vigil.center.rtsp.live import LiveChannels
from vigil.clock import SystemClock
from vigil.forward.rtsp import Limits, Mount
from vigil.forward.rtsp.mount import Reader
from vigil.forward.rtsp.source import Refusal
from vigil.ingest.mux import FragmentMuxer
from vigil.model.ids import CameraId
from vigil.model.live import LiveDropped, LiveInit, LiveMessage, LiveState
from vigil.model.looks import CameraHealth
from vigil.model.media import Codec, StreamKind

COUNTER = CameraId("counter")
MAIN = StreamKind.MAIN


class FakeSubscription:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[LiveMessage | None] = asyncio.Queue()
        self.closed = False

    def put(self, *messages: LiveMessage | None) -> None:
        for message in messages:
            self._queue.put_nowait(message)

    def __aiter__(self) -> AsyncIterator[LiveMessage]:
        return self

    async def __anext__(self) -> LiveMessage:
        message = await self._queue.get()
        if message is None:
            raise StopAsyncIteration
        return message

    async def aclose(self) -> None:
        self.closed = True


class World:
    def __init__(self) -> None:
        self.subscriptions: list[FakeSubscription] = []
        self.asked: list[tuple[CameraId, StreamKind]] = []
        self.channels = LiveChannels(self._subscribe, SystemClock(), Limits())

    def _subscribe(self, camera: CameraId, stream: StreamKind) -> FakeSubscription:
        self.asked.append((camera, stream))
        self.subscriptions.append(FakeSubscription())
        return self.subscriptions[-1]

    async def hold(self, messages: list[LiveMessage]) -> tuple[live.LiveChannel, Mount]:
        holding = asyncio.ensure_future(self.channels.hold(COUNTER, MAIN))
        await asyncio.sleep(0)
        self.subscriptions[-1].put(*messages)
        return await holding

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not done():
                await asyncio.sleep(0.005)


async def ended(reader: Reader) -> bool:
    async with asyncio.timeout(5):
        while await reader.next() is not None:
            pass
    return True


def messages_of(shown: Footage) -> list[LiveMessage]:
    muxer = FragmentMuxer(shown.parameters, fragment_s=None)
    header, *rest = [fragment for packet in shown.packets for fragment in muxer.write(packet)]
    size = shown.parameters.width, shown.parameters.height
    return [LiveInit("video/mp4", *size, header.data), *rest]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LINGER_S", 0.05)
    monkeypatch.setattr("vigil.center.rtsp.live_line.SETTLE_S", -1.0)


@pytest.fixture(scope="module")
def shown() -> Footage:
    return footage(Codec.H264, seconds=2)


async def test_many_readers_share_one_subscription(shown: Footage) -> None:
    world = World()
    _, first = await world.hold(messages_of(shown))
    others = [await world.channels.hold(COUNTER, MAIN) for _ in range(5)]
    assert all(mount is first for _, mount in others)
    assert world.asked == [(COUNTER, MAIN)]
    assert first.parameters == shown.parameters
    await world.channels.close()


async def test_a_reader_gets_the_pictures_that_the_node_sent(shown: Footage) -> None:
    world = World()
    _, mount = await world.hold([]) if False else await world.hold(messages_of(shown)[:2])
    reader = mount.subscribe()
    world.subscriptions[0].put(*messages_of(shown)[2:])
    got = [await asyncio.wait_for(reader.next(), 5) for _ in range(len(shown.packets) - 1)]
    codec = shown.parameters.codec
    assert [slices(codec, one.data) for one in got if one] == [slices(codec, one.data) for one in shown.packets[:-1]]
    await world.channels.close()


async def test_is_closed_some_time_after_the_last_reader(shown: Footage) -> None:
    world = World()
    channel, mount = await world.hold(messages_of(shown))
    await world.channels.hold(COUNTER, MAIN)
    world.channels.release(channel)
    await asyncio.sleep(0.1)
    assert not world.subscriptions[0].closed, "one still reads"
    world.channels.release(channel)
    again, same = await world.channels.hold(COUNTER, MAIN)
    await asyncio.sleep(0.1)
    assert same is mount, "who comes back in time finds it"
    world.channels.release(again)
    await world.until(lambda: world.subscriptions[0].closed)
    await world.until(lambda: len(world.channels) == 0)
    assert await ended(mount.subscribe())


async def test_a_node_that_is_not_there_is_said_at_once() -> None:
    world = World()
    with pytest.raises(Refusal, match="not connected") as refusal:
        await world.hold([LiveState(CameraHealth.OFFLINE)])
    assert refusal.value.status == 503
    await world.until(lambda: world.subscriptions[0].closed)
    await world.until(lambda: len(world.channels) == 0)


async def test_who_does_not_wait_leaves_nothing_behind() -> None:
    world = World()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await world.channels.hold(COUNTER, MAIN)
    await world.until(lambda: world.subscriptions[0].closed)
    await world.until(lambda: len(world.channels) == 0)


async def test_silence_ends_it(shown: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SILENCE_S", 0.1)
    world = World()
    _, mount = await world.hold(messages_of(shown))
    assert await ended(mount.subscribe())
    await world.until(lambda: len(world.channels) == 0)


async def test_the_same_camera_anew_goes_on_for_its_readers(shown: Footage) -> None:
    world = World()
    _, mount = await world.hold(messages_of(shown))
    reader = mount.subscribe()
    world.subscriptions[0].put(LiveState(CameraHealth.OFFLINE), LiveDropped(1), *messages_of(shown))
    got = [await asyncio.wait_for(reader.next(), 5) for _ in range(60)]
    times = [one.dts_90k for one in got if one is not None]
    assert times == sorted(set(times))
    assert len(times) == 60
    await world.channels.close()


async def test_another_codec_ends_it(shown: Footage) -> None:
    world = World()
    _, mount = await world.hold(messages_of(shown))
    world.subscriptions[0].put(*messages_of(footage(Codec.H265, seconds=1)))
    assert await ended(mount.subscribe())
    await world.until(lambda: len(world.channels) == 0)


async def test_what_makes_no_sense_ends_it(shown: Footage) -> None:
    world = World()
    with pytest.raises(Refusal):
        await world.hold([LiveInit("video/mp4", 1, 1, b"not an initialisation")])
    await world.until(lambda: len(world.channels) == 0)
