"""The centre's hub over a socket in memory: who is let in, what is acknowledged, and what a bad message costs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from tests.unit.uplink.samples import CAMERA, NODE, OTHER_NODE, OWNERS, SITE, T0, fragment, segment, status, suspension
from tests.unit.uplink.sockets import WITHIN_S, CenterSocket
from vigil.clock import FakeClock
from vigil.errors import ArchiveError, StoreError, UnstorableError, UplinkError
from vigil.model.ids import NodeId, SegmentId
from vigil.model.live import LiveInit
from vigil.model.media import StreamKind
from vigil.model.suspensions import Suspension
from vigil.uplink import hub as hub_module
from vigil.uplink import protocol
from vigil.uplink.hub import Hub, NodePlan, Place
from vigil.uplink.live import LiveHub
from vigil.uplink.node_clock import ClockReading
from vigil.uplink.protocol import (
    Ack,
    Declined,
    Hello,
    LiveStarted,
    Offer,
    Put,
    Record,
    Rejected,
    Report,
    Stored,
    Suspensions,
    TheTime,
    Uploaded,
    Watch,
    Welcome,
    WhatTime,
)


class FakeIntake:
    """Remembers what was entered; `fail` is raised instead, once or for ever."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.links: list[tuple[NodeId, bool]] = []
        self.fail: Exception | None = None
        self.urls: dict[SegmentId, str | None] = {}
        self.go_on = threading.Event()
        self.go_on.set()
        self.at_work = threading.Event()

    def _enter(self, what: Any) -> None:
        self.at_work.set()
        assert self.go_on.wait(WITHIN_S)
        if self.fail is not None:
            raise self.fail
        self.done.append(what)

    def record(self, node: NodeId, record: Record) -> None:
        self._enter(record.id)

    def offer(self, node: NodeId, offer: Offer, *, resumes: bool) -> Place | None:
        self._enter(offer.segment.id)
        url = self.urls.get(offer.segment.id, "/put/here")
        return None if url is None else Place(url, 7 if resumes else 0)

    def uploaded(self, node: NodeId, segment: SegmentId) -> bool:
        self._enter(segment)
        return segment in self.urls

    def report(self, node: NodeId, report: Report) -> None:
        self._enter(report)

    def link(self, node: NodeId, *, connected: bool) -> None:
        self.links.append((node, connected))

    def clock(self, node: NodeId, reading: ClockReading) -> None:
        self._enter((node, reading))


class Centre:
    def __init__(self) -> None:
        self.intake, self.live = FakeIntake(), LiveHub(OWNERS)
        plans = {node: NodePlan(SITE, (), f"revision of {node}") for node in _KEYS}
        self.suspensions: dict[NodeId, tuple[Suspension, ...]] = {}
        self.keys: dict[NodeId, str] = dict(_KEYS)
        self.keys_fail: StoreError | None = None
        self.hub = Hub(plans, self._knows, self.intake, self.live, FakeClock(T0), self._suspensions_of)

    def _knows(self, node: NodeId, key: str) -> bool:
        if self.keys_fail is not None:
            raise self.keys_fail
        return self.keys.get(node) == key

    def _suspensions_of(self, node: NodeId) -> tuple[Suspension, ...]:
        if self.intake.fail is not None:
            raise self.intake.fail
        return self.suspensions.get(node, ())

    @asynccontextmanager
    async def linked(self, node: NodeId = NODE, can: tuple[str, ...] = ()) -> AsyncIterator[CenterSocket]:
        """A node that has been welcomed; hung up on at the end."""
        socket = CenterSocket(node, _KEYS[node])
        serving = self.serve(socket)
        socket.say(replace(hello(node), can=can))
        assert isinstance(await socket.heard(), Welcome)
        yield socket
        socket.hang_up()
        await asyncio.wait_for(serving, WITHIN_S)

    def serve(self, socket: CenterSocket) -> asyncio.Task[None]:
        return asyncio.create_task(self.hub.serve(socket))  # type: ignore[arg-type]


_KEYS = {NODE: "right", OTHER_NODE: "other"}


@pytest.fixture
def centre() -> Centre:
    return Centre()


def hello(node: NodeId = NODE, version: int = protocol.VERSION) -> Hello:
    return Hello(node, "0.1.0", version, "", T0)


def record(seq: int, name: str = "") -> Record:
    return Record(seq, name or f"r{seq}", "gap", T0, {})


@pytest.mark.parametrize(
    "socket",
    [
        CenterSocket(NODE, "wrong"),
        CenterSocket(NODE, ""),
        CenterSocket(NODE, "other"),
        CenterSocket(NODE, "right", scheme="Basic"),
        CenterSocket("stranger", "right"),
        CenterSocket("stranger", ""),
        CenterSocket("", ""),
        CenterSocket(NODE, "ключ"),
    ],
)
async def test_without_the_right_key_nobody_is_let_in(centre: Centre, socket: CenterSocket) -> None:
    with capture_logs() as logs:
        await centre.hub.serve(socket)  # type: ignore[arg-type]
    assert (socket.accepted, socket.closed is not None, centre.intake.links) == (False, True, [])
    assert [line["event"] for line in logs] == ["node_refused"]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (hello(OTHER_NODE), "own hello"),
        (record(1), "own hello"),
        (hello(version=2), "version 2"),
    ],
)
async def test_a_node_begins_with_its_own_hello(centre: Centre, message: Any, words: str) -> None:
    socket = CenterSocket(NODE)
    socket.say(message)
    await centre.hub.serve(socket)  # type: ignore[arg-type]
    assert socket.closed is not None
    assert words in socket.closed[1]
    assert socket.heard_nothing_more()
    assert centre.intake.links == []


async def test_a_node_that_says_nothing_is_let_go(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_HELLO_S", 0.01)
    await asyncio.wait_for(centre.hub.serve(CenterSocket(NODE)), WITHIN_S)  # type: ignore[arg-type]
    assert centre.intake.links == []


async def test_a_node_is_told_its_part_of_the_site(centre: Centre) -> None:
    socket = CenterSocket(NODE)
    serving = centre.serve(socket)
    socket.say(hello())
    assert await socket.heard() == Welcome(SITE, (), f"revision of {NODE}", T0, protocol.RECORD_KINDS)
    socket.hang_up()
    await serving
    assert centre.intake.links == [(NODE, True), (NODE, False)]


async def test_a_node_is_told_its_suspensions_at_the_welcome_and_at_each_change(centre: Centre) -> None:
    centre.suspensions = {NODE: (suspension("s-1"),), OTHER_NODE: (suspension("theirs"),)}
    async with centre.linked(can=(protocol.CAN_SUSPEND,)) as socket:
        assert await socket.heard() == Suspensions((suspension("s-1"),))
        centre.suspensions[NODE] += (suspension("s-2"),)
        await asyncio.to_thread(centre.hub.suspensions_changed)
        assert await socket.heard() == Suspensions((suspension("s-1"), suspension("s-2")))


async def test_a_node_that_has_no_suspensions_is_told_so(centre: Centre) -> None:
    """One may have ended while the node was away."""
    async with centre.linked(can=(protocol.CAN_SUSPEND,)) as socket:
        assert await socket.heard() == Suspensions(())


async def test_an_older_node_is_told_nothing_that_it_does_not_know(centre: Centre) -> None:
    centre.suspensions = {NODE: (suspension(),)}
    async with centre.linked() as socket:
        centre.hub.suspensions_changed()
        socket.say(record(1))
        assert await socket.heard() == Ack(1)


async def test_a_change_reaches_all_nodes_that_are_linked_and_disturbs_no_other(centre: Centre) -> None:
    async with centre.linked(NODE, (protocol.CAN_SUSPEND,)) as one:
        async with centre.linked(OTHER_NODE, (protocol.CAN_SUSPEND,)) as two:
            await one.heard(), await two.heard()
            centre.hub.suspensions_changed()
            assert [await one.heard(), await two.heard()] == [Suspensions(()), Suspensions(())]
        centre.hub.suspensions_changed()
        assert await one.heard() == Suspensions(())


async def test_a_node_whose_suspensions_cannot_be_read_comes_again(centre: Centre) -> None:
    socket = CenterSocket(NODE)
    centre.intake.fail = StoreError("disk full")
    serving = centre.serve(socket)
    socket.say(replace(hello(), can=(protocol.CAN_SUSPEND,)))
    await asyncio.wait_for(serving, WITHIN_S)
    assert socket.closed == (1013, "the centre cannot store now")


async def test_acknowledges_after_it_is_kept_and_in_order(centre: Centre) -> None:
    async with centre.linked() as socket:
        centre.intake.go_on.clear()
        socket.say(record(1), record(2))
        await asyncio.to_thread(centre.intake.at_work.wait, WITHIN_S)
        assert socket.heard_nothing_more()
        centre.intake.go_on.set()
        assert [await socket.heard(), await socket.heard()] == [Ack(1), Ack(2)]
    assert centre.intake.done == ["r1", "r2"]


@pytest.mark.parametrize("error", [StoreError("disk full"), ArchiveError("bucket away")])
async def test_what_cannot_be_kept_is_not_acknowledged(centre: Centre, error: Exception) -> None:
    socket = CenterSocket(NODE)
    serving = centre.serve(socket)
    socket.say(hello(), record(1))
    await socket.heard()
    centre.intake.fail = error
    with capture_logs() as logs:
        socket.say(record(2), record(3))
        await asyncio.wait_for(serving, WITHIN_S)
    answers = []
    while not socket.heard_nothing_more():
        answers.append(await socket.heard())
    assert answers in ([], [Ack(1)])
    assert socket.closed == (1013, "the centre cannot store now")
    assert "intake_failed" in {line["event"] for line in logs}
    assert centre.intake.links[-1] == (NODE, False)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UplinkError("not of this node"), "not of this node"),
        (UnstorableError("cannot hold NUL"), "cannot hold NUL"),
        (KeyError("a defect"), "its log says"),
    ],
)
async def test_a_record_that_cannot_be_taken_does_not_stop_those_behind_it(
    centre: Centre, error: Exception, words: str
) -> None:
    async with centre.linked() as socket:
        centre.intake.fail = error
        socket.say(record(1))
        answer = await socket.heard()
        centre.intake.fail = None
        socket.say(record(2))
        assert await socket.heard() == Ack(2)
    assert isinstance(answer, Declined)
    assert answer.seq == 1
    assert words in answer.reason


async def test_a_segment_is_put_and_then_verified(centre: Centre) -> None:
    one, other, known = segment(0), segment(10), segment(20)
    centre.intake.urls = {one.id: "/put/one", known.id: None}
    async with centre.linked() as socket:
        socket.say(Offer(one), Uploaded(one.id), Offer(known), Uploaded(other.id))
        answers = [await socket.heard() for _ in range(4)]
    assert answers[:3] == [Put(one.id, "/put/one"), Stored(one.id), Stored(known.id)]
    assert isinstance(answers[3], Rejected)


@pytest.mark.parametrize("error", [UplinkError("not of this node"), UnstorableError("NUL"), ValueError("a defect")])
async def test_a_segment_that_cannot_be_taken_does_not_cost_the_link(centre: Centre, error: Exception) -> None:
    one = segment()
    async with centre.linked() as socket:
        centre.intake.fail = error
        socket.say(Offer(one), Uploaded(one.id))
        assert isinstance(await socket.heard(), Rejected)
        assert isinstance(await socket.heard(), Rejected)
        centre.intake.fail = None
        socket.say(record(1))
        assert await socket.heard() == Ack(1)


@pytest.mark.parametrize(
    "junk",
    ["not json", "{}", '{"type": "order"}', protocol.encode_up(hello()), '{"type":"record","seq":1}', "\x00"],
)
async def test_junk_ends_the_link_and_only_that(centre: Centre, junk: str) -> None:
    socket = CenterSocket(NODE)
    serving = centre.serve(socket)
    async with centre.linked(OTHER_NODE) as other:
        socket.say(hello())
        await socket.heard()
        socket.say_text(junk)
        await asyncio.wait_for(serving, WITHIN_S)
        assert socket.closed is not None
        assert socket.closed[0] == 1008
        assert len(socket.closed[1].encode()) <= 123
        other.say(record(1))
        assert await other.heard() == Ack(1)


async def test_a_giant_message_ends_the_link(centre: Centre) -> None:
    socket = CenterSocket(NODE)
    serving = centre.serve(socket)
    socket.say(hello())
    await socket.heard()
    socket.say_text(protocol.encode_up(Record(1, "r", "gap", T0, {"x": "y" * protocol.MAX_TEXT_BYTES})))
    await asyncio.wait_for(serving, WITHIN_S)
    assert socket.closed is not None
    assert "bytes" in socket.closed[1]


async def test_live_does_not_wait_for_what_is_being_entered(centre: Centre) -> None:
    viewer = centre.live.subscribe(CAMERA, StreamKind.MAIN)
    async with centre.linked() as socket:
        assert await socket.heard() == Watch(1, CAMERA, StreamKind.MAIN)
        await anext(viewer)  # offline, from before the node came
        centre.intake.go_on.clear()
        socket.say(record(1))
        socket.say(LiveStarted(1, CAMERA, StreamKind.MAIN, "video/mp4", 1, 1))
        socket.say_live(1, fragment("init", init=True))
        assert await asyncio.wait_for(anext(viewer), WITHIN_S) == LiveInit("video/mp4", 1, 1, b"init")
        centre.intake.go_on.set()
        assert await socket.heard() == Ack(1)


async def test_a_live_frame_for_a_channel_of_another_node_goes_nowhere(centre: Centre) -> None:
    viewer = centre.live.subscribe(CAMERA, StreamKind.MAIN)
    async with centre.linked(OTHER_NODE) as other:
        other.say(LiveStarted(1, CAMERA, StreamKind.MAIN, "video/mp4", 1, 1))
        other.say_live(1, fragment("false", init=True))
        other.say(record(1))
        assert await other.heard() == Ack(1)
    assert [type(item).__name__ for item in viewer._items] == ["LiveState"]


async def test_a_full_inbox_makes_the_node_wait(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_INBOX_BYTES", 300)
    async with centre.linked() as socket:
        centre.intake.go_on.clear()
        socket.say(*(record(seq) for seq in range(1, 21)))
        await asyncio.to_thread(centre.intake.at_work.wait, WITHIN_S)
        for _ in range(20):
            await asyncio.sleep(0)
        assert socket._up.qsize() > 10  # left on the wire
        centre.intake.go_on.set()
        assert [await socket.heard() for _ in range(20)] == [Ack(seq) for seq in range(1, 21)]


async def test_a_node_that_connects_anew_ends_its_older_link(centre: Centre) -> None:
    older = CenterSocket(NODE)
    serving = centre.serve(older)
    older.say(hello())
    await older.heard()
    async with centre.linked() as newer:
        await asyncio.wait_for(serving, WITHIN_S)  # though it never hung up: it may be half open
        assert older.closed == (1008, "the node connected anew")
        assert centre.intake.links[-1] == (NODE, True)
        newer.say(record(1))
        assert await newer.heard() == Ack(1)
    assert centre.intake.links[-1] == (NODE, False)


async def test_a_node_that_comes_back_at_once_is_not_left_as_gone(centre: Centre) -> None:
    async with centre.linked() as first:
        first.hang_up()
        async with centre.linked():
            assert centre.intake.links[-1] == (NODE, True)
            async with centre.hub._telling:  # whoever still had something to tell has told it
                assert centre.intake.links[-1] == (NODE, True)


async def test_a_link_that_is_gone_hears_of_it_in_live(centre: Centre) -> None:
    viewer = centre.live.subscribe(CAMERA, StreamKind.MAIN)
    async with centre.linked():
        pass
    assert len(viewer._items) == 1  # "offline", once


async def test_a_report_is_entered_and_not_answered(centre: Centre) -> None:
    report = Report((status(),))
    async with centre.linked() as socket:
        socket.say(report, record(1))
        assert await socket.heard() == Ack(1)
    assert centre.intake.done == [report, "r1"]


async def test_a_node_that_reads_no_answers_is_cut_off(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module._Link, "_MAX_QUEUED", 2)
    socket = CenterSocket(NODE)
    stuck = asyncio.Event()

    async def never(_: str) -> None:
        await stuck.wait()

    monkeypatch.setattr(socket, "send_text", never)
    serving = centre.serve(socket)
    socket.say(hello(), *(record(seq) for seq in range(6)))
    await asyncio.wait_for(serving, WITHIN_S)
    assert socket.closed == (1008, "the node does not read its answers")


async def test_a_nodes_clock_is_asked_for_and_kept(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_ASK_TIME_S", (0.0, 0.0))
    async with centre.linked(can=(protocol.CAN_TELL_TIME,)) as socket:
        for _ in range(2):
            asked = await socket.heard()
            assert isinstance(asked, WhatTime)
            socket.say(TheTime(asked.asked_at, asked.asked_at + timedelta(seconds=90)))
        assert await asyncio.to_thread(centre.intake.at_work.wait, WITHIN_S)
    assert centre.intake.done == [(NODE, ClockReading(T0, 90.0, 0.0))]


async def test_a_node_that_tells_the_time_unasked_is_let_go(centre: Centre) -> None:
    socket = CenterSocket(NODE)
    serving = centre.serve(socket)
    socket.say(hello(), TheTime(T0, T0), TheTime(T0, T0))
    await asyncio.wait_for(serving, WITHIN_S)
    assert socket.closed is not None
    assert "without being asked" in socket.closed[1]


@pytest.mark.parametrize(("can", "from_byte"), [((), 0), ((protocol.CAN_RESUME,), 7)])
async def test_who_can_begin_in_the_middle_is_told_where(centre: Centre, can: tuple[str, ...], from_byte: int) -> None:
    async with centre.linked(can=can) as socket:
        socket.say(Offer(segment()))
        assert await socket.heard() == Put(segment().id, "/put/here", from_byte)


async def test_a_node_that_is_shut_out_is_let_go(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_ASK_KEY_AGAIN_S", 0.01)
    socket = CenterSocket(NODE)
    serving = centre.serve(socket)
    socket.say(hello())
    assert isinstance(await socket.heard(), Welcome)
    del centre.keys[NODE]
    await asyncio.wait_for(serving, WITHIN_S)
    assert socket.closed is not None
    assert "good no more" in socket.closed[1]


async def test_while_keys_cannot_be_read_nobody_is_let_in(centre: Centre) -> None:
    centre.keys_fail = StoreError("the disk is gone")
    socket = CenterSocket(NODE)
    await asyncio.wait_for(centre.serve(socket), WITHIN_S)
    assert not socket.accepted
    assert socket.closed == (1013, "")


async def test_a_node_is_told_of_its_site_again_when_that_changes_and_not_when_another_nodes_does(
    centre: Centre,
) -> None:
    async with centre.linked() as socket, centre.linked(OTHER_NODE) as other:
        before = {node: NodePlan(SITE, (), f"revision of {node}") for node in _KEYS}
        changed = replace(SITE, notice="from now on")
        centre.hub.change(before | {NODE: NodePlan(changed, (), "next")})
        told = await socket.heard()
        assert isinstance(told, Welcome)
        assert (told.site.notice, told.revision) == ("from now on", "next")
        centre.hub.change(before | {NODE: NodePlan(changed, (), "next"), OTHER_NODE: NodePlan(changed, (), "other")})
        assert isinstance(await other.heard(), Welcome)
        assert socket.heard_nothing_more()


async def test_every_node_is_told_the_version_of_the_site_also_where_its_part_is_the_same(centre: Centre) -> None:
    async with centre.linked() as socket:
        centre.hub.change({node: NodePlan(SITE, (), f"revision of {node}", version=8) for node in _KEYS})
        told = await socket.heard()
        assert isinstance(told, Welcome)
        assert (told.revision, told.version) == (f"revision of {NODE}", 8)
        assert socket.heard_nothing_more()


async def test_a_node_that_comes_after_the_change_is_welcomed_with_it(centre: Centre) -> None:
    centre.hub.change({NODE: NodePlan(SITE, (), "next"), OTHER_NODE: NodePlan(SITE, (), "other")})
    socket = CenterSocket(NODE, _KEYS[NODE])
    serving = centre.serve(socket)
    socket.say(hello())
    told = await socket.heard()
    assert isinstance(told, Welcome)
    assert told.revision == "next"
    socket.hang_up()
    await asyncio.wait_for(serving, WITHIN_S)


async def test_what_is_logged_while_a_record_is_entered_bears_its_id(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(centre.intake, "_enter", lambda what: seen.append(get_contextvars()))
    with capture_logs() as logs:
        async with centre.linked() as socket:
            socket.say(replace(record(1, "window-1_0001/1"), kind="alert"), Offer(segment(1)))
            assert isinstance(await socket.heard(), Ack)
            assert isinstance(await socket.heard(), Put)
    assert seen[0] == {"node": NODE, "record": "window-1_0001/1"}
    assert seen[1] == {"node": NODE, "segment": segment(1).id}
    entered = [line for line in logs if line["event"] == "alert_entered"]
    assert [(line["node"], line["record"]) for line in entered] == [(NODE, "window-1_0001/1")]
    assert get_contextvars() == {}
