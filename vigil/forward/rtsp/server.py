"""The RTSP server: listens, holds the mounts, and watches over its connections.

Everything here belongs to one asyncio loop; only `Mount.publish` may be called from other threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import structlog

from vigil.clock import Clock, SystemClock
from vigil.forward.rtsp.connection import Connection
from vigil.forward.rtsp.digest import DigestGuard
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.link import UdpPorts
from vigil.forward.rtsp.mount import Mount
from vigil.forward.rtsp.service import Service
from vigil.forward.rtsp.source import Provider
from vigil.forward.rtsp.tls import TlsListener, TlsSettings
from vigil.model.media import StreamParameters

DEFAULT_PORT: Final = 8554
_WATCH_EVERY_S: Final = 2.0
_BACKLOG: Final = 128

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ServerStats:
    """Now: connections, playing, mounts. Since the start: the rest."""

    connections: int
    playing: int
    mounts: int
    dropped_gops: int
    refused_connections: int
    failed_logins: int
    timeouts: int
    malformed: int


class RtspServer:
    """Serves mounts to players; use as an asynchronous context.

    It binds loopback unless told otherwise. `users` maps names to passwords and is for all mounts alike; None lets
    everyone read, which is for loopback and tests. `provider` opens what is not mounted, and decides who may have it.
    `tls` is a second address, where the same is served over TLS.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        users: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        provider: Provider | None = None,
        tls: TlsSettings | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._mounts: dict[str, Mount] = {}
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._past_dropped_gops = 0
        self._listener: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None
        clock = clock or SystemClock()
        guard = None if users is None else DigestGuard(users, clock=clock)
        self._service = Service(self._mounts, guard, UdpPorts(), clock, limits or Limits(), provider)
        self._tls = None if tls is None else TlsListener(tls, self._service.limits, self._take_connection)

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 asked for a free one."""
        return self._port

    @property
    def tls_port(self) -> int:
        """As `port`, for TLS; 0 where it is not served."""
        return 0 if self._tls is None else self._tls.port

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken or not ours."""
        await self._service.udp.open(self._host)
        try:
            self._listener = await asyncio.start_server(self._take_connection, self._host, self._port, backlog=_BACKLOG)
            if self._tls is not None:
                await self._tls.start()
        except OSError:
            if self._listener is not None:
                self._listener.close()
                self._listener = None
            self._service.udp.close()
            raise
        self._port = self._listener.sockets[0].getsockname()[1]
        self._watch = asyncio.create_task(self._watch_over(), name="rtsp watch")
        _log.info("rtsp_listening", host=self._host, port=self._port, open=self._service.guard is None)

    async def stop(self) -> None:
        """Close the mounts and every connection at once. May be called again."""
        if self._listener is None or self._watch is None:
            return
        self._listener.close()
        if self._tls is not None:
            await self._tls.stop()
        self._watch.cancel()
        for path in list(self._mounts):
            self.unmount(path)
        for connection in self._connections:
            connection.abort()  # what it opened is closed by its own task, which is waited for
        await asyncio.wait([self._watch, *self._connections.values()])
        self._service.udp.close()
        self._listener = None
        _log.info("rtsp_stopped", port=self._port)

    def mount(self, path: str, parameters: StreamParameters) -> Mount:
        """Offer a stream under `path`, for example "/hall-a/camera-1/main".

        Raises ValueError when the path is taken, or is none that a player could ask for.
        """
        if not path.startswith("/") or path.endswith("/"):
            raise ValueError(f"a mount's path begins with a slash and does not end with one: {path!r}")
        if path in self._mounts:
            raise ValueError(f"{path} is mounted already")
        loop = asyncio.get_running_loop()
        mount = Mount(path, parameters, loop=loop, clock=self._service.clock, limits=self._service.limits)
        self._mounts[path] = mount
        _log.info("rtsp_mounted", path=path, codec=parameters.codec.value)
        return mount

    def unmount(self, path: str) -> None:
        """Withdraw a stream: its readers get what waits, RTCP BYE, and are hung up on. Raises KeyError."""
        mount = self._mounts.pop(path)
        mount.close()
        self._past_dropped_gops += mount.dropped_gops
        _log.info("rtsp_unmounted", path=path)

    def stats(self) -> ServerStats:
        counters = self._service.counters
        return ServerStats(
            connections=len(self._connections),
            playing=sum(connection.playing for connection in self._connections),
            mounts=len(self._mounts),
            dropped_gops=self._past_dropped_gops + sum(mount.dropped_gops for mount in self._mounts.values()),
            refused_connections=counters.refused_connections,
            failed_logins=counters.failed_logins,
            timeouts=counters.timeouts,
            malformed=counters.malformed,
        )

    async def _take_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        if peer is None or not self._has_room(peer[0]):  # None: gone before it was accepted
            self._service.counters.refused_connections += peer is not None
            writer.transport.abort()
            return
        connection = Connection(self._service, reader, writer)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  start_server runs this in a task of its own
        self._connections[connection] = task
        try:
            await connection.run()
        finally:
            del self._connections[connection]

    def _has_room(self, peer: str) -> bool:
        limits = self._service.limits
        if len(self._connections) >= limits.connections:
            return False
        if self._service.guard is None:
            return True
        strangers = (one for one in self._connections if one.peer == peer and not one.login.user)
        return sum(1 for _ in strangers) < limits.strangers

    async def _watch_over(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            for connection in list(self._connections):
                connection.check_idle()
