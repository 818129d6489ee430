"""The RTSP server on a thread of its own, for programs that live on other threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Final, TypeVar

from vigil.clock import Clock, SystemClock
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.mount import Mount
from vigil.forward.rtsp.server import DEFAULT_PORT, RtspServer
from vigil.model.media import StreamParameters

_ANSWER_S: Final = 10.0
"""For the server's loop to do what another thread asked of it."""

_T = TypeVar("_T")


class BackgroundServer:
    """An RtspServer between `start` and `stop`. Its methods may be called from any thread but the server's own."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        name: str,
        users: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`name` is the thread's. As for RtspServer: a `port` of 0 takes a free one; without users all may watch."""
        self._host = host
        self._server = RtspServer(host, port, users=users or None, clock=clock or SystemClock(), limits=limits)
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=name)

    def start(self) -> None:
        """Listen. Raises OSError for an address not to be had."""
        self._thread.start()
        try:
            self._ready.result()
        except OSError:
            self._thread.join()
            raise

    def stop(self) -> None:
        """Hang up on all readers. Only after a successful `start`, and once."""
        self._running().call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def port(self) -> int:
        """The port that is listened on. Only while it runs."""
        self._running()
        return self._server.port

    def url(self, path: str) -> str:
        """Where a mount is to be watched, without credentials. `path` begins without a slash."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"rtsp://{host}:{self.port}/{path}"

    def mount(self, path: str, parameters: StreamParameters) -> Mount:
        """Raises ValueError for an impossible or a taken path."""
        return self._in_loop(lambda: self._server.mount(f"/{path}", parameters))

    def unmount(self, mount: Mount) -> None:
        """Its readers come to the end of the stream, new ones get 404."""
        self._in_loop(lambda: self._server.unmount(mount.path))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            async with self._server:
                self._ready.set_result(None)
                await self._stop.wait()
        except OSError as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    def _in_loop(self, step: Callable[[], _T]) -> _T:
        async def run() -> _T:
            return step()

        return asyncio.run_coroutine_threadsafe(run(), self._running()).result(_ANSWER_S)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or not self._ready.done() or self._ready.exception() is not None:
            raise RuntimeError("the RTSP server has not been started")
        return self._loop
