"""Who is asking, and whether they may. Sessions are opaque random tokens in a cookie; the database holds their hashes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from vigil.gateway.deps import Deps, GatewayDeps
from vigil.model.ids import HallId
from vigil.model.people import NO_HALLS, Halls, Permission, Rights
from vigil.store.users import User

COOKIE: Final = "vigil_session"
IDLE: Final = timedelta(minutes=30)
"""Since the last request. An open live picture or event stream is use: an unattended alarm screen must not go dark."""
ABSOLUTE: Final = timedelta(hours=12)
_TOUCH_AFTER: Final = timedelta(seconds=60)
"""Use is written down this often at most, so a session may end that much early."""
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in. `session` is the hash of the token."""

    user: User
    rights: Rights
    session: str

    def may(self, permission: Permission) -> bool:
        """In some hall."""
        return bool(self.rights.halls(permission))

    def may_in(self, hall: HallId | None, permission: Permission) -> bool:
        """`hall` is None for what belongs to no hall, or to one that is gone."""
        return hall in self.rights.halls(permission)

    @property
    def halls(self) -> Halls:
        """Those in which the person may do anything."""
        found = NO_HALLS
        for permission in self.rights.permissions:
            found |= self.rights.halls(permission)
        return found


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find_person(connection: HTTPConnection, deps: GatewayDeps) -> Person | None:
    """The person behind the cookie, if the session holds. Blocks; counts as use of the session."""
    token = connection.cookies.get(COOKIE)
    if token is None:
        return None
    found = deps.stores.sessions.find(hash_of(token))
    now = deps.clock.now()
    if found is None or now >= found.expires_at or now - found.seen_at >= IDLE or found.user.disabled:
        return None
    if now - found.seen_at >= _TOUCH_AFTER:
        deps.stores.sessions.touch(found.token_sha256, now)
    return Person(found.user, Rights.of(found.user.grants), found.token_sha256)


def current_person(connection: HTTPConnection, deps: Deps) -> Person:
    """Dependency: the person, or 401."""
    person = find_person(connection, deps)
    if person is None:
        raise HTTPException(401, "Log in first.")
    return person


CurrentPerson = Annotated[Person, Depends(current_person)]


def require(permission: Permission) -> Callable[[Person], Awaitable[Person]]:
    """Dependency: the person, or 401 without a session, or 403 without the permission in any hall.

    In which halls is the route's business: lists are filtered, and what is of another hall is not there (`hold_to`).
    """

    async def check(person: CurrentPerson) -> Person:
        if not person.may(permission):
            raise HTTPException(403, f"This needs the permission {permission}.")
        return person

    return check


def hold_to(person: Person, hall: HallId | None, permission: Permission, noun: str) -> None:
    """A 404, as for what does not exist: that another hall has such a thing is not told."""
    if not person.may_in(hall, permission):
        raise HTTPException(404, f"There is no such {noun}.")


def start_session(deps: GatewayDeps, user: User, response: Response) -> Person:
    """Blocks. A fresh token for every login, so that none can be planted beforehand."""
    now = deps.clock.now()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    deps.stores.sessions.forget(expired_at=now, idle_since=now - IDLE)
    deps.stores.sessions.start(hash_of(token), user.username, now, now + ABSOLUTE)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=deps.secure_cookie,
    )
    return Person(user, Rights.of(user.grants), hash_of(token))


def end_session(deps: GatewayDeps, person: Person, response: Response) -> None:
    """Blocks. The token is worth nothing afterwards, whoever has a copy."""
    deps.stores.sessions.end(person.session)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=deps.secure_cookie)
