"""The node's end over a connection in memory: what is sent, what is kept, and what no failure may do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from inspect import signature
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from tests.unit.uplink.samples import CAMERA, NODE, SITE, T0, at, fragment, status, suspension
from tests.unit.uplink.sockets import WITHIN_S, NodeSocket
from vigil.clock import FakeClock
from vigil.errors import StoreError
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind
from vigil.model.suspensions import Suspension
from vigil.uplink import client as client_module
from vigil.uplink import protocol
from vigil.uplink.client import CenterAddress, UplinkClient
from vigil.uplink.outbox import Outbox
from vigil.uplink.protocol import (
    Ack,
    ChannelFragment,
    Credit,
    Declined,
    Hello,
    LiveStarted,
    Record,
    Report,
    Suspensions,
    TheTime,
    Unwatch,
    Watch,
    Welcome,
    WhatTime,
)
from vigil.uplink.spool import Spool

MAIN = StreamKind.MAIN
WELCOME = Welcome(SITE, (CAMERA,), "r1", T0)
STARTED = LiveStarted(0, CAMERA, MAIN, "video/mp4", 1920, 1080)


class FakeEnd:
    revision = "r0"

    def __init__(self) -> None:
        self.configured: list[str] = []
        self.watching: list[tuple[str, CameraId]] = []
        self.suspended: list[tuple[Suspension, ...]] = []
        self.fail: Exception | None = None

    def configure(self, welcome: Welcome) -> None:
        if self.fail is not None:
            raise self.fail
        self.configured.append(welcome.revision)

    def suspend(self, suspensions: tuple[Suspension, ...]) -> None:
        self.suspended.append(suspensions)

    def watch(self, camera: CameraId, stream: StreamKind) -> None:
        self.watching.append(("watch", camera))

    def unwatch(self, camera: CameraId, stream: StreamKind) -> None:
        self.watching.append(("unwatch", camera))


class World:
    """A client whose connections are made here: each call takes the next of `ahead`, a socket or an error."""

    def __init__(self, outbox: Outbox, spool: Spool) -> None:
        self.outbox, self.end, self.clock = outbox, FakeEnd(), FakeClock(at(0))
        self.ahead: list[NodeSocket | Exception] = []
        self.connected = asyncio.Event()
        self.connections = 0
        self.proxies: list[str | None] = []
        address = CenterAddress("ws://centre.test/", NODE, "the-key")
        self.client = UplinkClient(address, self.end, outbox, spool, self.clock)

    async def connect(self, address: str, **options: Any) -> NodeSocket:
        assert address == "ws://centre.test/uplink/v1"
        assert options["additional_headers"] == {"Authorization": "Bearer the-key", "X-Vigil-Node": NODE}
        self.connections += 1
        self.proxies.append(options["proxy"])
        self.connected.set()
        if not self.ahead:
            await asyncio.Event().wait()
        coming = self.ahead.pop(0)
        if isinstance(coming, Exception):
            raise coming
        return coming

    @asynccontextmanager
    async def running(self, *ahead: NodeSocket | Exception) -> AsyncIterator[asyncio.Task[None]]:
        self.ahead = list(ahead)
        running = asyncio.create_task(self.client.run())
        try:
            yield running
        finally:
            while not running.done():  # see UplinkClient.run
                running.cancel()
                await asyncio.wait({running}, timeout=0.1)

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not done():
                await asyncio.sleep(0)

    def put(self, *names: str, made: float = 0) -> None:
        for name in names:
            self.outbox.put(name, "gap", at(made), {"of": name})
        self.client.wake()


@pytest.fixture
async def world(outbox: Outbox, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(outbox, spool)
    monkeypatch.setattr(client_module, "connect", world.connect)
    monkeypatch.setattr(client_module, "_BACKOFF_S", (0.0,))
    monkeypatch.setattr(client_module, "_IDLE_S", 0.01)
    return world


async def greeted(socket: NodeSocket) -> Hello:
    socket.say(WELCOME)
    hello = await socket.heard()
    assert isinstance(hello, Hello)
    return hello


async def seqs(socket: NodeSocket, count: int) -> list[int]:
    heard = [await socket.heard() for _ in range(count)]
    assert all(isinstance(message, Record) for message in heard)
    return [message.seq for message in heard if isinstance(message, Record)]


async def test_says_hello_takes_its_site_and_sends_what_waits_in_order(world: World) -> None:
    world.put("a", "b")
    socket = NodeSocket()
    async with world.running(socket):
        hello = await greeted(socket)
        first, second = await socket.heard(), await socket.heard()
    assert (hello.node, hello.protocol, hello.revision) == (NODE, protocol.VERSION, "r0")
    assert world.end.configured == ["r1"]
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.id, second.id, first.body) == ("a", "b", {"of": "a"})


async def test_what_is_acknowledged_goes_and_the_rest_is_sent_again(world: World) -> None:
    world.put("a", "b", "c")
    one, two = NodeSocket(), NodeSocket()
    async with world.running(one, two):
        await greeted(one)
        sent = await seqs(one, 3)
        one.say(Ack(sent[0]), Ack(sent[2]))
        await world.until(lambda: len(world.outbox.pending(0, 9)) == 1)
        one.cut()
        await greeted(two)
        assert await seqs(two, 1) == [sent[1]]


async def test_what_the_centre_declines_is_set_aside_and_the_others_go_on(world: World) -> None:
    world.put("bad", "good")
    socket, again = NodeSocket(), NodeSocket()
    async with world.running(socket, again):
        await greeted(socket)
        bad, good = await seqs(socket, 2)
        socket.say(Declined(bad, "not of this node"), Ack(good))
        await world.until(lambda: not world.outbox.pending(0, 9))
        assert world.outbox.aside() == [("bad", "not of this node")]
        socket.cut()
        await greeted(again)
        world.put("next")
        message = await again.heard()
        assert isinstance(message, Record)
        assert message.id == "next"


async def test_what_an_older_centre_does_not_know_waits_for_one_that_does(world: World) -> None:
    world.outbox.put("minute", "minutes", at(0), {})
    world.put("a")
    older, newer = NodeSocket(), NodeSocket()
    async with world.running(older, newer):
        with capture_logs() as log:
            await greeted(older)
            (sent,) = await seqs(older, 1)
        older.say(Ack(sent))
        await world.until(lambda: len(world.outbox.pending(0, 9)) == 1)
        assert older._up.empty()
        older.cut()
        newer.say(replace(WELCOME, takes=protocol.RECORD_KINDS))
        assert isinstance(await newer.heard(), Hello)
        message = await newer.heard()
    assert isinstance(message, Record)
    assert (message.id, message.kind) == ("minute", "minutes")
    assert {"event": "center_is_older", "records_wait": ["minutes"], "log_level": "warning"} in log


async def test_a_record_larger_than_a_message_may_be_stays_here(world: World, outbox: Outbox) -> None:
    big = Outbox(outbox._database, max_bytes=10**9)
    big.put("big", "alert", T0, {"snapshot": "x" * protocol.MAX_TEXT_BYTES})
    world.put("small")
    socket = NodeSocket()
    async with world.running(socket):
        await greeted(socket)
        message = await socket.heard()
        assert isinstance(message, Record)
        assert message.id == "small"
    assert [name for name, _ in outbox.aside()] == ["big"]


async def test_only_so_many_records_are_under_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_RECORDS_IN_FLIGHT", 3)
    world.put(*(f"r{number}" for number in range(6)))
    socket = NodeSocket()
    async with world.running(socket):
        await greeted(socket)
        sent = await seqs(socket, 3)
        for _ in range(50):
            await asyncio.sleep(0)
        assert socket._up.empty()
        socket.say(*(Ack(seq) for seq in sent))
        assert await seqs(socket, 3) == [seq + 3 for seq in sent]


@pytest.mark.lesson(18)
async def test_what_waited_for_the_link_is_marked_as_backfilled(world: World) -> None:
    world.put("old", made=0)
    world.put("new", made=55)
    world.clock.at = at(60)
    socket = NodeSocket()
    async with world.running(socket):
        await greeted(socket)
        old, new = await socket.heard(), await socket.heard()
        world.clock.at = at(600)
        world.put("live", made=600)
        live = await socket.heard()
    flags = [message.backfilled for message in (old, new, live) if isinstance(message, Record)]
    assert flags == [True, False, False]


async def test_the_newest_report_is_told_at_once_after_each_connection(world: World) -> None:
    world.client.report(Report((status(),)))
    one, two = NodeSocket(), NodeSocket()
    async with world.running(one, two):
        one.say(WELCOME)
        for socket in (one, two):
            two.say(WELCOME)
            kinds = [protocol.decode_up(await asyncio.wait_for(socket._up.get(), WITHIN_S)) for _ in range(2)]
            assert isinstance(kinds[1], Report)
            socket.cut()


async def test_live_goes_to_those_channels_that_watch_it(world: World) -> None:
    socket = NodeSocket()
    async with world.running(socket):
        await greeted(socket)
        socket.say(Watch(7, CAMERA, MAIN))
        await world.until(lambda: world.end.watching == [("watch", CAMERA)])
        world.client.live(CAMERA, StreamKind.SUB, None, fragment("sub", key=True))
        world.client.live(CAMERA, MAIN, STARTED, fragment("init", init=True))
        world.client.live(CAMERA, MAIN, None, fragment("k", key=True))
        heard = [await socket.heard() for _ in range(3)]
        socket.say(Unwatch(7), Unwatch(8))
        await world.until(lambda: world.end.watching[1:] == [("unwatch", CAMERA)])
        world.client.live(CAMERA, MAIN, None, fragment("late", key=True))
        world.put("record")
        assert isinstance(await socket.heard(), Record)
    assert isinstance(heard[0], LiveStarted)
    assert heard[0].channel == 7
    assert heard[1:] == [
        ChannelFragment(7, fragment("init", init=True)),
        ChannelFragment(7, fragment("k", key=True)),
    ]


async def test_a_new_pipeline_is_told_what_is_watched_and_a_lost_link_ends_it(world: World) -> None:
    socket = NodeSocket()
    async with world.running(socket):
        await greeted(socket)
        socket.say(Watch(1, CAMERA, MAIN))
        await world.until(lambda: len(world.end.watching) == 1)
        world.client.renew_watches()
        assert world.end.watching == [("watch", CAMERA)] * 2
        socket.cut()
        await world.until(lambda: world.end.watching[2:] == [("unwatch", CAMERA)])
    world.client.renew_watches()
    assert len(world.end.watching) == 3


def refused(status_code: int) -> InvalidStatus:
    return InvalidStatus(SimpleNamespace(status_code=status_code))  # type: ignore[arg-type]


async def test_a_wrong_key_is_told_once_in_words_and_tried_again(world: World) -> None:
    with capture_logs() as logs:
        async with world.running(*[refused(403)] * 5):
            await world.until(lambda: world.connections == 6)
    assert [line["event"] for line in logs] == ["uplink_lost"]
    assert "Compare the node's id and key" in logs[0]["error"]
    assert "the-key" not in str(logs)


async def test_a_proxy_whose_centre_is_away_is_not_a_wrong_key(world: World) -> None:
    with capture_logs() as logs:
        async with world.running(refused(502), ConnectionRefusedError("no"), refused(403)):
            await world.until(lambda: world.connections == 4)
    assert len(logs) == 3
    assert "key" not in logs[0]["error"]
    assert "key" in logs[2]["error"]


async def test_a_link_told_of_by_several_tasks_is_one_loss(world: World) -> None:
    """Junk from the centre and a send that fails at the same time: two errors in one group."""
    one, two = NodeSocket(), NodeSocket()
    with capture_logs() as logs:
        async with world.running(one, two) as running:
            await greeted(one)
            one.broken = True  # every send fails from now on
            world.put("a")
            world.client.report(Report())
            one.say_text("junk")
            await greeted(two)
            assert not running.done()
    assert [line["event"] for line in logs if "uplink" in line["event"]].count("uplink_lost") == 1


@pytest.mark.parametrize("error", [StoreError("the disk is full"), RuntimeError("a defect"), OSError("gone")])
async def test_no_failure_of_the_node_ends_the_uplink(world: World, error: Exception) -> None:
    one, two = NodeSocket(), NodeSocket()
    world.end.fail = error
    async with world.running(one, two) as running:
        one.say(WELCOME)
        await world.until(lambda: world.connections == 2)
        world.end.fail = None
        await greeted(two)
        assert not running.done()


async def test_a_failing_outbox_is_a_lost_link_and_no_lost_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("a")
    one, two = NodeSocket(), NodeSocket()
    real, tries = world.outbox.acknowledge, []

    def fail_once(numbers: list[int]) -> None:
        tries.append(numbers)
        if len(tries) == 1:
            raise StoreError("the disk is full")
        real(numbers)

    monkeypatch.setattr(world.outbox, "acknowledge", fail_once)
    async with world.running(one, two):
        await greeted(one)
        (seq,) = await seqs(one, 1)
        one.say(Ack(seq))
        await greeted(two)
        assert await seqs(two, 1) == [seq]
        two.say(Ack(seq))
        await world.until(lambda: not world.outbox.pending(0, 9))


async def test_a_centre_that_does_not_begin_with_a_welcome_is_left(world: World) -> None:
    one, two = NodeSocket(), NodeSocket()
    async with world.running(one, two):
        one.say(Ack(1))
        await greeted(two)
    assert world.end.configured == ["r1"]


async def test_a_centre_that_never_answers_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_WELCOME_S", 0.01)
    silent, two = NodeSocket(), NodeSocket()
    async with world.running(silent, two):
        await greeted(two)


async def test_names_what_it_can_and_takes_suspensions_as_they_come(world: World) -> None:
    socket = NodeSocket()
    async with world.running(socket):
        hello = await greeted(socket)
        socket.say(Suspensions((suspension(),)))
        socket.say(Suspensions(()))
        await world.until(lambda: len(world.end.suspended) == 2)
    assert hello.can == ("suspensions", "credit", "time", "resume")
    assert world.end.suspended == [(suspension(),), ()]


async def test_a_new_site_comes_with_a_new_link(world: World) -> None:
    one, two = NodeSocket(), NodeSocket()
    async with world.running(one, two):
        await greeted(one)
        one.cut()
        two.say(Welcome(SITE, (), "r2", T0 + timedelta(hours=1)))
        await world.until(lambda: world.end.configured == ["r1", "r2"])


def test_the_key_is_not_in_the_address_as_it_is_shown() -> None:
    address = CenterAddress("wss://centre.test", NODE, "the-key")
    assert "the-key" not in repr(address)
    assert (address.socket, address.http) == ("wss://centre.test/uplink/v1", "https://centre.test")


async def test_tells_the_time_when_asked(world: World) -> None:
    socket = NodeSocket()
    async with world.running(socket):
        await greeted(socket)
        socket.say(WhatTime(at(5)))
        assert await socket.heard() == TheTime(at(5), world.clock.now())


async def test_sends_no_more_than_it_has_credit_for(world: World) -> None:
    socket = NodeSocket()
    async with world.running(socket):
        await greeted(socket)
        socket.say(Watch(1, CAMERA, MAIN), Credit(1, 10))
        await world.until(lambda: world.end.watching != [])
        world.client.live(CAMERA, MAIN, None, fragment("k1", key=True, size=20))
        world.client.live(CAMERA, MAIN, None, fragment("d1", size=5))
        first = await socket.heard()
        assert isinstance(first, ChannelFragment)
        assert socket._up.empty()
        socket.say(Credit(1, 11))
        second = await socket.heard()
        assert isinstance(second, ChannelFragment)
        assert second.fragment.data.startswith(b"d1")


def test_a_connection_for_segments_is_given_up_long_before_the_centre_closes_it() -> None:
    """A segment that is on the way when it is closed would be lost."""
    closed_s = signature(uvicorn.Config).parameters["timeout_keep_alive"].default
    assert closed_s > client_module._KEPT_OPEN_S + 1
