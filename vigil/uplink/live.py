"""Live video at the centre: one channel a stream, asked for only while somebody watches, fanned out to viewers.

Belongs to the event loop. A viewer's queue is bounded in bytes; a slow viewer loses whole GOPs of his own, is told so, and
slows nobody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from vigil.model.ids import CameraId, NodeId
from vigil.model.live import LiveDropped, LiveInit, LiveMessage, LiveState
from vigil.model.looks import CameraHealth
from vigil.model.media import Fragment, StreamKind
from vigil.uplink.protocol import ChannelFragment, Credit, Down, LiveStarted, Unwatch, Watch

VIEWER_BYTES = 8 * 1024 * 1024
GOP_BYTES = 16 * 1024 * 1024
LINGER_S = 5.0
"""A stream goes on for this long after its last viewer left: turning a page must not open it anew."""

CREDIT_BYTES = 1024 * 1024
"""What a channel may have under way. A thin line holds that much between a picture and the screen at most, and 1080p over
300 ms of delay needs a quarter of it."""

StreamKey = tuple[CameraId, StreamKind]


class NodeLink(Protocol):
    """A node's connection, as far as live needs it."""

    def tell(self, message: Down) -> None:
        """Queues a message to the node; never blocks."""
        ...


class Viewer:
    """One viewer's subscription: an async iterator of LiveMessage."""

    def __init__(self, leave: Callable[[Viewer], None]) -> None:
        self._leave = leave
        self._items: deque[LiveMessage] = deque()
        self._bytes = 0
        self._dropped = 0
        self._skipping = True
        """Until the next key fragment: a player can begin nowhere else."""
        self._closed = False
        self._filled = asyncio.Event()

    def __aiter__(self) -> AsyncIterator[LiveMessage]:
        return self

    async def __anext__(self) -> LiveMessage:
        while not self._items:
            if self._closed:
                raise StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if isinstance(item, Fragment | LiveInit):
            self._bytes -= len(item.data)
        return item

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._leave(self)
        self._filled.set()

    def offer(self, message: LiveMessage) -> None:
        match message:
            case Fragment() if not self._has_room(message):
                return
            case LiveInit():
                self._make_way(message)
            case LiveState() if self._items and self._items[-1] == message:
                return
        self._items.append(message)
        self._filled.set()

    def _make_way(self, init: LiveInit) -> None:
        """He who has not even read the initialisation before this one loses all that was queued."""
        if any(isinstance(item, LiveInit) for item in self._items):
            lost = self._forget(LiveInit, LiveState)
            if lost:
                self._tell_lost(lost)
        self._skipping = True
        self._bytes += len(init.data)

    def _has_room(self, fragment: Fragment) -> bool:
        if self._skipping and not fragment.key:
            return False
        if self._bytes + len(fragment.data) > VIEWER_BYTES:
            # What waits is old already: the viewer goes on with the next key fragment.
            self._tell_lost(max(1, self._forget()))
            self._skipping = True
            if not fragment.key:
                return False
        self._skipping = False
        self._bytes += len(fragment.data)
        return True

    def _forget(self, *also: type) -> int:
        """Drops the fragments that are queued, and what else is named. The number of GOPs among them."""
        lost = sum(isinstance(item, Fragment) and item.key for item in self._items)
        self._items = deque(item for item in self._items if not isinstance(item, (Fragment, *also)))
        self._bytes = sum(len(item.data) for item in self._items if isinstance(item, LiveInit))
        return lost

    def _tell_lost(self, gops: int) -> None:
        self._dropped += gops
        self._items = deque(item for item in self._items if not isinstance(item, LiveDropped))
        self._items.append(LiveDropped(self._dropped))


@dataclass(slots=True)
class _Channel:
    number: int
    key: StreamKey
    node: NodeId
    viewers: set[Viewer] = field(default_factory=set)
    started: LiveStarted | None = None
    init: LiveInit | None = None
    gop: list[Fragment] = field(default_factory=list)
    gop_bytes: int = 0
    taken_bytes: int = 0
    """Received, and not given back as credit yet."""
    linger: asyncio.TimerHandle | None = None

    def forget(self) -> None:
        self.started, self.init, self.gop, self.gop_bytes = None, None, [], 0


_NOBODY: Final = NodeId("")
"""Whose the channels are of a camera that the site has no more, until their viewers leave or it comes back."""


class LiveHub:
    """`nodes` says which node runs a camera."""

    def __init__(self, nodes: Mapping[CameraId, NodeId]) -> None:
        self._nodes = nodes
        self._links: dict[NodeId, NodeLink] = {}
        self._counting: set[NodeId] = set()
        """Nodes that send no more than they have credit for."""
        self._channels: dict[StreamKey, _Channel] = {}
        self._by_number: dict[int, _Channel] = {}
        self._next = 1

    def subscribe(self, camera: CameraId, stream: StreamKind) -> Viewer:
        """Raises KeyError for a camera that is not in the site."""
        channel = self._channels.get((camera, stream)) or self._open((camera, stream), self._nodes[camera])
        viewer = Viewer(lambda leaving: self._left(channel, leaving))
        channel.viewers.add(viewer)
        if channel.linger is not None:
            channel.linger.cancel()
            channel.linger = None
        if channel.init is not None:
            viewer.offer(channel.init)
            for fragment in channel.gop:
                viewer.offer(fragment)
        elif channel.node not in self._links:
            viewer.offer(LiveState(CameraHealth.OFFLINE))
        return viewer

    def connected(self, node: NodeId, link: NodeLink, *, counts_credit: bool) -> None:
        self.move()
        self._links[node] = link
        if counts_credit:
            self._counting.add(node)
        for channel in self._of(node):
            self._watch(channel)

    def move(self) -> None:
        """Cameras went to other nodes, or are no more."""
        for channel in list(self._channels.values()):
            node = self._nodes.get(channel.key[0], _NOBODY)
            if node == channel.node:
                continue
            if channel.node in self._links:
                self._links[channel.node].tell(Unwatch(channel.number))
            channel.forget()
            for viewer in channel.viewers:
                viewer.offer(LiveState(CameraHealth.OFFLINE))
            channel.node = node
            self._watch(channel)

    def disconnected(self, node: NodeId) -> None:
        self._links.pop(node, None)
        self._counting.discard(node)
        for channel in self._of(node):
            channel.forget()
            for viewer in channel.viewers:
                viewer.offer(LiveState(CameraHealth.OFFLINE))

    def started(self, node: NodeId, started: LiveStarted) -> None:
        channel = self._mine(node, started.channel)
        if channel is not None:
            channel.forget()
            channel.started = started

    def fragment(self, node: NodeId, received: ChannelFragment) -> None:
        channel = self._mine(node, received.channel)
        if channel is None:
            return  # asked for no more
        self._give_back(channel, len(received.fragment.data))
        if channel.started is None:
            return  # not announced: nobody could play it
        if received.fragment.init:
            began = channel.started
            channel.init = LiveInit(began.mime, began.width, began.height, received.fragment.data)
            self._fan_out(channel, channel.init)
            return
        if channel.init is None:
            return  # nobody could play it
        self._keep(channel, received.fragment)
        self._fan_out(channel, received.fragment)

    async def close(self) -> None:
        for channel in list(self._channels.values()):
            for viewer in list(channel.viewers):
                await viewer.aclose()

    def _open(self, key: StreamKey, node: NodeId) -> _Channel:
        number, self._next = self._next, self._next % 0xFFFF + 1
        while self._next in self._by_number:
            self._next = self._next % 0xFFFF + 1
        channel = _Channel(number, key, node)
        self._channels[key] = self._by_number[number] = channel
        self._watch(channel)
        return channel

    def _watch(self, channel: _Channel) -> None:
        link = self._links.get(channel.node)
        if link is None:
            return
        link.tell(Watch(channel.number, *channel.key))
        channel.taken_bytes = 0
        if channel.node in self._counting:
            link.tell(Credit(channel.number, CREDIT_BYTES))

    def _give_back(self, channel: _Channel, size: int) -> None:
        """In halves of the whole: a message for each fragment would be as many messages as pictures."""
        channel.taken_bytes += size
        if channel.node in self._counting and channel.taken_bytes >= CREDIT_BYTES // 2:
            self._links[channel.node].tell(Credit(channel.number, channel.taken_bytes))
            channel.taken_bytes = 0

    def _left(self, channel: _Channel, viewer: Viewer) -> None:
        channel.viewers.discard(viewer)
        if not channel.viewers and channel.linger is None:
            channel.linger = asyncio.get_running_loop().call_later(LINGER_S, self._close_channel, channel)

    def _close_channel(self, channel: _Channel) -> None:
        channel.linger = None
        if channel.viewers:
            return
        del self._channels[channel.key], self._by_number[channel.number]
        if channel.node in self._links:
            self._links[channel.node].tell(Unwatch(channel.number))

    def _of(self, node: NodeId) -> list[_Channel]:
        return [channel for channel in self._channels.values() if channel.node == node]

    def _mine(self, node: NodeId, number: int) -> _Channel | None:
        """A node speaks only for its own cameras."""
        channel = self._by_number.get(number)
        return channel if channel is not None and channel.node == node else None

    def _fan_out(self, channel: _Channel, message: LiveMessage) -> None:
        for viewer in channel.viewers:
            viewer.offer(message)

    def _keep(self, channel: _Channel, fragment: Fragment) -> None:
        if fragment.key:
            channel.gop, channel.gop_bytes = [], 0
        elif not channel.gop:
            return
        if channel.gop_bytes + len(fragment.data) > GOP_BYTES:
            channel.gop, channel.gop_bytes = [], 0
            return
        channel.gop.append(fragment)
        channel.gop_bytes += len(fragment.data)
