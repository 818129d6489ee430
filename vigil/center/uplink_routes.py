"""Where nodes reach the centre: the WebSocket, and PUT for objects where the archive is a folder."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect
from starlette.websockets import WebSocket
from structlog.contextvars import bind_contextvars

from vigil.center.intake import CenterIntake
from vigil.errors import ArchiveError
from vigil.uplink import protocol
from vigil.uplink.hub import Hub

_SILENT_S = 30.0


class _Body:
    """The request's body, for a worker thread that reads while the event loop receives."""

    def __init__(self, chunks: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._chunks = chunks
        self._loop = loop
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Raises ArchiveError when the node falls silent or goes: its thread is wanted for others."""
        while not self._rest:
            coming = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
            try:
                chunk = coming.result(_SILENT_S)
            except (TimeoutError, CancelledError, ClientDisconnect) as error:
                coming.cancel()
                raise ArchiveError("the node did not send all of the object") from error
            if chunk is None:
                return b""
            self._rest = chunk
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    async def _next(self) -> bytes | None:
        return await anext(self._chunks, None)


def _first_byte(content_range: str | None, size: int) -> int | None:
    """Where the body begins (RFC 9110, 14.5, of a request by agreement: 14.4); None for a range that is none of the object."""
    if content_range is None:
        return 0
    match = re.fullmatch(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})", content_range)
    if match is None:
        return None
    first, last, whole = (int(part) for part in match.groups())
    return first if first <= last and (last, whole) == (size - 1, size) else None


def router(hub: Hub, intake: CenterIntake) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.websocket(protocol.PATH)
    async def uplink(socket: WebSocket) -> None:
        await hub.serve(socket)

    @routes.put(protocol.OBJECTS + "{ticket}")
    async def put_object(ticket: str, request: Request) -> Response:
        leave = intake.tickets.take(ticket)
        if leave is None:
            return Response(status_code=404)
        bind_contextvars(node=leave.node, object=leave.key)
        from_byte = _first_byte(request.headers.get("content-range"), leave.size)
        if from_byte is None:
            return Response("Content-Range: bytes FIRST-LAST/SIZE, to the object's end", 400, media_type="text/plain")
        body = _Body(request.stream(), asyncio.get_running_loop())
        try:
            await asyncio.to_thread(intake.receive, leave, body, from_byte)
        except ArchiveError as error:
            return Response(str(error), status_code=409, media_type="text/plain")
        return Response(status_code=201)

    return routes
