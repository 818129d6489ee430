"""The line to the centre: one request, sent again where that is safe, and what a refusal becomes.

Safe is what only reads, and a step that bears an `Idempotency-Key`: the centre takes it once however often it comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx

from vigil.errors import CallError, CallRefused

API: Final = "/api/v1"
TRIES: Final = 4
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_LATER: Final = frozenset({429, 503})


class Line:
    """Not for several threads at once. `sleep` is called between tries, with seconds."""

    def __init__(self, http: httpx.Client, sleep: Callable[[float], None] = time.sleep) -> None:
        self.http = http
        self.sleep = sleep

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON; None where it has no body. Raises CallRefused, CallError."""
        request = self.http.build_request(
            method, f"{API}{path}", params=_said(query), json=None if body is None else _said(body), headers=headers
        )
        tries = TRIES if method == "GET" or "Idempotency-Key" in request.headers else 1
        answer = self._sent(request, tries)
        return answer.json() if answer.content else None

    @contextmanager
    def stream(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: httpx.Timeout | None = None,
    ) -> Iterator[httpx.Response]:
        """A GET whose body comes bit by bit; asked once. Raises CallRefused, CallError; what breaks later, too."""
        try:
            with self.http.stream(
                "GET", f"{API}{path}", params=_said(query), headers=headers, timeout=timeout or self.http.timeout
            ) as answer:
                if answer.is_error:
                    answer.read()
                _require_success(answer)
                yield answer
        except httpx.TransportError as error:
            raise CallError(f"GET {path}: {type(error).__name__}: {error}") from error

    def _sent(self, request: httpx.Request, tries: int) -> httpx.Response:
        wait_s = _FIRST_WAIT_S
        for left in range(tries - 1, -1, -1):
            try:
                answer = self.http.send(request)
            except httpx.TransportError as error:
                if not left:
                    raise CallError(f"{request.method} {request.url.path}: {type(error).__name__}: {error}") from error
            else:
                if answer.status_code not in _LATER or not left:
                    _require_success(answer)
                    return answer
                wait_s = max(wait_s, retry_after_s(answer) or 0.0)
            self.sleep(min(wait_s, _LONGEST_WAIT_S))
            wait_s *= 2
        raise AssertionError("no try at all")


def retry_after_s(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def _require_success(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    request = f"{answer.request.method} {answer.request.url.path}"
    if answer.headers.get("Content-Type", "").split(";")[0] != "application/problem+json":
        raise CallRefused(request, answer.status_code, answer.reason_phrase)
    told = answer.json()
    faults = tuple((fault["where"], fault["what"]) for fault in told.pop("errors", ()))
    detail = str(told.pop("detail", ""))
    for known in ("type", "title", "status"):
        told.pop(known, None)
    raise CallRefused(request, answer.status_code, detail, faults, told, retry_after_s(answer))


def _said(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Without what was left out; times in the form that the API takes."""
    if values is None:
        return None
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in values.items()
        if value is not None
    }
