"""The node's end of the uplink: one outbound WebSocket, opened again for ever.

Runs on the node's event loop. Other threads reach it by `wake` and `report` and by the live taps' callbacks only.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import httpx
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, ProxyError

from vigil import __version__, metrics
from vigil.clock import Clock
from vigil.errors import Refused, StoreError, UplinkError
from vigil.model.ids import CameraId, NodeId
from vigil.model.media import Fragment, StreamKind
from vigil.model.suspensions import Suspension
from vigil.uplink import protocol
from vigil.uplink.outbox import Outbox
from vigil.uplink.outgoing import LiveQueue
from vigil.uplink.pace import Limits, Pace
from vigil.uplink.protocol import (
    Ack,
    Credit,
    Declined,
    Down,
    LiveStarted,
    Put,
    Rejected,
    Report,
    Stored,
    Suspensions,
    Unwatch,
    Watch,
    Welcome,
    WhatTime,
)
from vigil.uplink.spool import Spool
from vigil.uplink.upload import Uploader

_BACKOFF_S = (1.0, 2.0, 5.0, 10.0)
_HEALTHY_S = 60.0
_RECORDS_IN_FLIGHT = 64
_IDLE_S = 1.0
_WELCOME_S = 30.0
_PING_S, _PONG_S = 4.0, 5.0
_KEPT_OPEN_S: Final = 2.0
"""For the next segment. A centre closes an idle connection after 5 s (uvicorn), an object store when it likes: a segment
that is on the way then is lost and comes again behind all others."""
_UNSENT_BYTES: Final = 128 * 1024
"""Left to the kernel to send. More would put seconds of live pictures between a record and a thin line, and none dropped."""
_LATE = timedelta(seconds=10)
"""A record that waited longer than this for the link was not seen when it happened: it is marked as backfilled."""

log = structlog.get_logger()


class NodeEnd(Protocol):
    """What the node does when the centre speaks. Called on the event loop; must not block."""

    @property
    def revision(self) -> str:
        """Of the site that it runs; '' while it has none."""
        ...

    def configure(self, welcome: Welcome) -> None: ...

    def suspend(self, suspensions: tuple[Suspension, ...]) -> None:
        """All that are known from now on."""
        ...

    def watch(self, camera: CameraId, stream: StreamKind) -> None:
        """Nothing comes of a stream that the node does not have, until it has it."""
        ...

    def unwatch(self, camera: CameraId, stream: StreamKind) -> None: ...


@dataclass(frozen=True, slots=True)
class CenterAddress:
    """`url` is ws:// or wss://, without a path."""

    url: str
    node: NodeId
    key: str
    proxy: str | None = None
    """An HTTP proxy's URL, with its credentials; None: straight. What the environment says is not asked."""

    def __repr__(self) -> str:
        return f"CenterAddress({self.url!r}, {self.node!r})"

    @property
    def socket(self) -> str:
        return self.url.rstrip("/") + protocol.PATH

    @property
    def http(self) -> str:
        return "http" + self.url.rstrip("/").removeprefix("ws")

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", protocol.NODE_HEADER: self.node}


class UplinkClient:
    """`limits` are those of footage, in the time zone of the site."""

    def __init__(
        self,
        address: CenterAddress,
        end: NodeEnd,
        outbox: Outbox,
        spool: Spool,
        clock: Clock,
        limits: Limits | None = None,
    ) -> None:
        self._address = address
        self._end = end
        self._outbox = outbox
        self._spool = spool
        self._clock = clock
        self._limits = limits or Limits()
        self._zone: tzinfo = UTC
        """The site's, as the centre said at the welcome."""
        self._loop = asyncio.get_running_loop()
        self._work = asyncio.Event()
        self._report: Report | None = None
        self._report_changed = asyncio.Event()
        self._link: _Link | None = None
        self._failing: str | None = None

    def wake(self) -> None:
        """There is a new record or segment. From any thread."""
        self._loop.call_soon_threadsafe(self._work.set)

    def report(self, report: Report) -> None:
        """The newest standing replaces the one before. From any thread."""
        self._loop.call_soon_threadsafe(self._set_report, report)

    def live(self, camera: CameraId, stream: StreamKind, started: LiveStarted | None, fragment: Fragment) -> None:
        """A live fragment; `started` (its channel is filled in here) comes with an initialisation. From any thread."""
        self._loop.call_soon_threadsafe(self._put_live, camera, stream, started, fragment)

    def renew_watches(self) -> None:
        """The pipeline is a new one: what the centre watches is watched there. On the event loop."""
        for watched in set(self._link.channels.values()) if self._link else ():
            self._end.watch(*watched)

    async def run(self) -> None:
        """Until cancelled, which may have to be asked twice: before Python 3.13 a task group whose tasks fail at that moment
        loses it.
        """
        tries = 0
        while True:
            began = self._clock.mono()
            try:
                await self._connect()
            except (UplinkError, StoreError, ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as error:
                self._lost(error)
            except Exception:  # the link's supervisor: whatever broke here, recording goes on
                metrics.restarts.labels("uplink").inc()
                log.exception("uplink_failed", center=self._address.url)
            tries = 0 if self._clock.mono() - began >= _HEALTHY_S else tries + 1
            await asyncio.sleep(_BACKOFF_S[min(max(tries, 1), len(_BACKOFF_S)) - 1])

    async def _connect(self) -> None:
        try:
            opened = await connect(
                self._address.socket,
                additional_headers=self._address.headers,
                max_size=protocol.MAX_TEXT_BYTES,
                open_timeout=10,
                close_timeout=2,  # a link that is half open must not hold up the end of the node
                ping_interval=_PING_S,
                ping_timeout=_PONG_S,
                compression=None,  # video does not compress, and a record is small
                proxy=self._address.proxy,
            )
        except InvalidStatus as error:
            raise _refusal(error.response.status_code) from error
        except InvalidURI as error:
            raise UplinkError(f"{self._address.socket} is not an address") from error
        except ProxyError as error:
            raise UplinkError(f"the proxy does not let us through: {error}") from error
        async with opened, _http(self._address) as http:
            _hold_little(opened)
            link = self._link = _Link(opened, self._outbox, self._clock)
            pace = Pace(self._rate, lambda: link.live.waiting, self._clock)
            uploader = Uploader(self._spool, http, link.send, self._clock, pace)
            try:
                await self._serve(link, uploader)
            finally:
                self._link = None
                metrics.uplink_up.set(0)

    async def _serve(self, link: _Link, uploader: Uploader) -> None:
        await self._greet(link)
        metrics.uplink_up.set(1)
        self._failing = None
        log.info("uplink_connected", center=self._address.url)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(link, uploader))
                tasks.create_task(link.send_live())
                tasks.create_task(self._send_records(link))
                tasks.create_task(self._send_reports(link))
                tasks.create_task(uploader.run())
        except ExceptionGroup as errors:
            # When a link breaks, several of these find out, each in its own words. The first is told.
            raise errors.exceptions[0] from errors
        finally:
            for camera, stream in link.channels.values():
                self._end.unwatch(camera, stream)

    async def _greet(self, link: _Link) -> None:
        hello = protocol.Hello(
            self._address.node,
            __version__,
            protocol.VERSION,
            self._end.revision,
            self._clock.now(),
            protocol.CAPABILITIES,
        )
        async with asyncio.timeout(_WELCOME_S):
            await link.send(hello)
            welcome = await link.receive()
        if not isinstance(welcome, Welcome):
            raise UplinkError(f"the centre began with {welcome.type} and not with a welcome")
        link.takes = welcome.takes
        self._zone = ZoneInfo(welcome.site.time_zone)
        if waiting := sorted(set(protocol.RECORD_KINDS) - set(welcome.takes)):
            log.warning("center_is_older", records_wait=waiting)
        self._end.configure(welcome)

    def _rate(self) -> float | None:
        return self._limits.bytes_per_s(self._clock.now().astimezone(self._zone))

    async def _listen(self, link: _Link, uploader: Uploader) -> None:
        while True:
            await self._take(await link.receive(), link, uploader)

    async def _take(self, message: Down, link: _Link, uploader: Uploader) -> None:
        match message:
            case Welcome():
                self._zone = ZoneInfo(message.site.time_zone)
                self._end.configure(message)
            case Suspensions(suspensions=suspensions):
                self._end.suspend(suspensions)
            case Ack() | Declined():
                link.answered(message)
                self._work.set()
            case Put() | Stored() | Rejected():
                uploader.take(message)
            case WhatTime(asked_at=asked_at):
                await link.send(protocol.TheTime(asked_at, self._clock.now()))
            case Watch() | Credit() | Unwatch():
                self._take_live(message, link)

    def _take_live(self, message: Watch | Credit | Unwatch, link: _Link) -> None:
        match message:
            case Watch(channel=channel, camera=camera, stream=stream):
                link.channels[channel] = (camera, stream)
                self._end.watch(camera, stream)
            case Credit(channel=channel, size=size):
                if channel in link.channels:  # it may be about one that was given up meanwhile
                    link.live.grant(channel, size)
            case Unwatch(channel=channel):
                watched = link.channels.pop(channel, None)
                link.live.forget(channel)
                if watched is not None:
                    self._end.unwatch(*watched)

    async def _send_records(self, link: _Link) -> None:
        while True:
            self._work.clear()
            await link.take_answers()
            await link.send_records()
            await _first_of(self._work, _IDLE_S)

    async def _send_reports(self, link: _Link) -> None:
        self._report_changed.set()
        while True:
            await self._report_changed.wait()
            self._report_changed.clear()
            if self._report is not None:
                await link.send(self._report)

    def _set_report(self, report: Report) -> None:
        self._report = report
        self._report_changed.set()

    def _put_live(self, camera: CameraId, stream: StreamKind, started: LiveStarted | None, fragment: Fragment) -> None:
        if self._link is not None:
            self._link.put_live(camera, stream, started, fragment)

    def _lost(self, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if reason != self._failing:
            log.warning("uplink_lost", center=self._address.url, error=reason)
        self._failing = reason


async def _first_of(event: asyncio.Event, timeout_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):  # not asyncio.wait_for: see Uploader._ask
            await event.wait()


class _Link:
    """One connection. Belongs to the event loop."""

    def __init__(self, socket: ClientConnection, outbox: Outbox, clock: Clock) -> None:
        self._socket = socket
        self._outbox = outbox
        self._connected_at = clock.now()
        self._sent = 0
        self._in_flight: set[int] = set()
        self._answers: list[Ack | Declined] = []
        self.live = LiveQueue()
        self.takes: tuple[str, ...] = ()
        """Kinds of records that the centre knows."""
        self.channels: dict[int, tuple[CameraId, StreamKind]] = {}

    async def send(self, message: protocol.Up) -> None:
        await self._socket.send(protocol.encode_up(message))

    async def receive(self) -> Down:
        return protocol.decode_down(await self._socket.recv())

    async def send_live(self) -> None:
        while True:
            item = await self.live.get()
            if isinstance(item, LiveStarted):
                await self.send(item)
            else:
                await self._socket.send(protocol.encode_fragment(*item))

    async def send_records(self) -> None:
        """Sends what waits, a bounded number ahead of the answers."""
        room = _RECORDS_IN_FLIGHT - len(self._in_flight)
        if room <= 0:
            return
        for record in await asyncio.to_thread(self._outbox.pending, self._sent, room, self.takes):
            text = protocol.encode_up(replace(record, backfilled=self._connected_at - record.made_at > _LATE))
            self._sent = record.seq
            if len(text.encode()) > protocol.MAX_TEXT_BYTES:
                await asyncio.to_thread(self._outbox.set_aside, record.seq, "larger than a message may be")
                continue
            self._in_flight.add(record.seq)
            await self._socket.send(text)

    def answered(self, answer: Ack | Declined) -> None:
        self._in_flight.discard(answer.seq)
        self._answers.append(answer)

    async def take_answers(self) -> None:
        """In a worker thread: each costs a write to disk. What is not written when the link breaks is sent once more."""
        answers, self._answers = self._answers, []
        if answers:
            await asyncio.to_thread(self._enter_answers, answers)

    def _enter_answers(self, answers: list[Ack | Declined]) -> None:
        self._outbox.acknowledge([answer.seq for answer in answers if isinstance(answer, Ack)])
        for answer in answers:
            if isinstance(answer, Declined):
                self._outbox.set_aside(answer.seq, answer.reason)

    def put_live(self, camera: CameraId, stream: StreamKind, started: LiveStarted | None, fragment: Fragment) -> None:
        for channel, watched in self.channels.items():
            if watched != (camera, stream):
                continue
            if started is not None:
                self.live.begin(replace(started, channel=channel), fragment)
            else:
                self.live.put(channel, fragment)


def _http(address: CenterAddress) -> httpx.AsyncClient:
    limits = httpx.Limits(keepalive_expiry=_KEPT_OPEN_S)
    return httpx.AsyncClient(base_url=address.http, timeout=60, limits=limits, proxy=address.proxy, trust_env=False)


def _refusal(status: int) -> UplinkError:
    """Only 401 and 403 are about us; the others are of a centre, or a proxy before it, that is not ready."""
    if status in {401, 403}:
        return Refused(f"the centre answered {status}. Compare the node's id and key with those in the centre's file")
    return UplinkError(f"the centre's address answered {status}. Is the centre running, and the address right?")


def _hold_little(opened: ClientConnection) -> None:
    held = opened.transport.get_extra_info("socket")
    if held is not None:
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
