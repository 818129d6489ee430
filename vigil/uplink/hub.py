"""The centre's end of the uplink: takes nodes in, enters what they send, and acknowledges only what is kept.

What is entered where is not known here: an Intake does it, in worker threads, so that a slow disk stops no other node.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect
from structlog.contextvars import bound_contextvars

from vigil.clock import Clock
from vigil.errors import ArchiveError, StoreError, UnstorableError, UplinkError
from vigil.model.ids import CameraId, NodeId, SegmentId
from vigil.model.site import Site
from vigil.model.suspensions import Suspension
from vigil.uplink import protocol
from vigil.uplink.live import LiveHub
from vigil.uplink.node_clock import ClockMeasure, ClockReading
from vigil.uplink.protocol import (
    Ack,
    Declined,
    Down,
    Hello,
    LiveStarted,
    Offer,
    Put,
    Record,
    Rejected,
    Report,
    Stored,
    TheTime,
    Uploaded,
    WhatTime,
)

_HELLO_S = 10.0
_CLOSE_S = 5.0
_ASK_TIME_S = (0.0, 0.5, 0.5, 0.5)
"""Before the first questions; one answer may have been held up on its way."""
_ASK_TIME_AGAIN_S = 60.0
_ASK_KEY_AGAIN_S = 30.0
_TELL_TIME_AGAIN = timedelta(minutes=10)
_INBOX_BYTES = 32 * 1024 * 1024
_BUSY = 1013  # RFC 6455 registry: try again later
_POLICY = 1008

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NodePlan:
    """What a node is to run."""

    site: Site
    cameras: tuple[CameraId, ...]
    revision: str
    version: int = 0
    """Of the site that this is a part of."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object goes, and from which byte on."""

    url: str
    from_byte: int = 0


class Intake(Protocol):
    """Enters what nodes send. Called in worker threads; what it returned from is durable. Raises StoreError, ArchiveError.

    UplinkError says that what was sent makes no sense, or is not this node's to send, UnstorableError that the database cannot
    hold it: neither will ever be taken.
    """

    def record(self, node: NodeId, record: Record) -> None:
        """Idempotent by the record's id. Raises UplinkError."""
        ...

    def offer(self, node: NodeId, offer: Offer, *, resumes: bool) -> Place | None:
        """Where to put the segment, or None when it is here already. Raises UplinkError.

        `resumes`: the node can begin in the middle.
        """
        ...

    def uploaded(self, node: NodeId, segment: SegmentId) -> bool:
        """Whether the object is here and its hash is right. Raises UplinkError."""
        ...

    def report(self, node: NodeId, report: Report) -> None: ...

    def link(self, node: NodeId, *, connected: bool) -> None: ...

    def clock(self, node: NodeId, reading: ClockReading) -> None:
        """How far the node's clock is from ours: at each connection, when it changed, and every ten minutes."""
        ...


class Hub:
    """`knows` says whether a key is a node's, `suspensions` which there are at a node's windows. Both are called in worker
    threads, and may raise StoreError.
    """

    def __init__(
        self,
        plans: Mapping[NodeId, NodePlan],
        knows: Callable[[NodeId, str], bool],
        intake: Intake,
        live: LiveHub,
        clock: Clock,
        suspensions: Callable[[NodeId], tuple[Suspension, ...]],
    ) -> None:
        self._suspensions = suspensions
        self._plans = plans
        self._knows = knows
        self._intake = intake
        self._live = live
        self._clock = clock
        self._links: dict[NodeId, _Link] = {}
        self._telling = asyncio.Lock()

    def change(self, plans: Mapping[NodeId, NodePlan]) -> None:
        """From now on nodes run these; each is told its own where that, or its version, is another. From any thread."""
        self._plans = plans
        for link in tuple(self._links.values()):
            link.loop.call_soon_threadsafe(link.plan_changed.set)
            link.loop.call_soon_threadsafe(self._live.move)

    def suspensions_changed(self) -> None:
        """Every linked node is told. From any thread."""
        for link in tuple(self._links.values()):
            link.loop.call_soon_threadsafe(link.suspensions_changed.set)

    async def serve(self, socket: WebSocket) -> None:
        """One node's connection, until it ends."""
        node = NodeId(socket.headers.get(protocol.NODE_HEADER, ""))
        scheme, _, key = socket.headers.get("authorization", "").partition(" ")
        try:
            right = bool(key) and scheme.lower() == "bearer" and await asyncio.to_thread(self._knows, node, key)
        except StoreError as error:
            log.error("intake_failed", node=node[:64], error=str(error))
            await socket.close(_BUSY)
            return
        if node not in self._plans or not right:
            log.warning("node_refused", node=node[:64])
            await socket.close(_POLICY)  # before accept: the handshake is answered with 403
            return
        await socket.accept()
        link = _Link(socket)
        try:
            await self._serve(node, link, key)
        except (WebSocketDisconnect, TimeoutError):
            pass  # the node tries again; `link` below tells the operators
        except _Superseded:
            await link.close(_POLICY, "the node connected anew")
        except UplinkError as error:
            log.error("node_broke_protocol", node=node, error=str(error))
            await link.close(_POLICY, str(error))
        except (StoreError, ArchiveError) as error:
            # Nothing is acknowledged: the node keeps what it has and comes again.
            log.error("intake_failed", node=node, error=str(error))
            await link.close(_BUSY, "the centre cannot store now")
        finally:
            await self._gone(node, link)

    async def _serve(self, node: NodeId, link: _Link, key: str) -> None:
        async with asyncio.timeout(_HELLO_S):
            hello = await link.receive()
        if not isinstance(hello, Hello) or hello.node != node:
            raise UplinkError("the first message must be the node's own hello")
        if hello.protocol != protocol.VERSION:
            raise UplinkError(f"the node speaks version {hello.protocol} and the centre {protocol.VERSION}")
        link.can = hello.can
        older, self._links[node] = self._links.get(node), link
        if older is not None:
            older.superseded.set()
        log.info("node_connected", node=node, version=hello.version)
        told = self._welcome(node, link)
        self._live.connected(node, link, counts_credit=protocol.CAN_COUNT_CREDIT in hello.can)
        await self._tell_link(node)
        inbox = _Inbox(_INBOX_BYTES)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(link.until_superseded())
                tasks.create_task(link.send_all())
                tasks.create_task(self._until_revoked(node, key))
                tasks.create_task(self._tell_plan(node, link, told))
                if protocol.CAN_SUSPEND in hello.can:
                    tasks.create_task(self._tell_suspensions(node, link))
                if protocol.CAN_TELL_TIME in hello.can:
                    tasks.create_task(self._measure_clock(node, link))
                tasks.create_task(self._enter_all(node, link, inbox))
                tasks.create_task(self._receive_all(node, link, inbox))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors

    async def _receive_all(self, node: NodeId, link: _Link, inbox: _Inbox) -> None:
        """Live goes on at once; what must be entered waits its turn, and the node waits when that is too much."""
        while True:
            message, size = await link.receive_any()
            match message:
                case protocol.ChannelFragment():
                    self._live.fragment(node, message)
                case LiveStarted():
                    self._live.started(node, message)
                case TheTime():
                    link.time_told(message, self._clock.now())
                case _:
                    await inbox.put(message, size)

    def _welcome(self, node: NodeId, link: _Link) -> NodePlan:
        """What the node was told to run."""
        plan, now = self._plans[node], self._clock.now()
        link.tell(
            protocol.Welcome(plan.site, plan.cameras, plan.revision, now, protocol.RECORD_KINDS, version=plan.version)
        )
        return plan

    async def _tell_plan(self, node: NodeId, link: _Link, told: NodePlan) -> None:
        """Every node, however old, takes a second welcome; one that is told the revision that it runs goes on as it was."""
        while True:
            await link.plan_changed.wait()
            link.plan_changed.clear()
            plan = self._plans[node]
            if (plan.revision, plan.version) != (told.revision, told.version):
                told = self._welcome(node, link)

    async def _tell_suspensions(self, node: NodeId, link: _Link) -> None:
        """At the welcome and after each change, always as they are by then."""
        while True:
            link.suspensions_changed.clear()
            link.tell(protocol.Suspensions(await asyncio.to_thread(self._suspensions, node)))
            await link.suspensions_changed.wait()

    async def _until_revoked(self, node: NodeId, key: str) -> None:
        """A node is shut out by another process: nobody tells us."""
        while True:
            await asyncio.sleep(_ASK_KEY_AGAIN_S)
            if not await asyncio.to_thread(self._knows, node, key):
                raise UplinkError("the node's key is good no more")

    async def _measure_clock(self, node: NodeId, link: _Link) -> None:
        measure, told = ClockMeasure(), None
        for number, wait_s in enumerate(itertools.chain(_ASK_TIME_S, itertools.repeat(_ASK_TIME_AGAIN_S)), start=1):
            await asyncio.sleep(wait_s)
            link.tell(WhatTime(self._clock.now()))
            answer, answered_at = await link.times.get()
            reading = measure.take(answer.asked_at, answer.now, answered_at)
            if number < len(_ASK_TIME_S):
                continue
            if told is None or not reading.agrees_with(told) or answered_at - told.at >= _TELL_TIME_AGAIN:
                told = replace(reading, at=answered_at)
                await asyncio.to_thread(self._intake.clock, node, told)

    async def _enter_all(self, node: NodeId, link: _Link, inbox: _Inbox) -> None:
        while True:
            await self._enter(node, link, await inbox.get())

    async def _enter(self, node: NodeId, link: _Link, message: protocol.Up) -> None:
        match message:
            case Record():
                link.tell(await self._record(node, message))
            case Report():
                await asyncio.to_thread(self._intake.report, node, message)
            case Offer(segment=segment):
                resumes = protocol.CAN_RESUME in link.can
                link.tell(await self._about(node, segment.id, self._offer(node, message, resumes=resumes)))
            case Uploaded(segment=identity):
                link.tell(await self._about(node, identity, self._uploaded(node, identity)))
            case Hello() | LiveStarted() | TheTime():
                raise UplinkError(f"{message.type} came where it has no place")

    async def _record(self, node: NodeId, record: Record) -> Ack | Declined:
        """Every line that is logged meanwhile bears the record's id, which the node's log has too."""
        try:
            with bound_contextvars(node=node, record=record.id[:200]):
                await asyncio.to_thread(self._intake.record, node, record)
        except (StoreError, ArchiveError):
            raise
        except (UplinkError, UnstorableError) as error:
            log.error("record_declined", node=node, record=record.id[:200], reason=str(error))
            return Declined(record.seq, str(error)[:500])
        except Exception:  # a defect of ours must not stop everything behind this record
            log.exception("record_failed", node=node, record=record.id[:200])
            return Declined(record.seq, "an error in the centre; its log says more")
        if record.kind == "alert":
            log.info("alert_entered", node=node, record=record.id[:200])
        return Ack(record.seq)

    async def _offer(self, node: NodeId, offer: Offer, *, resumes: bool) -> Down:
        place = await asyncio.to_thread(lambda: self._intake.offer(node, offer, resumes=resumes))
        return Stored(offer.segment.id) if place is None else Put(offer.segment.id, place.url, place.from_byte)

    async def _uploaded(self, node: NodeId, segment: SegmentId) -> Down:
        stored = await asyncio.to_thread(self._intake.uploaded, node, segment)
        return Stored(segment) if stored else Rejected(segment, "the object is missing or altered")

    async def _about(self, node: NodeId, segment: SegmentId, answer: Awaitable[Down]) -> Down:
        """A segment that cannot be taken costs its node that one and not the link, which would meet it again at once."""
        try:
            with bound_contextvars(node=node, segment=segment[:200]):
                return await answer
        except (UplinkError, UnstorableError) as error:
            log.warning("segment_rejected", node=node, segment=segment[:200], reason=str(error))
            return Rejected(segment, str(error)[:500])
        except (StoreError, ArchiveError):
            raise
        except Exception:  # as with a record
            log.exception("segment_failed", node=node, segment=segment[:200])
            return Rejected(segment, "an error in the centre; its log says more")

    async def _gone(self, node: NodeId, link: _Link) -> None:
        if self._links.get(node) is link:
            del self._links[node]
            self._live.disconnected(node)
            log.warning("node_disconnected", node=node)
            await self._tell_link(node)

    async def _tell_link(self, node: NodeId) -> None:
        """One after the other, each with what is the case by then: a node that comes back at once is not told gone."""
        async with self._telling:
            connected = node in self._links
            await asyncio.to_thread(lambda: self._intake.link(node, connected=connected))


class _Superseded(Exception):
    """The same node has a newer connection; this one may be half open."""


class _Inbox:
    """What one node sent and is not entered yet, bounded in bytes: a full one makes the node wait."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._items: deque[tuple[protocol.Up, int]] = deque()
        self._bytes = 0
        self._changed = asyncio.Condition()

    async def put(self, message: protocol.Up, size: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._items or self._bytes + size <= self._max_bytes)
            self._items.append((message, size))
            self._bytes += size
            self._changed.notify_all()

    async def get(self) -> protocol.Up:
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._items))
            message, size = self._items.popleft()
            self._bytes -= size
            self._changed.notify_all()
            return message


class _Link:
    """One node's socket. Messages down are queued, so that nobody waits for a slow node."""

    _MAX_QUEUED = 4096  # far above what a node has in flight; a node that reads nothing is cut off

    def __init__(self, socket: WebSocket) -> None:
        self.superseded = asyncio.Event()
        self.suspensions_changed = asyncio.Event()
        self.plan_changed = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.can: tuple[str, ...] = ()
        """Capabilities that the node has named."""
        self.times: asyncio.Queue[tuple[TheTime, datetime]] = asyncio.Queue(1)
        self._socket = socket
        self._queue: deque[Down] = deque()
        self._filled = asyncio.Event()

    async def until_superseded(self) -> None:
        await self.superseded.wait()
        raise _Superseded

    def tell(self, message: Down) -> None:
        if len(self._queue) >= self._MAX_QUEUED:
            raise UplinkError("the node does not read its answers")
        self._queue.append(message)
        self._filled.set()

    def time_told(self, told: TheTime, at: datetime) -> None:
        if self.times.full():
            raise UplinkError("the node told the time without being asked")
        self.times.put_nowait((told, at))

    async def send_all(self) -> None:
        while True:
            while self._queue:
                await self._socket.send_text(protocol.encode_down(self._queue.popleft()))
            self._filled.clear()
            await self._filled.wait()

    async def receive(self) -> protocol.Up:
        message, _ = await self.receive_any()
        if isinstance(message, protocol.ChannelFragment):
            raise UplinkError("a live fragment came before hello")
        return message

    async def receive_any(self) -> tuple[protocol.Up | protocol.ChannelFragment, int]:
        """The message and its size in bytes. The server refuses frames beyond MAX_FRAGMENT_BYTES before they are here."""
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1006))
        data = received.get("bytes")
        if data is not None:
            return protocol.decode_fragment(data), len(data)
        text = received["text"].encode()
        if len(text) > protocol.MAX_TEXT_BYTES:
            raise UplinkError(f"a message of {len(text)} bytes, more than {protocol.MAX_TEXT_BYTES}")
        return protocol.decode_up(text), len(text)

    async def close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._socket.close(code, _short(reason))
        except (RuntimeError, WebSocketDisconnect, TimeoutError):
            return  # closed by the other side already, or nobody is there


def _short(reason: str) -> str:
    """A close frame holds 123 bytes of reason (RFC 6455, section 5.5)."""
    return reason.encode()[:120].decode(errors="ignore")
