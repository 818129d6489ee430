"""RTSP over TLS (RTSPS): accepts, shakes hands within a deadline, and hands over what is then a connection like any other.

asyncio's own server shakes hands before anybody can count: who connects and says nothing would cost a socket each. So the
handshakes under way are counted here, all of them and those of one address, and what is beyond is closed as it comes in.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from vigil.forward.rtsp.limits import Limits

_BACKLOG: Final = 128
_REST_S: Final = 0.5
"""After the kernel refused us a socket: it does so again at once."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger()

OnConnection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TlsSettings:
    host: str
    port: int
    context: ssl.SSLContext


class TlsListener:
    """Belongs to the server's loop."""

    def __init__(self, settings: TlsSettings, limits: Limits, on_connection: OnConnection) -> None:
        self._settings = settings
        self._limits = limits
        self._on_connection = on_connection
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._handshakes: dict[asyncio.Task[None], str] = {}
        """And the address that each is with."""
        self.port = settings.port

    async def start(self) -> None:
        """Raises OSError when the address is not to be had."""
        host = self._settings.host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, self.port), family=family, backlog=_BACKLOG)
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept(self._socket), name="rtsps accept")

    async def stop(self) -> None:
        """Listens no more and ends what is shaking hands. May be called again."""
        tasks = [task for task in (self._accepting, *self._handshakes) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self._socket is not None:
            self._socket.close()
        self._socket, self._accepting = None, None

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, peer = await loop.sock_accept(listener)
            except OSError as error:
                _log.warning("rtsps_accept_failed", reason=str(error))
                await asyncio.sleep(_REST_S)
                continue
            if not self._has_room(peer[0]):
                accepted.close()
                continue
            task = asyncio.create_task(self._shake_hands(accepted), name="rtsps handshake")
            self._handshakes[task] = peer[0]
            task.add_done_callback(self._handshakes.pop)

    def _has_room(self, peer: str) -> bool:
        of_peer = sum(other == peer for other in self._handshakes.values())
        return of_peer < self._limits.strangers and len(self._handshakes) < self._limits.connections

    async def _shake_hands(self, accepted: socket.socket) -> None:
        """Ends with the handshake: the streams run the connection in a task of its own."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, self._on_connection, loop=loop)
        try:
            await loop.connect_accepted_socket(
                lambda: protocol,
                accepted,
                ssl=self._settings.context,
                ssl_handshake_timeout=self._limits.tls_handshake_s,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            accepted.close()
            _log.debug("rtsps_handshake_failed", reason=str(error))
