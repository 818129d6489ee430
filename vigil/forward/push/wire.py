"""A TCP connection, with TLS or without, on which every wait has a deadline and ends at once when vigil stops."""

from __future__ import annotations

import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Final, TypeVar

from vigil.errors import VigilError

_CHUNK: Final = 64 * 1024
_SLICE_S: Final = 0.2
"""How long a wait goes on after `stopped` was set."""
_SEND_BUFFER: Final = 256 * 1024
"""Bytes that the kernel keeps for a server that does not take them: more would hide for long that it hangs."""

T = TypeVar("T")


class Stopped(VigilError):
    """Nobody wants the connection any more."""


class Wire:
    """Belongs to one thread. Raises OSError where the network fails, TimeoutError among them, and Stopped."""

    def __init__(
        self, host: str, port: int, *, tls: bool, until_mono: float, stall_s: float, stopped: threading.Event
    ) -> None:
        self._stall_s = stall_s
        self._stopped = stopped
        self._socket = self._dial(host, port, until_mono)
        with ExitStack() as undo:
            undo.callback(self.close)
            if tls:
                self._socket = self._secured(self._socket, host, until_mono)
            undo.pop_all()

    @property
    def peer(self) -> str:
        """The server's address, without a port."""
        return str(self._socket.getpeername()[0])

    @property
    def local(self) -> str:
        return str(self._socket.getsockname()[0])

    def send(self, data: bytes) -> None:
        """All of it, for as long as the server takes some of it now and then."""
        rest = memoryview(data)
        while rest:
            until_mono = time.monotonic() + self._stall_s
            sent = self._step(partial(self._socket.send, rest), select.POLLOUT, until_mono)
            rest = rest[sent:]

    def receive(self, until_mono: float) -> bytes:
        """What comes next, at least one byte. Raises ConnectionError when the server hung up."""
        data = self._step(lambda: self._socket.recv(_CHUNK), select.POLLIN, until_mono)
        if not data:
            raise ConnectionError("the server hung up")
        return data

    def arrived(self) -> bytes:
        """What is there already, perhaps nothing."""
        with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            data = self._socket.recv(_CHUNK)
            if not data:
                raise ConnectionError("the server hung up")
            return data
        return b""

    def say(self, data: bytes) -> None:
        """A last word that nobody waits for."""
        with suppress(OSError):
            self._socket.send(data)

    def close(self) -> None:
        self._socket.close()

    def wait(self, descriptor: int, events: int, until_mono: float) -> None:
        """Until `descriptor` is ready. Raises TimeoutError and Stopped."""
        poll = select.poll()
        poll.register(descriptor, events)
        while not self._stopped.is_set():
            left_s = until_mono - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("nothing moved within the time-out")
            if poll.poll(min(left_s, _SLICE_S) * 1000):
                return
        raise Stopped

    def _step(self, act: Callable[[], T], events: int, until_mono: float) -> T:
        while True:
            try:
                return act()
            except ssl.SSLWantReadError:
                wanted = select.POLLIN
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            except BlockingIOError:
                wanted = events
            self.wait(self._socket.fileno(), wanted, until_mono)

    def _dial(self, host: str, port: int, until_mono: float) -> socket.socket:
        """The first address that answers. Each of those that are left has its share of the time."""
        try:
            places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError("the name cannot be a host's") from error
        failed = OSError("the name has no address")
        for left, (family, kind, protocol, _, address) in zip(range(len(places), 0, -1), places, strict=True):
            now = time.monotonic()
            with ExitStack() as undo:
                dialled = undo.enter_context(socket.socket(family, kind, protocol))
                try:
                    self._connect(dialled, address, now + (until_mono - now) / left)
                except OSError as error:
                    failed = error
                else:
                    undo.pop_all()
                    return dialled
        raise failed

    def _connect(self, dialled: socket.socket, address: object, until_mono: float) -> None:
        dialled.setblocking(False)
        dialled.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(BlockingIOError):
            dialled.connect(address)  # type: ignore[arg-type]  # as getaddrinfo gave it
        self.wait(dialled.fileno(), select.POLLOUT, until_mono)
        code = dialled.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def _secured(self, plain: socket.socket, host: str, until_mono: float) -> ssl.SSLSocket:
        """The certificate must be one that the system trusts, and of `host`."""
        context = ssl.create_default_context()
        secured = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        self._socket = secured
        self._step(secured.do_handshake, select.POLLIN, until_mono)
        return secured
