"""The line to the centre, for a program that waits for each answer and for one that does not (asyncio, trio)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar, cast

import httpx

from vigil.client.calls import Call
from vigil.client.exchange import Outcome, Wait, breaking, exchange, request_of, require_success, stream_of

T = TypeVar("T")


class Line:
    """Not for several threads at once. `sleep` is called between tries, with seconds."""

    def __init__(self, http: httpx.Client, sleep: Callable[[float], None]) -> None:
        self._http = http
        self.sleep = sleep

    def ask(self, call: Call[T]) -> T:
        """Raises CallRefused, CallError."""
        steps = exchange(request_of(self._http, call), repeatable=call.repeatable)
        outcome: Outcome | None = None
        try:
            while True:
                step = steps.send(outcome)
                outcome = None
                if isinstance(step, Wait):
                    self.sleep(step.seconds)
                else:
                    outcome = self._sent(step)
        except StopIteration as end:
            return cast("T", end.value)

    @contextmanager
    def stream(self, call: Call[T]) -> Iterator[httpx.Response]:
        """What comes bit by bit; asked once. Raises CallRefused, CallError; what breaks later, too."""
        request = stream_of(self._http, call)
        with breaking(request):
            answer = self._http.send(request, stream=True)
            try:
                if answer.is_error:
                    answer.read()
                require_success(answer)
                yield answer
            finally:
                answer.close()

    def _sent(self, request: httpx.Request) -> Outcome:
        try:
            return self._http.send(request)
        except httpx.TransportError as error:
            return error


class AsyncLine:
    """As Line, awaited."""

    def __init__(self, http: httpx.AsyncClient, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._http = http
        self.sleep = sleep

    async def ask(self, call: Call[T]) -> T:
        steps = exchange(request_of(self._http, call), repeatable=call.repeatable)
        outcome: Outcome | None = None
        try:
            while True:
                step = steps.send(outcome)
                outcome = None
                if isinstance(step, Wait):
                    await self.sleep(step.seconds)
                else:
                    outcome = await self._sent(step)
        except StopIteration as end:
            return cast("T", end.value)

    @asynccontextmanager
    async def stream(self, call: Call[T]) -> AsyncIterator[httpx.Response]:
        request = stream_of(self._http, call)
        with breaking(request):
            answer = await self._http.send(request, stream=True)
            try:
                if answer.is_error:
                    await answer.aread()
                require_success(answer)
                yield answer
            finally:
                await answer.aclose()

    async def _sent(self, request: httpx.Request) -> Outcome:
        try:
            return await self._http.send(request)
        except httpx.TransportError as error:
            return error
