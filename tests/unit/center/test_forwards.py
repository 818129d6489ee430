"""The centre's pushes: one subscription for all servers of a stream, asked for while one of them takes pictures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from tests.media import Footage, footage, pictures_of
from tests.unit.center.rtsp.test_live import FakeSubscription, messages_of
from tests.unit.forward.push.test_pusher import Server
from vigil.center.forwards import Feed
from vigil.clock import SystemClock
from vigil.errors import ForwardError
from vigil.forward.push import Pusher, Target
from vigil.model.ids import CameraId
from vigil.model.live import LiveState
from vigil.model.looks import CameraHealth
from vigil.model.media import Codec, Fragment, Packet, StreamKind

COUNTER = CameraId("pushed-counter")
MAIN = StreamKind.MAIN
OTHER = footage(Codec.H264, size=(320, 240))
"""Of another size than what comes before it."""


class Waits:
    """How long nothing is tried after a failure is the test's business."""

    def __init__(self, wait_s: float = 0.01) -> None:
        self.wait_s = wait_s

    def failed(self, healthy_s: float) -> float:
        return self.wait_s


@dataclass
class World:
    servers: list[Server]
    waits: Waits = field(default_factory=Waits)
    subscriptions: list[FakeSubscription] = field(default_factory=list)

    def subscribe(self, camera: CameraId, stream: StreamKind) -> FakeSubscription:
        assert (camera, stream) == (COUNTER, MAIN)
        self.subscriptions.append(FakeSubscription())
        return self.subscriptions[-1]

    @property
    def newest(self) -> FakeSubscription:
        return self.subscriptions[-1]

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not done():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def pushed(servers: int = 1, wait_s: float = 0.01) -> AsyncIterator[World]:
    world = World([Server() for _ in range(servers)], Waits(wait_s))
    feed = Feed((COUNTER, MAIN), world.subscribe, SystemClock(), world.waits)
    for number, server in enumerate(world.servers):
        target = Target(COUNTER, MAIN, f"rtsp://media-{number}.example/x")

        def make(target: Target, rests: Callable[[bool], None], server: Server = server) -> Pusher:
            return Pusher(target, SystemClock(), world.waits, open_outlet=server, rests=rests)

        feed.add(target, make, asyncio.get_running_loop())
    for pusher in feed.pushers:
        pusher.start()
    running = asyncio.create_task(feed.run())
    await world.until(lambda: len(world.subscriptions) > 0)
    try:
        yield world
    finally:
        running.cancel()
        await asyncio.wait([running])
        for pusher in feed.pushers:
            pusher.stop()
            assert await asyncio.to_thread(pusher.join, 10)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigil.center.rtsp.live_line.SETTLE_S", -1.0)


@pytest.fixture(scope="module")
def shown() -> Footage:
    return footage(Codec.H264, seconds=2)


def came(packets: list[Packet]) -> list[tuple[bytes, ...]]:
    return pictures_of(Codec.H264, packets)


def whole(shown: Footage) -> list[tuple[bytes, ...]]:
    """A picture leaves the muxer when the next one comes."""
    return pictures_of(Codec.H264, shown.packets[:-1])


async def test_all_servers_of_a_stream_share_one_subscription(shown: Footage) -> None:
    async with pushed(servers=3) as world:
        world.newest.put(*messages_of(shown))
        await world.until(lambda: all(len(server.taken) == len(shown.packets) - 1 for server in world.servers))
        assert [came(server.taken) for server in world.servers] == [whole(shown)] * 3
        assert all(server.connections[0][0] == shown.parameters for server in world.servers)
        assert len(world.subscriptions) == 1


async def test_a_node_that_comes_back_cuts_no_connection_and_time_goes_on(shown: Footage) -> None:
    async with pushed() as world:
        (server,) = world.servers
        world.newest.put(*messages_of(shown))
        await world.until(lambda: len(server.taken) == len(shown.packets) - 1)
        again = messages_of(shown.later(2.0))
        world.newest.put(LiveState(CameraHealth.OFFLINE), *messages_of(shown), again[0], *again[1:])
        await world.until(lambda: len(server.taken) >= 2 * len(shown.packets) - 3)
        assert len(server.connections) == 1
        times = [packet.dts_90k for packet in server.taken]
        assert times == sorted(set(times))


async def test_another_size_is_another_connection(shown: Footage) -> None:
    async with pushed() as world:
        (server,) = world.servers
        world.newest.put(*messages_of(shown))
        await world.until(lambda: len(server.taken) == len(shown.packets) - 1)
        world.newest.put(*messages_of(OTHER))
        await world.until(lambda: len(server.connections) == 2)
        assert server.connections[1][0] == OTHER.parameters


async def test_nothing_is_asked_of_the_node_while_all_servers_are_away(shown: Footage) -> None:
    async with pushed(wait_s=60.0) as world:
        (server,) = world.servers
        server.fail = ForwardError(COUNTER, "rtsp://media-0.example", "away")
        world.newest.put(*messages_of(shown)[:3])
        await world.until(lambda: server.tries == 1)
        world.newest.put(*messages_of(shown)[3:])
        await world.until(lambda: world.newest.closed)
        await asyncio.sleep(0.05)
        assert len(world.subscriptions) == 1


async def test_one_server_that_is_away_costs_the_others_nothing(shown: Footage) -> None:
    async with pushed(servers=2, wait_s=60.0) as world:
        away, there = world.servers
        away.fail = ForwardError(COUNTER, "rtsp://media-0.example", "away")
        world.newest.put(*messages_of(shown))
        await world.until(lambda: len(there.taken) == len(shown.packets) - 1)
        assert away.tries == 1
        assert not world.newest.closed


async def test_a_server_that_is_back_has_the_stream_asked_for_again(shown: Footage) -> None:
    async with pushed(wait_s=0.2) as world:
        (server,) = world.servers
        server.fail = ForwardError(COUNTER, "rtsp://media-0.example", "away")
        world.newest.put(*messages_of(shown)[:3])
        await world.until(lambda: server.tries == 1)
        world.newest.put(*messages_of(shown)[3:])
        await world.until(lambda: len(world.subscriptions) == 2)
        assert world.subscriptions[0].closed
        server.fail = None
        world.newest.put(*messages_of(shown))
        await world.until(lambda: len(server.taken) == len(shown.packets) - 1)
        assert came(server.taken) == whole(shown)


async def test_what_is_no_fragment_is_told_once_and_the_stream_asked_for_again(shown: Footage) -> None:
    async with pushed() as world:
        (server,) = world.servers
        with capture_logs() as logs:
            for tries in (1, 2):
                world.newest.put(messages_of(shown)[0], Fragment(b"\x00\x00\x00\x08nope", init=False, key=True))
                await world.until(lambda tries=tries: len(world.subscriptions) == tries + 1)  # type: ignore[misc]
        assert [line["event"] for line in logs] == ["forward_lost"]
        assert all(one.closed for one in world.subscriptions[:-1])
        world.newest.put(*messages_of(shown))
        await world.until(lambda: len(server.taken) == len(shown.packets) - 1)


async def test_ends_with_the_hub(shown: Footage) -> None:
    async with pushed() as world:
        world.newest.put(*messages_of(shown), None)
        await world.until(lambda: world.newest.closed)
        await asyncio.sleep(0.05)
        assert len(world.subscriptions) == 1


async def test_a_camera_that_the_site_has_no_more_is_told_once_and_asked_for_again() -> None:
    async with pushed() as world:
        real, tries = world.subscribe, 0

        def gone(camera: CameraId, stream: StreamKind) -> FakeSubscription:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise KeyError(camera)
            return real(camera, stream)

        feed = Feed((COUNTER, MAIN), gone, SystemClock(), world.waits)
        with capture_logs() as logs:
            running = asyncio.create_task(feed.run())
            await world.until(lambda: len(world.subscriptions) == 2)
        running.cancel()
        await asyncio.wait([running])
        assert [(line["event"], line["reason"]) for line in logs] == [("forward_lost", "the site has no such camera")]
