"""The calls. What is asked and answered is in docs/reference/api.md; answers are typed in answers.py."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, cast

import httpx

from vigil.client.answers import (
    AlertView,
    ClipView,
    EntryView,
    LedgerView,
    MeView,
    SiteView,
    StatusView,
    SuspensionView,
)
from vigil.client.events import Memory, ServerEvent, events_in
from vigil.client.line import Line
from vigil.errors import BytesDiffer, CallError, CallRefused

TIMEOUT_S: Final = 30.0
SILENCE_S: Final = 45.0
"""An event stream says something each 15 s; one that says nothing for three times that is dead."""
_CHUNK: Final = 256 * 1024

AlertStep = Literal["acknowledge", "confirm", "dismiss", "rectify", "reopen", "comment", "assign"]


class Client:
    """Speaks with one centre for the owner of an API token. Every call raises CallRefused or CallError.

    `address` as `https://centre.example`. `http` in place of a connection of its own, for who wants a proxy or another
    certificate; it has the address then, and is not closed.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._own = http is None
        self._http = http or httpx.Client(base_url=address, timeout=TIMEOUT_S)
        self._http.headers["Authorization"] = f"Bearer {token}"
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
        return self._line.ask(method, path, query=query, body=body, headers=headers)

    def me(self) -> MeView:
        return cast("MeView", self._line.ask("GET", "/session"))

    def site(self) -> SiteView:
        return cast("SiteView", self._line.ask("GET", "/site"))

    def status(self) -> StatusView:
        return cast("StatusView", self._line.ask("GET", "/status"))

    def alerts(self, **wanted: Any) -> Iterator[AlertView]:
        """All pages, the newest first: `hall`, `kind`, `state`, `active`, `assigned`."""
        return self._pages("/alerts", wanted)

    def alert(self, alert_id: str) -> AlertView:
        return cast("AlertView", self._line.ask("GET", f"/alerts/{alert_id}"))

    def take_step(self, alert: AlertView | str, step: AlertStep, *, key: str | None = None, **brings: str) -> AlertView:
        """Taken once, though the connection break. With an AlertView only upon what it shows: else CallRefused 412, whose
        `told["alert"]` is the alert as it stands. `key` names the step over several runs of a program.
        """
        name, headers = _of(alert)
        return cast("AlertView", self._step(f"/alerts/{name}/{step}", brings, headers, key))

    def ledger(self, **wanted: Any) -> Iterator[LedgerView]:
        """All pages, the latest first: `kind`, `state`, `hall`, `alert`, `live`, `overdue`."""
        return self._pages("/ledger", wanted)

    def take_ledger_step(
        self, entry: LedgerView | str, step: str, *, key: str | None = None, **brings: Any
    ) -> LedgerView:
        """As `take_step`; `told["entry"]` is the entry as it stands."""
        name, headers = _of(entry)
        return cast("LedgerView", self._step(f"/ledger/{name}/{step}", brings, headers, key))

    def suspensions(self, **wanted: Any) -> Iterator[SuspensionView]:
        return self._pages("/suspensions", wanted)

    def register(self, **wanted: Any) -> Iterator[EntryView]:
        return self._pages("/register", wanted)

    def clip(self, clip_id: str) -> ClipView:
        return cast("ClipView", self._line.ask("GET", f"/clips/{clip_id}"))

    def pull(self, camera: str, from_at: datetime, to_at: datetime, reason: str) -> ClipView:
        """Asked once: who lost the answer finds the pull in the list of clips."""
        body = {"camera": camera, "from_at": from_at, "to_at": to_at, "reason": reason}
        return cast("ClipView", self._line.ask("POST", "/clips", body=body))

    def download_clip(self, clip_id: str, path: Path) -> str:
        """Into a file, which is there whole or not at all; its SHA-256. Raises BytesDiffer.

        The register has an entry for each beginning.
        """
        announced, unfinished = self.clip(clip_id)["sha256"], path.with_name(f"{path.name}.part")
        try:
            found = self._fetch(f"/clips/{clip_id}/video", unfinished)
            if found != announced:
                raise BytesDiffer(f"clip {clip_id}: SHA-256 {found} came, {announced} was announced")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        return found

    def events(self) -> Iterator[ServerEvent]:
        """Without end: connects again when the stream ends or breaks. Each connection begins with the whole status, and what
        happened in between is to be fetched; CallRefused where the token is good for it no longer.
        """
        memory, timeout = Memory(), httpx.Timeout(TIMEOUT_S, read=SILENCE_S)
        while True:
            try:
                headers = {} if memory.last_id is None else {"Last-Event-ID": memory.last_id}
                with self._line.stream("/events", timeout=timeout, headers=headers) as answer:
                    yield from events_in(answer.iter_lines(), memory)
            except CallRefused as refusal:
                if refusal.retry_after_s is None:
                    raise
            except CallError:
                pass  # the next connection says what is the case
            self._line.sleep(memory.retry_s)

    def _pages(self, path: str, wanted: Mapping[str, Any]) -> Iterator[Any]:
        cursor = None
        while True:
            page = self._line.ask("GET", path, query={**wanted, "cursor": cursor})
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def _step(self, path: str, brings: Mapping[str, Any], headers: dict[str, str], key: str | None) -> Any:
        named = headers | {"Idempotency-Key": key or str(uuid.uuid4())}
        return self._line.ask("POST", path, body=brings or None, headers=named)

    def _fetch(self, path: str, into: Path) -> str:
        digest = hashlib.sha256()
        with self._line.stream(path, {"download": True}) as answer, into.open("wb") as file:
            for chunk in answer.iter_bytes(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()


def _of(seen: AlertView | LedgerView | str) -> tuple[str, dict[str, str]]:
    """Its id, and the header that ties a step to what was seen."""
    return (seen, {}) if isinstance(seen, str) else (seen["id"], {"If-Match": f'"{seen["version"]}"'})
