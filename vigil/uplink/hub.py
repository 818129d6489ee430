"""The centre's end of the uplink: takes nodes in, enters what they send, and acknowledges only what is kept.

What is entered where is not known here: an Intake does it, in worker threads, so that a slow disk stops no other node.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from vigil.clock import Clock
from vigil.errors import ArchiveError, StoreError, UplinkError
from vigil.model.ids import CameraId, NodeId, SegmentId
from vigil.model.site import Site
from vigil.uplink import protocol
from vigil.uplink.live import LiveHub
from vigil.uplink.protocol import Ack, Down, Hello, LiveStarted, Offer, Put, Record, Rejected, Report, Stored, Uploaded

_HELLO_S = 10.0
_INBOX = 256
_BUSY = 1013  # RFC 6455 registry: try again later
_POLICY = 1008

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NodePlan:
    """What a node is to run, and the key that it must show."""

    key: str
    site: Site
    cameras: tuple[CameraId, ...]
    revision: str

    def __repr__(self) -> str:
        return f"NodePlan({self.cameras!r}, {self.revision!r})"


class Intake(Protocol):
    """Enters what nodes send. Called in worker threads; what it returned from is durable. Raises StoreError, ArchiveError."""

    def record(self, node: NodeId, record: Record) -> None:
        """Idempotent by the record's id. Raises UplinkError for a body that makes no sense."""
        ...

    def offer(self, node: NodeId, offer: Offer) -> str | None:
        """Where to put the segment, or None when it is here already."""
        ...

    def uploaded(self, node: NodeId, segment: SegmentId) -> bool:
        """Whether the object is here and its hash is right."""
        ...

    def report(self, node: NodeId, report: Report) -> None: ...

    def link(self, node: NodeId, *, connected: bool) -> None: ...


class Hub:
    def __init__(self, plans: Mapping[NodeId, NodePlan], intake: Intake, live: LiveHub, clock: Clock) -> None:
        self._plans = plans
        self._intake = intake
        self._live = live
        self._clock = clock
        self._links: dict[NodeId, _Link] = {}

    async def serve(self, socket: WebSocket) -> None:
        """One node's connection, until it ends."""
        node = NodeId(socket.headers.get(protocol.NODE_HEADER, ""))
        plan = self._plans.get(node)
        scheme, _, key = socket.headers.get("authorization", "").partition(" ")
        expected = plan.key if plan else ""
        right = hmac.compare_digest(key.encode(), expected.encode())
        if plan is None or scheme.lower() != "bearer" or not key or not right:
            log.warning("node_refused", node=node[:64])
            await socket.close(_POLICY)  # before accept: the handshake is answered with 403
            return
        await socket.accept()
        link = _Link(socket)
        try:
            await self._serve(node, plan, link)
        except (WebSocketDisconnect, TimeoutError):
            pass  # the node tries again; `link` below tells the operators
        except UplinkError as error:
            log.error("node_broke_protocol", node=node, error=str(error))
            await link.close(_POLICY, str(error))
        except (StoreError, ArchiveError) as error:
            # Nothing is acknowledged: the node keeps what it has and comes again.
            log.error("intake_failed", node=node, error=str(error))
            await link.close(_BUSY, "the centre cannot store now")
        finally:
            await self._gone(node, link)

    async def _serve(self, node: NodeId, plan: NodePlan, link: _Link) -> None:
        hello = await asyncio.wait_for(link.receive(), _HELLO_S)
        if not isinstance(hello, Hello) or hello.node != node:
            raise UplinkError("the first message must be the node's own hello")
        if hello.protocol != protocol.VERSION:
            raise UplinkError(f"the node speaks version {hello.protocol} and the centre {protocol.VERSION}")
        older = self._links.get(node)
        if older is not None:
            await older.close(_POLICY, "the node connected anew")
        self._links[node] = link
        now = self._clock.now()
        log.info("node_connected", node=node, version=hello.version, clock_s=(hello.sent_at - now).total_seconds())
        link.tell(protocol.Welcome(plan.site, plan.cameras, plan.revision, now))
        self._live.connected(node, link)
        await asyncio.to_thread(lambda: self._intake.link(node, connected=True))
        inbox: asyncio.Queue[protocol.Up] = asyncio.Queue(_INBOX)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(link.send_all())
                tasks.create_task(self._enter_all(node, link, inbox))
                tasks.create_task(self._receive_all(node, link, inbox))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors

    async def _receive_all(self, node: NodeId, link: _Link, inbox: asyncio.Queue[protocol.Up]) -> None:
        """Live goes on at once; what must be entered waits its turn, and the node waits when that is too much."""
        while True:
            message = await link.receive_any()
            match message:
                case protocol.ChannelFragment():
                    self._live.fragment(node, message)
                case LiveStarted():
                    self._live.started(node, message)
                case _:
                    await inbox.put(message)

    async def _enter_all(self, node: NodeId, link: _Link, inbox: asyncio.Queue[protocol.Up]) -> None:
        while True:
            await self._enter(node, link, await inbox.get())

    async def _enter(self, node: NodeId, link: _Link, message: protocol.Up) -> None:
        match message:
            case Record(seq=seq):
                await asyncio.to_thread(self._intake.record, node, message)
                link.tell(Ack(seq))
            case Report():
                await asyncio.to_thread(self._intake.report, node, message)
            case Offer(segment=segment):
                self._own(node, segment.camera)
                url = await asyncio.to_thread(self._intake.offer, node, message)
                link.tell(Stored(segment.id) if url is None else Put(segment.id, url))
            case Uploaded(segment=identity):
                stored = await asyncio.to_thread(self._intake.uploaded, node, identity)
                link.tell(Stored(identity) if stored else Rejected(identity, "the object is missing or altered"))
            case Hello() | LiveStarted():
                raise UplinkError(f"{message.type} came where it has no place")

    def _own(self, node: NodeId, camera: CameraId) -> None:
        if camera not in self._plans[node].cameras:
            raise UplinkError(f"node {node} does not run camera {camera}")

    async def _gone(self, node: NodeId, link: _Link) -> None:
        if self._links.get(node) is link:
            del self._links[node]
            self._live.disconnected(node)
            log.warning("node_disconnected", node=node)
            await asyncio.to_thread(lambda: self._intake.link(node, connected=False))


class _Link:
    """One node's socket. Messages down are queued, so that nobody waits for a slow node."""

    _MAX_QUEUED = 4096  # far above what a node has in flight; a node that reads nothing is cut off

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._queue: deque[Down] = deque()
        self._filled = asyncio.Event()

    def tell(self, message: Down) -> None:
        if len(self._queue) >= self._MAX_QUEUED:
            raise UplinkError("the node does not read its answers")
        self._queue.append(message)
        self._filled.set()

    async def send_all(self) -> None:
        while True:
            while self._queue:
                await self._socket.send_text(protocol.encode_down(self._queue.popleft()))
            self._filled.clear()
            await self._filled.wait()

    async def receive(self) -> protocol.Up:
        message = await self.receive_any()
        if isinstance(message, protocol.ChannelFragment):
            raise UplinkError("a live fragment came before hello")
        return message

    async def receive_any(self) -> protocol.Up | protocol.ChannelFragment:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1006))
        data = received.get("bytes")
        if data is not None:
            return protocol.decode_fragment(data)
        return protocol.decode_up(received["text"])

    async def close(self, code: int, reason: str) -> None:
        try:
            await self._socket.close(code, reason[:120])
        except (RuntimeError, WebSocketDisconnect):
            return  # closed by the other side already
