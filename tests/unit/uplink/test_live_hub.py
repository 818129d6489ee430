"""LiveHub and Viewer: what viewers get, in what order, and what a node is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.uplink.samples import CAMERA, NODE, OTHER_CAMERA, OTHER_NODE, OWNERS, fragment
from vigil.model.live import LiveDropped, LiveInit, LiveMessage, LiveState
from vigil.model.looks import CameraHealth
from vigil.model.media import Fragment, StreamKind
from vigil.uplink import live
from vigil.uplink.live import CREDIT_BYTES, LiveHub, Viewer
from vigil.uplink.protocol import ChannelFragment, Credit, Down, LiveStarted, Unwatch, Watch

MAIN, SUB = StreamKind.MAIN, StreamKind.SUB
OFFLINE = LiveState(CameraHealth.OFFLINE)
MIB = 1024 * 1024


class FakeLink:
    def __init__(self) -> None:
        self.told: list[Down] = []

    def tell(self, message: Down) -> None:
        self.told.append(message)


class Timers:
    """Stands in for the loop's call_later; a test lets the time pass."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def call_later(self, _delay: float, act: Callable[..., None], *arguments: Any) -> Timers:
        self.waiting.append((act, arguments))
        return self

    def cancel(self) -> None:
        self.waiting.clear()

    def pass_time(self) -> None:
        waiting, self.waiting = self.waiting, []
        for act, arguments in waiting:
            act(*arguments)


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    timers = Timers()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: timers)
    return timers


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
def hub(link: FakeLink) -> LiveHub:
    hub = LiveHub(OWNERS)
    hub.connected(NODE, link, counts_credit=False)
    return hub


def begin(hub: LiveHub, channel: int = 1, *, node: Any = NODE, text: str = "init") -> None:
    hub.started(node, LiveStarted(channel, CAMERA, MAIN, "video/mp4", 1920, 1080))
    send(hub, fragment(text, init=True), channel=channel, node=node)


def send(hub: LiveHub, *fragments: Fragment, channel: int = 1, node: Any = NODE) -> None:
    for one in fragments:
        hub.fragment(node, ChannelFragment(channel, one))


def taken(viewer: Viewer) -> list[str]:
    """What waits for the viewer, in words."""
    words = []
    while viewer._items:
        words.append(_word(asyncio.run(anext(viewer))))
    return words


def _word(message: LiveMessage) -> str:
    match message:
        case LiveInit(data=data):
            return f"<{data.decode()}>"
        case Fragment(data=data):
            return data.decode().rstrip(".")
        case LiveState(health=health):
            return health.value
        case LiveDropped(gops=gops):
            return f"dropped {gops}"


def test_a_stream_is_asked_for_once_and_reaches_every_viewer(hub: LiveHub, link: FakeLink) -> None:
    one, two = hub.subscribe(CAMERA, MAIN), hub.subscribe(CAMERA, MAIN)
    assert link.told == [Watch(1, CAMERA, MAIN)]
    begin(hub)
    send(hub, fragment("k1", key=True), fragment("d1"))
    assert taken(one) == taken(two) == ["<init>", "k1", "d1"]


def test_main_and_substream_are_two_channels(hub: LiveHub, link: FakeLink) -> None:
    main, sub = hub.subscribe(CAMERA, MAIN), hub.subscribe(CAMERA, SUB)
    assert link.told == [Watch(1, CAMERA, MAIN), Watch(2, CAMERA, SUB)]
    begin(hub, 2)
    send(hub, fragment("k", key=True), channel=2)
    assert (taken(main), taken(sub)) == ([], ["<init>", "k"])


def test_who_comes_later_gets_the_initialisation_and_the_gop_so_far(hub: LiveHub) -> None:
    hub.subscribe(CAMERA, MAIN)
    begin(hub)
    send(hub, fragment("k1", key=True), fragment("d1"), fragment("k2", key=True), fragment("d2"))
    late = hub.subscribe(CAMERA, MAIN)
    assert taken(late) == ["<init>", "k2", "d2"]
    send(hub, fragment("d3"))
    assert taken(late) == ["d3"]


def test_a_gop_too_long_to_keep_makes_who_comes_later_wait_for_the_next(
    hub: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "GOP_BYTES", 100)
    first = hub.subscribe(CAMERA, MAIN)
    begin(hub)
    send(hub, fragment("k1", key=True, size=60), fragment("d1", size=60))
    late = hub.subscribe(CAMERA, MAIN)
    send(hub, fragment("d2"), fragment("k2", key=True), fragment("d3"))
    assert taken(first) == ["<init>", "k1", "d1", "d2", "k2", "d3"]
    assert taken(late) == ["<init>", "k2", "d3"]  # nothing that a player could not begin with


def test_a_slow_viewer_loses_gops_of_his_own_and_is_told(hub: LiveHub) -> None:
    slow, quick = hub.subscribe(CAMERA, MAIN), hub.subscribe(CAMERA, MAIN)
    begin(hub)
    heard: list[str] = []
    for gop in range(1, 6):
        send(hub, fragment(f"k{gop}", key=True, size=2 * MIB), fragment(f"d{gop}", size=MIB))
        heard += taken(quick)
    assert heard == ["<init>", "k1", "d1", "k2", "d2", "k3", "d3", "k4", "d4", "k5", "d5"]
    assert taken(slow) == ["<init>", "dropped 4", "k5", "d5"]
    send(hub, fragment("d6"))
    assert taken(slow) == ["d6"]


def test_what_a_slow_viewer_gets_always_begins_with_a_key_fragment(hub: LiveHub) -> None:
    slow = hub.subscribe(CAMERA, MAIN)
    begin(hub)
    send(hub, fragment("k1", key=True, size=7 * MIB), fragment("d1", size=2 * MIB), fragment("d2"), fragment("d3"))
    assert taken(slow) == ["<init>", "dropped 1"]
    send(hub, fragment("d4"), fragment("k2", key=True), fragment("d5"))
    assert taken(slow) == ["k2", "d5"]


def test_the_number_told_is_the_total(hub: LiveHub) -> None:
    slow = hub.subscribe(CAMERA, MAIN)
    begin(hub)
    for _ in range(2):
        send(hub, fragment("k", key=True, size=5 * MIB), fragment("k", key=True, size=5 * MIB))
        told = [word for word in taken(slow) if word.startswith("dropped")]
    assert told == ["dropped 2"]


def test_a_viewer_who_reads_nothing_holds_a_bounded_number_of_bytes(hub: LiveHub) -> None:
    viewer = hub.subscribe(CAMERA, MAIN)
    for number in range(50):
        begin(hub, text=f"init {number} ".ljust(100_000))
        send(hub, fragment(key=True, size=3 * MIB), fragment(size=3 * MIB))
        hub.disconnected(NODE)
        hub.connected(NODE, FakeLink(), counts_credit=False)
    held = sum(len(item.data) for item in viewer._items if isinstance(item, LiveInit | Fragment))
    assert held <= live.VIEWER_BYTES
    assert len(viewer._items) < 10


def test_a_new_connection_of_the_camera_begins_anew(hub: LiveHub) -> None:
    viewer = hub.subscribe(CAMERA, MAIN)
    begin(hub, text="one")
    send(hub, fragment("k1", key=True))
    assert taken(viewer) == ["<one>", "k1"]
    begin(hub, text="two")
    send(hub, fragment("d"), fragment("k2", key=True))
    assert taken(viewer) == ["<two>", "k2"]
    assert taken(hub.subscribe(CAMERA, MAIN)) == ["<two>", "k2"]


def test_fragments_before_an_initialisation_are_nobodys(hub: LiveHub) -> None:
    viewer = hub.subscribe(CAMERA, MAIN)
    send(hub, fragment("k", key=True))
    hub.started(NODE, LiveStarted(1, CAMERA, MAIN, "video/mp4", 1, 1))
    send(hub, fragment("k", key=True))
    assert taken(viewer) == []


def test_the_last_viewer_leaves_and_the_stream_ends_after_a_while(hub: LiveHub, link: FakeLink, timers: Timers) -> None:
    one, two = hub.subscribe(CAMERA, MAIN), hub.subscribe(CAMERA, MAIN)
    viewers = [one, two]
    for viewer in viewers:
        _run(viewer.aclose())
    _run(one.aclose())  # twice is once
    assert link.told == [Watch(1, CAMERA, MAIN)]
    timers.pass_time()
    assert link.told[1:] == [Unwatch(1)]
    send(hub, fragment("k", key=True))  # still under way: nobody's
    hub.subscribe(CAMERA, MAIN)
    assert link.told[2:] == [Watch(2, CAMERA, MAIN)]


def test_turning_a_page_does_not_open_the_stream_anew(hub: LiveHub, link: FakeLink, timers: Timers) -> None:
    first = hub.subscribe(CAMERA, MAIN)
    begin(hub)
    send(hub, fragment("k1", key=True))
    _run(first.aclose())
    again = hub.subscribe(CAMERA, MAIN)
    timers.pass_time()
    assert link.told == [Watch(1, CAMERA, MAIN)]
    assert again._items


def test_a_node_that_goes_is_told_and_its_return_asks_again(hub: LiveHub) -> None:
    viewer = hub.subscribe(CAMERA, MAIN)
    begin(hub)
    hub.disconnected(NODE)
    assert taken(viewer) == ["<init>", "offline"]
    again = FakeLink()
    hub.connected(NODE, again, counts_credit=False)
    assert again.told == [Watch(1, CAMERA, MAIN)]
    begin(hub, text="again")
    send(hub, fragment("k", key=True))
    assert taken(viewer) == ["<again>", "k"]


def test_who_comes_while_the_node_is_away_is_told(hub: LiveHub) -> None:
    hub.subscribe(CAMERA, MAIN)
    begin(hub)
    hub.disconnected(NODE)
    hub.disconnected(NODE)
    late = hub.subscribe(CAMERA, MAIN)
    assert taken(late) == ["offline"]
    assert taken(hub.subscribe(OTHER_CAMERA, MAIN)) == ["offline"]


def test_another_node_cannot_feed_a_channel(hub: LiveHub) -> None:
    viewer = hub.subscribe(CAMERA, MAIN)
    hub.connected(OTHER_NODE, FakeLink(), counts_credit=False)
    begin(hub, node=OTHER_NODE, text="false")
    assert taken(viewer) == []
    begin(hub, text="true")
    send(hub, fragment("k", key=True), node=OTHER_NODE)
    begin(hub, node=OTHER_NODE, text="false")
    hub.disconnected(OTHER_NODE)
    send(hub, fragment("k1", key=True))
    assert taken(viewer) == ["<true>", "k1"]


def test_a_channel_that_nobody_opened_is_ignored(hub: LiveHub) -> None:
    begin(hub, 77)
    send(hub, fragment("k", key=True), channel=77)


def test_a_camera_that_is_not_in_the_site_is_a_key_error(hub: LiveHub) -> None:
    with pytest.raises(KeyError):
        hub.subscribe(CAMERA.__class__("unknown"), MAIN)


def test_channel_numbers_come_round_without_meeting(hub: LiveHub) -> None:
    held = hub.subscribe(CAMERA, MAIN)
    hub._next = 0xFFFF
    second = hub.subscribe(CAMERA, SUB)
    third = hub.subscribe(OTHER_CAMERA, MAIN)
    assert sorted(hub._by_number) == [1, 2, 0xFFFF]
    assert held is not second is not third


async def test_a_reader_waits_for_what_comes_and_ends_with_the_hub(hub: LiveHub) -> None:
    viewer = hub.subscribe(CAMERA, MAIN)
    reading = asyncio.create_task(_all(viewer))
    await asyncio.sleep(0)
    begin(hub)
    send(hub, fragment("k", key=True))
    await asyncio.sleep(0)
    await hub.close()
    assert [_word(message) for message in await asyncio.wait_for(reading, 5)] == ["<init>", "k"]


async def _all(viewer: Viewer) -> list[LiveMessage]:
    return [message async for message in viewer]


def _run(step: Any) -> None:
    """Drives a coroutine that does not wait; the loop is a stand-in here."""
    with pytest.raises(StopIteration):
        step.send(None)


def test_a_node_that_counts_gets_credit_and_gets_back_what_it_used(hub: LiveHub) -> None:
    link = FakeLink()
    hub.connected(NODE, link, counts_credit=True)
    hub.subscribe(CAMERA, MAIN)
    assert link.told[-2:] == [Watch(1, CAMERA, MAIN), Credit(1, CREDIT_BYTES)]
    begin(hub)
    half = CREDIT_BYTES // 2
    send(hub, fragment("k", key=True, size=half - 10))
    assert link.told[-1] == Credit(1, CREDIT_BYTES)
    send(hub, fragment("d", size=10))
    assert isinstance(link.told[-1], Credit)
    assert half <= link.told[-1].size < half + 100


def test_a_node_that_comes_again_begins_with_the_whole_credit(hub: LiveHub) -> None:
    hub.subscribe(CAMERA, MAIN)
    for _ in range(2):
        link = FakeLink()
        hub.connected(NODE, link, counts_credit=True)
        begin(hub)
        send(hub, fragment("k", key=True, size=1000))
        assert link.told == [Watch(1, CAMERA, MAIN), Credit(1, CREDIT_BYTES)]
        hub.disconnected(NODE)


def test_a_camera_that_goes_to_another_node_is_watched_there(link: FakeLink, timers: Timers) -> None:
    owners, there = dict(OWNERS), FakeLink()
    hub = LiveHub(owners)
    hub.connected(NODE, link, counts_credit=False)
    hub.connected(OTHER_NODE, there, counts_credit=False)
    viewer = hub.subscribe(CAMERA, MAIN)
    begin(hub)
    assert taken(viewer) == ["<init>"]
    owners[CAMERA] = OTHER_NODE
    hub.move()
    assert taken(viewer) == ["offline"]
    assert link.told[-1] == Unwatch(1)
    assert there.told == [Watch(1, CAMERA, MAIN)]
    begin(hub, text="late")  # the node that it was at has not heard yet
    begin(hub, node=OTHER_NODE, text="there")
    assert taken(viewer) == ["<there>"]


def test_a_camera_that_is_taken_out_is_offline_and_live_again_when_it_is_back(link: FakeLink, timers: Timers) -> None:
    owners = dict(OWNERS)
    hub = LiveHub(owners)
    hub.connected(NODE, link, counts_credit=False)
    viewer = hub.subscribe(CAMERA, MAIN)
    node = owners.pop(CAMERA)
    hub.move()
    hub.move()
    assert link.told == [Watch(1, CAMERA, MAIN), Unwatch(1)]
    with pytest.raises(KeyError):
        hub.subscribe(CAMERA, SUB)
    owners[CAMERA] = node
    hub.move()
    assert link.told[-1] == Watch(1, CAMERA, MAIN)
    begin(hub)
    assert taken(viewer) == ["offline", "<init>"]
