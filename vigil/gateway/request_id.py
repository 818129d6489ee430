"""Each request has an id: in every line of the log that is written for it, in its answer, and in a problem that it ends with.

Who sends one that is well formed keeps it, so that a proxy's log, the caller's and ours can be laid side by side:
`X-Request-Id`, or the trace of a `traceparent` (W3C Trace Context). Anything else is replaced, for it would stand in our log.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, get_contextvars

HEADER: Final = "X-Request-Id"
_KEY: Final = "request"
_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)
_TRACE: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}", re.ASCII)


class RequestIds:
    """The outermost middleware. What it binds holds for the request's task, which ends with it, and for its worker threads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        mine = _id_of(Headers(scope=scope))
        bind_contextvars(**{_KEY: mine})

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = mine
            await send(message)

        await self._app(scope, receive, add)


def request_id() -> str | None:
    """Of the request that is being served; None outside of one."""
    found = get_contextvars().get(_KEY)
    return None if found is None else str(found)


def _id_of(headers: Headers) -> str:
    given = headers.get(HEADER.lower(), "")
    if _WELL_FORMED.fullmatch(given):
        return given
    trace = _TRACE.fullmatch(headers.get("traceparent", ""))
    if trace is not None and int(trace[1], 16) and int(trace[2], 16) and not trace[0].startswith("ff"):
        return trace[1]
    return secrets.token_hex(16)
