"""Drives an ASGI application by hand, for answers that do not end by themselves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message

WITHIN_S = 5
"""A test that waits for longer than this has failed."""


@dataclass(frozen=True, slots=True)
class SentEvent:
    name: str
    data: Any


class EventStream:
    """GET of an event stream. `event()` gives its events one by one; `leave()` is the browser's going away."""

    def __init__(self, app: ASGIApp, path: str, headers: Mapping[str, str]) -> None:
        self._left = asyncio.Event()
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._asked = False
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("192.0.2.9", 50000),
            "server": ("centre.test", 443),
        }
        self._task = asyncio.ensure_future(app(scope, self._receive, self._messages.put))

    async def status(self) -> int:
        return int((await self._next())["status"])

    async def event(self) -> SentEvent | None:
        """None: the stream has ended."""
        while True:
            message = await self._next()
            text = message["body"].decode()
            if text == "" and not message.get("more_body", False):
                return None
            fields = dict(line.split(": ", 1) for line in text.splitlines() if line)
            if "event" in fields:
                return SentEvent(fields["event"], json.loads(fields["data"]))

    async def leave(self) -> None:
        self._left.set()
        await asyncio.wait_for(self._task, WITHIN_S)

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _next(self) -> Message:
        return await asyncio.wait_for(self._messages.get(), WITHIN_S)
