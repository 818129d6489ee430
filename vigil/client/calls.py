"""What is asked of the centre, as values: each call once, for whichever client sends it.

What is asked and answered is in docs/reference/api.md; answers are typed in answers.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import quote

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

T = TypeVar("T")
Values = Mapping[str, Any]
AlertStep = Literal["acknowledge", "confirm", "dismiss", "rectify", "reopen", "comment", "assign"]
KEY: Final = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """`path` below the API's base; T is what is answered."""

    method: str
    path: str
    query: Values | None = None
    body: Values | None = None
    headers: Mapping[str, str] | None = None
    content: bytes | None = None
    """A file, in place of `body`."""

    @property
    def repeatable(self) -> bool:
        """It only reads, or is a step that bears its name: the centre takes it once however often it comes."""
        return self.method == "GET" or KEY.lower() in {name.lower() for name in self.headers or ()}


@dataclass(frozen=True, slots=True)
class Pages(Generic[T]):
    """A list that comes in pages of T."""

    path: str
    wanted: Values

    @property
    def first(self) -> Call[Any]:
        return Call("GET", self.path, self.wanted)

    def behind(self, page: Values) -> Call[Any] | None:
        """None: it was the last."""
        cursor = page["next"]
        return None if cursor is None else Call("GET", self.path, {**self.wanted, "cursor": cursor})


def me() -> Call[MeView]:
    return Call("GET", "/session")


def site() -> Call[SiteView]:
    return Call("GET", "/site")


def status() -> Call[StatusView]:
    return Call("GET", "/status")


def alerts(wanted: Values) -> Pages[AlertView]:
    return Pages("/alerts", wanted)


def alert(alert_id: str) -> Call[AlertView]:
    return Call("GET", f"/alerts/{alert_id}")


def alert_step(seen: AlertView | str, step: AlertStep, key: str | None, brings: Values) -> Call[AlertView]:
    return _step("alerts", seen, step, key, brings)


def ledger(wanted: Values) -> Pages[LedgerView]:
    return Pages("/ledger", wanted)


def ledger_step(seen: LedgerView | str, step: str, key: str | None, brings: Values) -> Call[LedgerView]:
    return _step("ledger", seen, step, key, brings)


def suspensions(wanted: Values) -> Pages[SuspensionView]:
    return Pages("/suspensions", wanted)


def roster(file: bytes, *, dry_run: bool) -> Call[RosterView]:
    return Call("POST", "/rosters", {"dry_run": dry_run}, content=file)


def register(wanted: Values) -> Pages[EntryView]:
    return Pages("/register", wanted)


def clip(clip_id: str) -> Call[ClipView]:
    return Call("GET", f"/clips/{clip_id}")


def pull(camera: str, from_at: datetime, to_at: datetime, reason: str) -> Call[ClipView]:
    return Call("POST", "/clips", body={"camera": camera, "from_at": from_at, "to_at": to_at, "reason": reason})


def video(clip_id: str) -> Call[bytes]:
    return Call("GET", f"/clips/{clip_id}/video", {"download": True})


def events(last_id: str | None) -> Call[str]:
    return Call("GET", "/events", headers=None if last_id is None else {"Last-Event-ID": last_id})


def headers_of_all(token: str, purpose: str | None, number: str | None) -> dict[str, str]:
    """Of every request of a client. Percent-encoded where Chinese may stand, for which headers are no place."""
    said = {"Vigil-Purpose": purpose, "Vigil-Purpose-Number": number}
    return {"Authorization": f"Bearer {token}"} | {name: quote(text) for name, text in said.items() if text is not None}


def _step(noun: str, seen: AlertView | LedgerView | str, step: str, key: str | None, brings: Values) -> Call[Any]:
    """With what was seen only upon that (`If-Match`); with its id alone, whatever happened since."""
    headers = {KEY: key or str(uuid.uuid4())}
    if not isinstance(seen, str):
        headers["If-Match"] = f'"{seen["version"]}"'
    name = seen if isinstance(seen, str) else seen["id"]
    return Call("POST", f"/{noun}/{name}/{step}", body=brings or None, headers=headers)
