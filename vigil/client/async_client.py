"""The client of a program that does something else while an answer is on its way (asyncio, trio)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import httpx

from vigil.client import calls
from vigil.client.answers import (
    AlertView,
    ClipView,
    EntryView,
    LedgerView,
    MeView,
    RosterView,
    SiteView,
    StatusView,
    SuspensionView,
)
from vigil.client.calls import AlertStep, Call, Pages
from vigil.client.download import kept_whole
from vigil.client.events import Following, ServerEvent
from vigil.client.exchange import CHUNK, TIMEOUT_S
from vigil.client.line import AsyncLine

T = TypeVar("T")


class AsyncClient:
    """As Client, call by call, awaited; lists and events are gone through with `async for`. For several tasks at once, each
    of which may follow events and fetch pages. `download_clip` writes its file between two pieces, on the loop.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        purpose: str | None = None,
        number: str | None = None,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._own = http is None
        self._http = http or httpx.AsyncClient(base_url=address, timeout=TIMEOUT_S)
        self._http.headers.update(calls.headers_of_all(token, purpose, number))
        self._line = AsyncLine(self._http, sleep)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._own:
            await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        return await self._line.ask(Call(method, path, query, body, headers))

    async def me(self) -> MeView:
        return await self._line.ask(calls.me())

    async def site(self) -> SiteView:
        return await self._line.ask(calls.site())

    async def status(self) -> StatusView:
        return await self._line.ask(calls.status())

    def alerts(self, **wanted: Any) -> AsyncIterator[AlertView]:
        return self._all(calls.alerts(wanted))

    async def alert(self, alert_id: str) -> AlertView:
        return await self._line.ask(calls.alert(alert_id))

    async def take_step(
        self, alert: AlertView | str, step: AlertStep, *, key: str | None = None, **brings: str
    ) -> AlertView:
        return await self._line.ask(calls.alert_step(alert, step, key, brings))

    def ledger(self, **wanted: Any) -> AsyncIterator[LedgerView]:
        return self._all(calls.ledger(wanted))

    async def take_ledger_step(
        self, entry: LedgerView | str, step: str, *, key: str | None = None, **brings: Any
    ) -> LedgerView:
        return await self._line.ask(calls.ledger_step(entry, step, key, brings))

    def suspensions(self, **wanted: Any) -> AsyncIterator[SuspensionView]:
        return self._all(calls.suspensions(wanted))

    async def enter_roster(self, file: bytes, *, dry_run: bool = True) -> RosterView:
        return await self._line.ask(calls.roster(file, dry_run=dry_run))

    def register(self, **wanted: Any) -> AsyncIterator[EntryView]:
        return self._all(calls.register(wanted))

    async def clip(self, clip_id: str) -> ClipView:
        return await self._line.ask(calls.clip(clip_id))

    async def pull(self, camera: str, from_at: datetime, to_at: datetime, reason: str) -> ClipView:
        return await self._line.ask(calls.pull(camera, from_at, to_at, reason))

    async def download_clip(self, clip_id: str, path: Path) -> str:
        announced = (await self.clip(clip_id))["sha256"]
        with kept_whole(path, f"clip {clip_id}", announced) as arriving:
            async with self._line.stream(calls.video(clip_id)) as answer:
                async for chunk in answer.aiter_bytes(CHUNK):
                    arriving.write(chunk)
        return arriving.sha256

    async def events(self) -> AsyncIterator[ServerEvent]:
        following = Following()
        while True:
            with following.connection():
                async with self._line.stream(calls.events(following.last_id)) as answer:
                    async for line in answer.aiter_lines():
                        event = following.event(line)
                        if event is not None:
                            yield event
            await self._line.sleep(following.retry_s)

    async def _all(self, pages: Pages[T]) -> AsyncIterator[T]:
        call: Call[Any] | None = pages.first
        while call is not None:
            page = await self._line.ask(call)
            for item in page["items"]:
                yield item
            call = pages.behind(page)
