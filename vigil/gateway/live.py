"""Live pictures over a WebSocket. Who may watch is checked before anything is sent, and again while it lasts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final

import anyio
import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from vigil.errors import StoreError
from vigil.gateway.auth import Person, find_person
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.live_source import LiveSubscription
from vigil.gateway.purposes import enter_look, is_lacking
from vigil.model.ids import CameraId, HallId
from vigil.model.live import LiveDropped, LiveInit, LiveMessage, LiveState
from vigil.model.media import Fragment, StreamKind
from vigil.model.people import Permission
from vigil.model.register import Action

router = APIRouter(tags=["cameras"])
_log = structlog.get_logger(__name__)

GONE: Final = 1001
"""The centre is going down, or has no live video now; try again."""
BROKEN: Final = 1011
CLOSE_WITHIN_S: Final = 5
NO_SESSION: Final = 4401
NO_PERMISSION: Final = 4403
NO_CAMERA: Final = 4404
NO_PURPOSE: Final = 4428
"""Say first what you look for."""


@router.websocket("/cameras/{camera_id}/live")
async def live(socket: WebSocket, deps: Deps, camera_id: CameraId, stream: StreamKind = StreamKind.MAIN) -> None:
    try:
        verdict = await run_in_threadpool(_admit, socket, deps, camera_id, stream)
    except StoreError as error:
        _log.error("store_failed", path=socket.url.path, error=str(error))
        verdict = BROKEN
    # A browser sees the code of a close only on a socket that was accepted; a refused one gets nothing else.
    await socket.accept()
    if not isinstance(verdict, Person):
        await _close(socket, verdict)
        return
    subscription = deps.live.subscribe(camera_id, stream)
    deps.metrics.viewers.inc()
    try:
        code = await _run(socket, subscription, partial(_watch_session, socket, deps, verdict, camera_id))
    finally:
        deps.metrics.viewers.dec()
        with anyio.move_on_after(CLOSE_WITHIN_S, shield=True):
            await subscription.aclose()
    if code is not None:
        await _close(socket, code)


def _admit(socket: WebSocket, deps: GatewayDeps, camera_id: CameraId, stream: StreamKind) -> Person | int:
    """The person, and an entry in the register, when the person may watch; else the code to close with. Blocks."""
    person = find_person(socket, deps)
    known = deps.camera(camera_id)
    refused = _refusal(person, deps.hall_of_camera(camera_id))
    if person is None:
        return NO_SESSION
    if refused is not None:
        return refused
    if known is None or (stream is StreamKind.SUB and known[1].substream is None):
        return NO_CAMERA
    enter_look(deps, person, Action.WATCH, f"camera {camera_id}, {stream}", camera=camera_id)
    return person


def _refusal(person: Person | None, hall: HallId | None) -> int | None:
    if person is None:
        return NO_SESSION
    if not person.may(Permission.WATCH_LIVE):
        return NO_PERMISSION
    if not person.may_in(hall, Permission.WATCH_LIVE):
        return NO_CAMERA
    return NO_PURPOSE if is_lacking(person, hall) else None


async def _run(
    socket: WebSocket, subscription: LiveSubscription, watch_session: Callable[[], Awaitable[int]]
) -> int | None:
    """Until one of the three has had enough. The code to close with, None when the viewer has gone."""
    codes: list[int | None] = []
    async with anyio.create_task_group() as group:

        async def until_end(part: Callable[[], Awaitable[int | None]]) -> None:
            codes.append(await part())
            group.cancel_scope.cancel()

        group.start_soon(until_end, partial(_listen, socket))
        group.start_soon(until_end, partial(_send, socket, subscription))
        group.start_soon(until_end, watch_session)
    return None if None in codes else codes[0]


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(WebSocketDisconnect):  # the viewer was faster
        await socket.close(code)


async def _send(socket: WebSocket, subscription: LiveSubscription) -> int | None:
    try:
        async for message in subscription:
            await _send_one(socket, message)
    except WebSocketDisconnect:
        return None
    return GONE


async def _send_one(socket: WebSocket, message: LiveMessage) -> None:
    match message:
        case LiveInit():
            await socket.send_json(
                {"type": "init", "mime": message.mime, "width": message.width, "height": message.height}
            )
            await socket.send_bytes(message.data)
        case Fragment():
            await socket.send_bytes(message.data)
        case LiveState():
            await socket.send_json({"type": "state", "health": message.health})
        case LiveDropped():
            await socket.send_json({"type": "dropped", "gops": message.gops})


async def _listen(socket: WebSocket) -> int | None:
    """Ends when the viewer goes. He has nothing to say to us."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    return None


async def _watch_session(socket: WebSocket, deps: GatewayDeps, admitted: Person, camera_id: CameraId) -> int:
    """Ends when the person may no longer watch, or does it for another purpose: that is another entry."""
    hall = deps.hall_of_camera(camera_id)
    while True:
        await anyio.sleep(deps.session_check_s)
        try:
            person = await run_in_threadpool(find_person, socket, deps)
        except StoreError:  # nobody loses a picture because the database is away for a moment
            continue
        refused = _refusal(person, hall)
        if refused is not None:
            return refused
        if person is not None and hall in person.inspects and person.purpose != admitted.purpose:
            return GONE
