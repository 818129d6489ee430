"""The node's end of the uplink: one outbound WebSocket, opened again for ever.

Runs on the node's event loop. Other threads reach it by `wake` and `report` and by the live taps' callbacks only.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import httpx
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from vigil import __version__, metrics
from vigil.clock import Clock
from vigil.errors import Refused, UplinkError
from vigil.model.ids import CameraId, NodeId
from vigil.model.media import Fragment, StreamKind
from vigil.uplink import protocol
from vigil.uplink.outbox import Outbox
from vigil.uplink.outgoing import LiveQueue
from vigil.uplink.protocol import Ack, Down, LiveStarted, Put, Rejected, Report, Stored, Unwatch, Watch, Welcome
from vigil.uplink.spool import Spool
from vigil.uplink.upload import Uploader

_BACKOFF_S = (1.0, 2.0, 5.0, 10.0)
_HEALTHY_S = 60.0
_RECORDS_IN_FLIGHT = 64
_IDLE_S = 1.0
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
    def __init__(self, address: CenterAddress, end: NodeEnd, outbox: Outbox, spool: Spool, clock: Clock) -> None:
        self._address = address
        self._end = end
        self._outbox = outbox
        self._spool = spool
        self._clock = clock
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
        """Until cancelled."""
        tries = 0
        while True:
            began = self._clock.mono()
            try:
                await self._connect()
            except (UplinkError, ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as error:
                self._lost(error)
            tries = 0 if self._clock.mono() - began >= _HEALTHY_S else tries + 1
            await asyncio.sleep(_BACKOFF_S[min(max(tries, 1), len(_BACKOFF_S)) - 1])

    async def _connect(self) -> None:
        try:
            socket = await connect(
                self._address.socket,
                additional_headers=self._address.headers,
                max_size=protocol.MAX_TEXT_BYTES,
                open_timeout=10,
                ping_interval=10,
                ping_timeout=10,
                compression=None,  # video does not compress, and a record is small
            )
        except InvalidStatus as error:
            raise Refused(f"the centre answered {error.response.status_code}. Compare the node's id and key") from error
        except InvalidURI as error:
            raise UplinkError(f"{self._address.socket} is not an address") from error
        async with socket, httpx.AsyncClient(base_url=self._address.http, timeout=60) as http:
            self._link = _Link(socket, self._outbox, self._clock)
            uploader = Uploader(self._spool, http, self._link.send, self._clock)
            try:
                await self._serve(self._link, uploader)
            finally:
                self._link = None
                metrics.uplink_up.set(0)

    async def _serve(self, link: _Link, uploader: Uploader) -> None:
        hello = protocol.Hello(self._address.node, __version__, protocol.VERSION, self._end.revision, self._clock.now())
        await link.send(hello)
        self._take(await link.receive(), link, uploader)
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
        except* (ConnectionClosed, OSError) as errors:
            raise UplinkError(f"the link broke: {errors.exceptions[0]}") from errors
        except* UplinkError as errors:
            raise UplinkError(str(errors.exceptions[0])) from errors
        finally:
            for camera, stream in link.channels.values():
                self._end.unwatch(camera, stream)

    async def _listen(self, link: _Link, uploader: Uploader) -> None:
        while True:
            self._take(await link.receive(), link, uploader)

    def _take(self, message: Down, link: _Link, uploader: Uploader) -> None:
        match message:
            case Welcome():
                self._end.configure(message)
            case Ack(seq=seq):
                link.acknowledged(seq)
                self._work.set()
            case Put() | Stored() | Rejected():
                uploader.take(message)
            case Watch(channel=channel, camera=camera, stream=stream):
                link.channels[channel] = (camera, stream)
                self._end.watch(camera, stream)
            case Unwatch(channel=channel):
                watched = link.channels.pop(channel, None)
                if watched is not None:
                    self._end.unwatch(*watched)

    async def _send_records(self, link: _Link) -> None:
        while True:
            self._work.clear()
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
    try:
        await asyncio.wait_for(event.wait(), timeout_s)
    except TimeoutError:
        return


class _Link:
    """One connection. Belongs to the event loop."""

    def __init__(self, socket: ClientConnection, outbox: Outbox, clock: Clock) -> None:
        self._socket = socket
        self._outbox = outbox
        self._connected_at = clock.now()
        self._live = LiveQueue()
        self._sent = 0
        self._in_flight: set[int] = set()
        self.channels: dict[int, tuple[CameraId, StreamKind]] = {}

    async def send(self, message: protocol.Up) -> None:
        await self._socket.send(protocol.encode_up(message))

    async def receive(self) -> Down:
        return protocol.decode_down(await self._socket.recv())

    async def send_live(self) -> None:
        while True:
            item = await self._live.get()
            if isinstance(item, LiveStarted):
                await self.send(item)
            else:
                await self._socket.send(protocol.encode_fragment(*item))

    async def send_records(self) -> None:
        """Sends what waits, a bounded number ahead of the acknowledgements."""
        room = _RECORDS_IN_FLIGHT - len(self._in_flight)
        if room <= 0:
            return
        for record in await asyncio.to_thread(self._outbox.pending, self._sent, room):
            await self.send(replace(record, backfilled=self._connected_at - record.made_at > _LATE))
            self._in_flight.add(record.seq)
            self._sent = record.seq

    def acknowledged(self, seq: int) -> None:
        self._in_flight.discard(seq)
        self._outbox.acknowledge(seq)

    def put_live(self, camera: CameraId, stream: StreamKind, started: LiveStarted | None, fragment: Fragment) -> None:
        for channel, watched in self.channels.items():
            if watched == (camera, stream):
                if started is not None:
                    self._live.announce(replace(started, channel=channel))
                self._live.put(channel, fragment)
