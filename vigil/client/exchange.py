"""One call and its answer, without a line: what to send, when to send it again, and what a refusal becomes.

Whoever has a line does what `exchange` yields, sends back what came of it, and waits as its kind of program does.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from vigil.client.calls import Call
from vigil.errors import CallError, CallRefused

API: Final = "/api/v1"
TIMEOUT_S: Final = 30.0
SILENCE_S: Final = 45.0
"""An event stream says something each 15 s; one that says nothing for three times that is dead."""
CHUNK: Final = 256 * 1024
"""Bytes of a download that are written at a time."""
TRIES: Final = 4
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_LATER: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


Outcome = httpx.Response | httpx.TransportError
Exchange = Generator[httpx.Request | Wait, Outcome | None, Any]


def request_of(http: httpx.Client | httpx.AsyncClient, call: Call[Any]) -> httpx.Request:
    body = None if call.body is None else _said(call.body)
    query = None if call.query is None else _said(call.query)
    return http.build_request(
        call.method, f"{API}{call.path}", params=query, json=body, content=call.content, headers=call.headers
    )


def stream_of(http: httpx.Client | httpx.AsyncClient, call: Call[Any]) -> httpx.Request:
    """For what comes bit by bit, and may be silent for a while."""
    request = request_of(http, call)
    request.extensions["timeout"] = httpx.Timeout(TIMEOUT_S, read=SILENCE_S).as_dict()
    return request


def exchange(request: httpx.Request, *, repeatable: bool) -> Exchange:
    """Returns the answer's JSON; None where it has no body. Raises CallRefused, CallError."""
    tries, wait_s = TRIES if repeatable else 1, _FIRST_WAIT_S
    while True:
        outcome = yield request
        tries -= 1
        if isinstance(outcome, httpx.Response) and (outcome.status_code not in _LATER or not tries):
            require_success(outcome)
            return outcome.json() if outcome.content else None
        if isinstance(outcome, httpx.Response):
            wait_s = max(wait_s, _retry_after_s(outcome) or 0.0)
        elif not tries:
            raise _broken(request, outcome) from outcome
        yield Wait(min(wait_s, _LONGEST_WAIT_S))
        wait_s *= 2


@contextmanager
def breaking(request: httpx.Request) -> Iterator[None]:
    """For a body that comes bit by bit: the line may break at any of them. Raises CallError."""
    try:
        yield
    except httpx.TransportError as error:
        raise _broken(request, error) from error


def require_success(answer: httpx.Response) -> None:
    """Raises CallRefused. The answer has been read."""
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
    raise CallRefused(request, answer.status_code, detail, faults, told, _retry_after_s(answer))


def _broken(request: httpx.Request, error: httpx.TransportError | None) -> CallError:
    return CallError(f"{request.method} {request.url.path}: {type(error).__name__}: {error}")


def _retry_after_s(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left out; times in the form that the API takes."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in values.items()
        if value is not None
    }
