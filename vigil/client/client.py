"""The client of a program that waits for each answer. What is said and understood is in calls.py and exchange.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

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
from vigil.client.line import Line

T = TypeVar("T")


class Client:
    """Speaks with one centre for the owner of an API token. Every call raises CallRefused or CallError.

    `address` as `https://centre.example`. `purpose`, and the `number` of the case: what is looked for, where the owner
    inspects. `http` in place of a connection of its own, for who wants a proxy or another certificate; it has the address
    then, and is not closed.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        purpose: str | None = None,
        number: str | None = None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._own = http is None
        self._http = http or httpx.Client(base_url=address, timeout=TIMEOUT_S)
        self._http.headers.update(calls.headers_of_all(token, purpose, number))
        self._line = Line(self._http, sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._own:
            self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Any call of the API that has no name here; `path` as it stands in its table."""
        return self._line.ask(Call(method, path, query, body, headers))

    def me(self) -> MeView:
        return self._line.ask(calls.me())

    def site(self) -> SiteView:
        return self._line.ask(calls.site())

    def status(self) -> StatusView:
        return self._line.ask(calls.status())

    def alerts(self, **wanted: Any) -> Iterator[AlertView]:
        """All pages, the newest first: `hall`, `kind`, `state`, `active`, `assigned`."""
        return self._all(calls.alerts(wanted))

    def alert(self, alert_id: str) -> AlertView:
        return self._line.ask(calls.alert(alert_id))

    def take_step(self, alert: AlertView | str, step: AlertStep, *, key: str | None = None, **brings: str) -> AlertView:
        """Taken once, though the connection break. With an AlertView only upon what it shows: else CallRefused 412, whose
        `told["alert"]` is the alert as it stands. `key` names the step over several runs of a program.
        """
        return self._line.ask(calls.alert_step(alert, step, key, brings))

    def ledger(self, **wanted: Any) -> Iterator[LedgerView]:
        """All pages, the latest first: `kind`, `state`, `hall`, `alert`, `live`, `overdue`."""
        return self._all(calls.ledger(wanted))

    def take_ledger_step(
        self, entry: LedgerView | str, step: str, *, key: str | None = None, **brings: Any
    ) -> LedgerView:
        """As `take_step`; `told["entry"]` is the entry as it stands."""
        return self._line.ask(calls.ledger_step(entry, step, key, brings))

    def suspensions(self, **wanted: Any) -> Iterator[SuspensionView]:
        return self._all(calls.suspensions(wanted))

    def enter_roster(self, file: bytes, *, dry_run: bool = True) -> RosterView:
        """Leave, substitutes and pauses of a CSV or XLSX, whole or not at all; a second time it enters nothing. CallRefused
        409 has the rows that are in the way in `told["roster"]`.
        """
        return self._line.ask(calls.roster(file, dry_run=dry_run))

    def register(self, **wanted: Any) -> Iterator[EntryView]:
        return self._all(calls.register(wanted))

    def clip(self, clip_id: str) -> ClipView:
        return self._line.ask(calls.clip(clip_id))

    def pull(self, camera: str, from_at: datetime, to_at: datetime, reason: str) -> ClipView:
        """Asked once: who lost the answer finds the pull in the list of clips."""
        return self._line.ask(calls.pull(camera, from_at, to_at, reason))

    def download_clip(self, clip_id: str, path: Path) -> str:
        """Into a file, which is there whole or not at all; its SHA-256. Raises BytesDiffer.

        The register has an entry for each beginning.
        """
        announced = self.clip(clip_id)["sha256"]
        whole = kept_whole(path, f"clip {clip_id}", announced)
        with whole as arriving, self._line.stream(calls.video(clip_id)) as answer:
            for chunk in answer.iter_bytes(CHUNK):
                arriving.write(chunk)
        return arriving.sha256

    def events(self) -> Iterator[ServerEvent]:
        """Without end: connects again when the stream ends or breaks. Each connection begins with the whole status, and what
        happened in between is to be fetched; CallRefused where the token is good for it no longer.
        """
        following = Following()
        while True:
            with following.connection(), self._line.stream(calls.events(following.last_id)) as answer:
                for line in answer.iter_lines():
                    event = following.event(line)
                    if event is not None:
                        yield event
            self._line.sleep(following.retry_s)

    def _all(self, pages: Pages[T]) -> Iterator[T]:
        call: Call[Any] | None = pages.first
        while call is not None:
            page = self._line.ask(call)
            yield from page["items"]
            call = pages.behind(page)
