"""Serves the page, its clip and its table to one browser on this machine.

Other people's pages run in the same browser, and other users on the same machine. So it listens on 127.0.0.1 alone; every
path begins with a random token; a request must name this address as its Host, or a page elsewhere could point a name of
its own at it (DNS rebinding); and a change must not come from another origin. Nothing but the one clip can be read.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vigil.errors import TruthError
from vigil.label.desk import Changed, Desk
from vigil.model.media import Codec
from vigil.model.site import Window

HOST: Final = "127.0.0.1"
LARGEST_TABLE: Final = 4 * 1024 * 1024
"""Bytes of a table: some 100,000 lines."""
_NONCE: Final = "PAGE_NONCE"
_SHUTDOWN_S: Final = 1
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says of the clip beside its labels."""

    windows: Sequence[Window]
    codec: Codec


def create_app(desk: Desk, shown: Shown, token: str, port: int) -> Starlette:
    routes = _Routes(desk, shown)
    served = [
        Route("/", routes.page),
        Route("/facts", routes.facts),
        Route("/clip", routes.clip),
        Route("/table", routes.table),
        Route("/table", routes.keep, methods=["PUT"]),
        Route("/truth", routes.tell, methods=["POST"]),
    ]
    return Starlette(routes=[Mount("/{token}", routes=served)], middleware=[Middleware(_Guard, token, port)])


def listen(port: int) -> socket.socket:
    """On loopback; 0 takes a free port. Raises OSError."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {HOST}:{port}: {error.strerror}. Try another --port") from error


def address(listener: socket.socket, token: str) -> str:
    """Where the page is. Whoever has it may change the labels."""
    return f"http://{HOST}:{listener.getsockname()[1]}/{token}/"


def new_token() -> str:
    return secrets.token_urlsafe(24)


async def serve(app: Starlette, listener: socket.socket, stop: asyncio.Event) -> None:
    """Until `stop` is set."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=_SHUTDOWN_S
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    stopping.cancel()


class _Server(uvicorn.Server):
    """Signals are the command line's business (vigil/process.py), not the web server's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Routes:
    """Handlers run on the event loop one after the other: a table is small, and there is one person."""

    def __init__(self, desk: Desk, shown: Shown) -> None:
        self._desk = desk
        self._shown = shown
        self._page = (resources.files("vigil.label") / "page.html").read_text(encoding="utf-8")

    async def page(self, _: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; media-src 'self'; "
            "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        return HTMLResponse(self._page.replace(_NONCE, nonce), headers={"Content-Security-Policy": policy})

    async def facts(self, _: Request) -> Response:
        header = self._desk.header
        windows = [{"id": window.id, "name": window.name} for window in self._shown.windows]
        return JSONResponse(
            {
                "clip": self._desk.clip.name,
                "table": self._desk.table.name,
                "truth": self._desk.truth.name,
                "codec": self._shown.codec,
                "seconds": header.seconds,
                "fps": header.fps,
                "windows": windows,
            }
        )

    async def clip(self, _: Request) -> Response:
        return FileResponse(self._desk.clip, media_type="video/mp4")

    async def table(self, _: Request) -> Response:
        return self._answer()

    async def keep(self, request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse(f"A table has at most {LARGEST_TABLE} bytes, in UTF-8.", 413)
        try:
            self._desk.keep(body, request.headers.get("if-match", "").strip('"'))
        except Changed as error:
            return PlainTextResponse(str(error), 412)
        except TruthError as error:
            return PlainTextResponse(str(error), 422)
        except OSError as error:
            return PlainTextResponse(f"{self._desk.table}: cannot be written: {error}", 507)
        return self._answer()

    async def tell(self, _: Request) -> Response:
        try:
            truth = self._desk.tell()
        except TruthError as error:
            return PlainTextResponse(str(error), 422)
        except OSError as error:
            return PlainTextResponse(f"{self._desk.truth}: cannot be written: {error}", 507)
        return JSONResponse({"seconds": len(truth.seconds)})

    def _answer(self) -> Response:
        return Response(self._desk.text, media_type="text/csv", headers={"ETag": f'"{self._desk.revision}"'})


async def _body(request: Request) -> str | None:
    """None when there is too much of it, or it is not UTF-8."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > LARGEST_TABLE:
            return None
    try:
        return found.decode()
    except UnicodeDecodeError:
        return None


class _Guard:
    """Host, origin and token, before anything is looked at."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", "").lower(), headers.get("origin", "").lower()
        if host not in self._hosts:
            return PlainTextResponse("This is not the address of the page.", 421)
        if origin and origin not in {f"http://{known}" for known in self._hosts}:
            return PlainTextResponse("Another page may not ask here.", 403)
        given = scope["path"].split("/")[1].encode()
        if not secrets.compare_digest(given, self._token):
            return PlainTextResponse("There is nothing here. Use the address that vigil label shows.", 404)
        return None


def _with_headers(send: Send) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return add
