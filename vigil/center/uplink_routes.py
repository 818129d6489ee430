"""Where nodes reach the centre: the WebSocket, and PUT for objects where the archive is a folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect
from starlette.websockets import WebSocket

from vigil.center.intake import CenterIntake
from vigil.errors import ArchiveError
from vigil.uplink import protocol
from vigil.uplink.hub import Hub

_SILENT_S = 30.0


class _Body:
    """The request's body as a file, for a worker thread that reads while the event loop receives."""

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
        body = _Body(request.stream(), asyncio.get_running_loop())
        try:
            await asyncio.to_thread(intake.receive, leave, body)  # type: ignore[arg-type]  # read() is all that is used
        except ArchiveError as error:
            return Response(str(error), status_code=409, media_type="text/plain")
        return Response(status_code=201)

    return routes
