"""Middleware that guards every answer and every unsafe request, whatever the route."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from vigil.gateway.problems import problem

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "style-src 'self'",
            "script-src 'self'",
            "object-src 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types vue",  # the only policy; templates alone go through it
            "connect-src 'self' ws: wss:",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with "no-referrer" browsers send "Origin: null", which the guard refuses
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
}
_TLS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}
"""Without its subdomains: they may be others'."""
_UNCACHED: Final = ("/api", "/metrics")


class SecurityHeaders:
    """Adds the headers to every answer; nothing of the API may stay in a cache. `tls`: browsers reach us by TLS."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._headers = _HEADERS | _TLS_ONLY if tls else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if any(below(scope, prefix) for prefix in _UNCACHED):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, add)


class OriginGuard:
    """Refuses unsafe requests and WebSockets that another site's page makes with our cookie.

    `exempt` are path prefixes of clients that are no browsers and bring no cookie.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str] = (), exempt: Collection[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._exempt = tuple(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._concerns(scope) or self._is_ours(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close(4403)  # before it is accepted: the handshake answers 403
        else:
            answer = problem(403, "The request's Origin is not this centre.")
            await answer(scope, receive, send)

    def _concerns(self, scope: Scope) -> bool:
        if scope["type"] not in {"http", "websocket"} or any(below(scope, prefix) for prefix in self._exempt):
            return False
        if Headers(scope=scope).get("authorization", "").lower().startswith("bearer "):
            return False  # no browser adds it by itself, and who brings it is judged by it alone (auth.find_person)
        return scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS

    def _is_ours(self, headers: Headers) -> bool:
        origin, host = headers.get("origin", "").lower(), headers.get("host", "").lower()
        return origin in self._origins or _names(origin, host)


def below(scope: Scope, prefix: str) -> bool:
    """True for the prefix itself and what is under it."""
    path: str = scope["path"]
    return path == prefix or path.startswith(f"{prefix}/")


def _names(origin: str, host: str) -> bool:
    """True when the origin's host and port are those of the Host header. A proxy in between may speak another scheme."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in _DEFAULT_PORTS or parts.path or parts.query or not host:
        return False
    port = f":{_DEFAULT_PORTS[parts.scheme]}"
    return parts.netloc.removesuffix(port) == host.removesuffix(port)
