"""One POST to an address of the configuration, and what can be said of it when no answer comes.

The address is asked and no other: redirects are not followed, no proxy is taken from the environment, certificates are verified.
The answer is read up to a bound, and the whole, the name's resolution included, has one deadline.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from vigil.model.notices import Answer, Verdict

DEADLINE_S: Final = 20.0
_STEP_S: Final = 10.0
"""For the connection, and for each read and write."""
_MOST_BYTES: Final = 64 * 1024
_MOST_SHOWN: Final = 300
_SENDING: Final = ("http11.send_request_headers.started", "http2.send_request_headers.started")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    retry_after_s: float | None = None

    def plain(self) -> dict[str, Any] | None:
        """The JSON object of the body; None where it is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


@dataclass(slots=True)
class _Progress:
    sending: bool = False

    async def trace(self, event: str, _info: dict[str, Any]) -> None:
        self.sending = self.sending or event in _SENDING


@dataclass(frozen=True, slots=True)
class Poster:
    """`hidden` are the secrets of the address: no answer repeats them."""

    url: str = field(repr=False)
    tls: ssl.SSLContext
    hidden: tuple[str, ...] = field(default=(), repr=False)
    deadline_s: float = DEADLINE_S

    async def post(
        self, body: bytes, headers: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> Reply | Answer:
        """An Answer where no reply came: FAILED when the request had not left, UNCERTAIN from then on."""
        progress = _Progress()
        try:
            async with asyncio.timeout(self.deadline_s):
                return await self._exchange(body, headers, query or {}, progress)
        except TimeoutError:
            return self._lost(progress, f"no answer within {self.deadline_s:g} s")
        except httpx.HTTPError as error:
            return self._lost(progress, f"{type(error).__name__}: {error}")

    def shown(self, text: str) -> str:
        """For people: one line, short, without secrets."""
        for secret in self.hidden:
            text = text.replace(secret, "***")
        return shown(text)

    def of_status(self, reply: Reply, *, refused: tuple[int, ...] = (401, 403, 404, 410)) -> Answer:
        """What the status alone says, of a reply that is no success. Of 5xx nobody knows how far the request came."""
        said = reply.body.decode(errors="replace")
        text = self.shown(f"HTTP {reply.status} {said}")
        match reply.status:
            case 429 | 503 if reply.retry_after_s is not None or reply.status == 429:
                return Answer(Verdict.THROTTLED, text, reply.retry_after_s)
            case 408 | 425:
                return Answer(Verdict.FAILED, text)
            case status if status >= 500:
                return Answer(Verdict.UNCERTAIN, text)
            case status if 300 <= status < 400:
                return Answer(Verdict.REFUSED, f"HTTP {status}: redirects are not followed")
            case status if status in refused:
                return Answer(Verdict.REFUSED, text)
            case _:
                return Answer(Verdict.REJECTED, text)

    async def _exchange(
        self, body: bytes, headers: Mapping[str, str], query: Mapping[str, str], progress: _Progress
    ) -> Reply:
        client = httpx.AsyncClient(verify=self.tls, trust_env=False, follow_redirects=False, timeout=_STEP_S)
        every = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity", **headers}
        async with client:
            request = client.build_request(
                "POST", self.url, content=body, headers=every, params=query, extensions={"trace": progress.trace}
            )
            response = await client.send(request, stream=True)
            try:
                read = bytearray()
                async for chunk in response.aiter_raw():
                    read += chunk
                    if len(read) >= _MOST_BYTES:
                        break
            finally:
                await response.aclose()
        return Reply(response.status_code, bytes(read[:_MOST_BYTES]), _seconds(response.headers))

    def _lost(self, progress: _Progress, text: str) -> Answer:
        return Answer(Verdict.UNCERTAIN if progress.sending else Verdict.FAILED, self.shown(text))


def shown(text: str) -> str:
    """What the other side said, for people and for a database: one line, printable, short."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:_MOST_SHOWN]


def _seconds(headers: httpx.Headers) -> float | None:
    """Retry-After in seconds; a date is counted from the other side's own."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until, now = (parsedate_to_datetime(one) for one in (text, headers.get("Date", "")))
        return max((until - now).total_seconds(), 0)
    except (ValueError, TypeError):  # none, or none that is a date, or one without a zone
        return None
