"""In-memory ends of a WebSocket, so that no test needs a port."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from vigil.model.media import Fragment
from vigil.uplink import protocol
from vigil.uplink.protocol import Down, Up

WITHIN_S = 5.0


class CenterSocket:
    """What the centre's hub sees as its WebSocket; the test plays the node."""

    def __init__(self, node: str, key: str = "right", *, scheme: str = "Bearer") -> None:
        self.headers = {protocol.NODE_HEADER: node, "authorization": f"{scheme} {key}"}
        self.accepted = False
        self.closed: tuple[int, str] | None = None
        self._up: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._down: asyncio.Queue[Down] = asyncio.Queue()

    # The node's side

    def say(self, *messages: Up) -> None:
        for message in messages:
            self.say_text(protocol.encode_up(message))

    def say_text(self, text: str) -> None:
        self._up.put_nowait({"type": "websocket.receive", "text": text})

    def say_live(self, channel: int, fragment: Fragment) -> None:
        self.say_bytes(protocol.encode_fragment(channel, fragment))

    def say_bytes(self, data: bytes) -> None:
        self._up.put_nowait({"type": "websocket.receive", "bytes": data})

    def hang_up(self) -> None:
        self._up.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def heard(self) -> Down:
        """The centre's next message."""
        return await asyncio.wait_for(self._down.get(), WITHIN_S)

    def heard_nothing_more(self) -> bool:
        return self._down.empty()

    # starlette.websockets.WebSocket

    async def accept(self) -> None:
        self.accepted = True

    async def receive(self) -> dict[str, Any]:
        return await self._up.get()

    async def send_text(self, text: str) -> None:
        if self.closed is not None:
            raise WebSocketDisconnect(1006)
        self._down.put_nowait(protocol.decode_down(text))

    async def close(self, code: int, reason: str = "") -> None:
        if self.closed is not None:
            raise RuntimeError("closed already")
        self.closed = code, reason


class NodeSocket:
    """What the node's client sees as its connection; the test plays the centre."""

    def __init__(self) -> None:
        self.transport = self
        self.broken = False
        self._up: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._down: asyncio.Queue[str | None] = asyncio.Queue()

    # The centre's side

    def say(self, *messages: Down) -> None:
        for message in messages:
            self._down.put_nowait(protocol.encode_down(message))

    def say_text(self, text: str) -> None:
        self._down.put_nowait(text)

    def cut(self) -> None:
        self.broken = True
        self._down.put_nowait(None)

    async def heard(self) -> Up | protocol.ChannelFragment:
        """The node's next message, reports left out."""
        while True:
            data = await asyncio.wait_for(self._up.get(), WITHIN_S)
            message = protocol.decode_fragment(data) if isinstance(data, bytes) else protocol.decode_up(data)
            if not isinstance(message, protocol.Report):
                return message

    # websockets.asyncio.client.ClientConnection

    async def __aenter__(self) -> NodeSocket:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.broken = True

    async def send(self, data: str | bytes) -> None:
        if self.broken:
            raise _closed()
        self._up.put_nowait(data)

    async def recv(self) -> str:
        data = await self._down.get()
        if data is None:
            raise _closed()
        return data

    def get_extra_info(self, _name: str) -> None:
        return None


def _closed() -> ConnectionClosedError:
    return ConnectionClosedError(Close(1012, "restarts"), None)
