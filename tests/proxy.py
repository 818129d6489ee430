"""A TCP proxy on the loopback that a test cuts and stalls: a link that breaks as lines do."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Final, Self

_CHUNK: Final = 64 * 1024
_ANSWER_S: Final = 10.0


class BreakingProxy:
    """Runs on a thread of its own; its methods may be called from any.

    With `most_bytes` a connection is reset as soon as so many have gone one way.
    """

    def __init__(self, target_port: int, *, most_bytes: int | None = None) -> None:
        self._most_bytes = most_bytes
        self.port = 0
        self.connections = 0
        """Taken so far."""
        self.bytes = 0
        """Passed on so far, both ways."""
        self._target = target_port
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._pairs: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Resets every connection; new ones are taken."""
        self._do(self._cut())

    def stall(self) -> None:
        """Passes nothing on, and says nothing: half open."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def flow(self) -> None:
        self._loop.call_soon_threadsafe(self._flowing.set)

    def _do(self, step: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(_ANSWER_S)

    async def _listen(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        pairs = list(self._pairs)
        for pair in pairs:
            pair.cancel()
        await asyncio.gather(*pairs, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        pair = asyncio.create_task(self._pair(reader, writer))
        self._pairs.add(pair)
        pair.add_done_callback(self._pairs.discard)

    async def _pair(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            writers.append(back)
            both = {asyncio.create_task(self._copy(reader, back)), asyncio.create_task(self._copy(there, writer))}
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for copying in both:
                    copying.cancel()
        except OSError:
            return
        finally:
            for one in writers:
                _reset(one)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        try:
            while data := await reader.read(_CHUNK):
                await self._flowing.wait()
                self.bytes += len(data)
                passed += len(data)
                writer.write(data)
                await writer.drain()
                if self._most_bytes is not None and passed > self._most_bytes:
                    return
        except OSError:
            return


def _reset(writer: asyncio.StreamWriter) -> None:
    held = writer.get_extra_info("socket")
    if held is not None:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()
