"""Who is let in to a call, read off the dependencies that it takes: for the document, and for the door.

The door stands before the body. FastAPI reads and parses a body before it asks any dependency, so that whoever may not call
could have it read, and learn from a 422 what the call takes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Final, Self

from fastapi import HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from vigil.gateway import auth
from vigil.gateway.deps import deps_of
from vigil.model.people import Permission

MAX_BODY: Final = 64 * 1024
"""Bytes of a request to the API: the largest is a reason that somebody typed."""

Check = Callable[[auth.Person], Awaitable[auth.Person]]


@dataclass(frozen=True, slots=True)
class Guards:
    """Who is let in: anybody, whoever is logged in, a person but no program, or who has the permissions."""

    known: bool
    by_hand: bool
    permissions: tuple[Permission, ...]
    checks: tuple[Check, ...]
    """As they follow upon each other."""

    @classmethod
    def of(cls, dependant: Dependant) -> Self:
        calls = list(_calls(dependant))
        needed = {call.permission for call in calls if isinstance(call, auth.Needs)}
        checks = [one for one in reversed(calls) if isinstance(one, auth.Needs) or one in _CHECKS]
        return cls(auth.any_person in calls, auth.by_hand in calls, tuple(sorted(needed)), tuple(dict.fromkeys(checks)))

    @property
    def security(self) -> list[dict[str, list[str]]]:
        if not self.known:
            return []
        return [{"session": []}] if self.by_hand else [{"session": []}, {"token": list(self.permissions)}]

    @property
    def may_refuse(self) -> bool:
        """Who is logged in, for a permission or a duty."""
        return self.by_hand or bool(self.permissions)

    async def admit(self, connection: HTTPConnection) -> None:
        """Raises the 401 or 403; who was found is there for the dependencies."""
        if not self.known:
            return
        person = await run_in_threadpool(auth.recognise, connection, await deps_of(connection))
        for check in self.checks:
            await check(person)


class GuardedRoute(APIRoute):
    """Lets in before it reads, and reads no more than `limit` bytes. Every call of the API is one."""

    limit: ClassVar[int] = MAX_BODY

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self._guards = Guards.of(self.dependant)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in (self.methods or ()):
            await self._guards.admit(HTTPConnection(scope))
            receive = _bounded(scope, receive, self.limit)
        await super().handle(scope, receive, send)


def _bounded(scope: Scope, receive: Receive, limit: int) -> Receive:
    """Raises a 413 for what is announced to be longer, and for what turns out to be."""
    announced = Headers(scope=scope).get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    left = limit

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_large(limit)
        return message

    return bounded


def _too_large(limit: int) -> HTTPException:
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {limit // 1024} KiB here.")


def _calls(dependant: Dependant) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


_CHECKS: Final = (auth.current_person, auth.by_hand)
