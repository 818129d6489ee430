"""Who is asking, and whether they may. A person brings a session in a cookie, a program an API token in a header.

Both are opaque random text of which the database holds hashes. Who brings a token is judged by it alone, whatever cookie
comes along: so no page of another site can use one with the other.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import Depends, HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from vigil.gateway import bearer
from vigil.gateway.deps import GatewayDeps
from vigil.model.ids import HallId
from vigil.model.people import NO_HALLS, Halls, Permission, Rights, inspected_by
from vigil.model.purposes import Purpose
from vigil.store.sessions import LoginSession
from vigil.store.users import User

COOKIE: Final = "__Host-vigil_session"
"""Browsers take a cookie of this name over TLS alone, for all paths, and from no other host."""
PLAIN_COOKIE: Final = "vigil_session"
"""Where the screen is served over plain HTTP."""
IDLE: Final = timedelta(minutes=30)
"""Since the last request. An open live picture or event stream is use: an unattended alarm screen must not go dark."""
ABSOLUTE: Final = timedelta(hours=12)
_TOUCH_AFTER: Final = timedelta(seconds=60)
"""Use is written down this often at most, so a session may end that much early."""
_TOKEN_BYTES: Final = 32
PURPOSE: Final = "Vigil-Purpose"
"""What a program looks for, with each request: headers are no place for Chinese, so percent-encoded."""
PURPOSE_NUMBER: Final = "Vigil-Purpose-Number"


class Duty(StrEnum):
    """What a person must do before anything else."""

    PASSWORD = "change-password"  # noqa: S105, somebody else has made it, and knows it
    SECOND_FACTOR = "enrol-second-factor"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in. `session` is the hash of the token. Who has duties has no rights yet."""

    user: User
    rights: Rights
    session: str
    duties: tuple[Duty, ...] = ()
    by_token: bool = False
    """A program speaks for the person."""
    purpose: Purpose | None = None
    """What the person looks for, if that was said."""

    def may(self, permission: Permission) -> bool:
        """In some hall."""
        return bool(self.rights.halls(permission))

    def may_in(self, hall: HallId | None, permission: Permission) -> bool:
        """`hall` is None for what belongs to no hall, or to one that is gone."""
        return hall in self.rights.halls(permission)

    @property
    def inspects(self) -> Halls:
        """Those in which nothing is seen without a purpose, whatever a token was lent of the role."""
        return inspected_by(self.user.grants)

    def looking_for(self, purpose: Purpose | None) -> Person:
        return replace(self, purpose=purpose)

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
    """The person behind the token or the cookie, if it holds. Blocks; counts as use of it."""
    brought = bearer_of(connection)
    return _by_cookie(connection, deps) if brought is None else _by_token(brought, connection, deps)


def bearer_of(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie_name(deps: GatewayDeps) -> str:
    return COOKIE if deps.secure_cookie else PLAIN_COOKIE


def _by_cookie(connection: HTTPConnection, deps: GatewayDeps) -> Person | None:
    token = connection.cookies.get(cookie_name(deps))
    if token is None:
        return None
    found = deps.stores.sessions.find(hash_of(token))
    now = deps.clock.now()
    if found is None or not is_open(found, now) or found.user.disabled:
        return None
    if now - found.seen_at >= _TOUCH_AFTER:
        deps.stores.sessions.touch(found.token_sha256, now)
    return _person(found, deps)


def is_open(session: LoginSession, now: datetime) -> bool:
    return now < session.expires_at and now - session.seen_at < IDLE


def _person(session: LoginSession, deps: GatewayDeps) -> Person:
    duties = _duties(session, deps)
    rights = Rights() if duties else Rights.of(session.user.grants)
    return Person(session.user, rights, session.token_sha256, duties, purpose=session.purpose)


def _duties(session: LoginSession, deps: GatewayDeps) -> tuple[Duty, ...]:
    """Who comes by an identity provider has password and second factor there."""
    if session.external:
        return ()
    lacking = not session.second_factor and not deps.second_factor_roles.isdisjoint(session.user.roles)
    duties = ((Duty.PASSWORD, session.initial_password), (Duty.SECOND_FACTOR, lacking))
    return tuple(duty for duty, due in duties if due)


def _by_token(text: str, connection: HTTPConnection, deps: GatewayDeps) -> Person | None:
    found = deps.stores.api_tokens.find(hash_of(text)) if bearer.is_one(text) else None
    now = deps.clock.now()
    if found is None or now >= found.expires_at or found.owner.disabled:
        return None
    if found.used_at is None or now - found.used_at >= _TOUCH_AFTER:
        deps.stores.api_tokens.touch(found.id, now)
    rights = Rights.of(found.owner.grants).within(found.permissions, found.halls)
    return Person(found.owner, rights, hash_of(text), by_token=True, purpose=_purpose_in(connection))


def _purpose_in(connection: HTTPConnection) -> Purpose | None:
    """None where the headers say none, or none that can be read: who needs one is told how it is said."""
    text, number = (connection.headers.get(name, "") for name in (PURPOSE, PURPOSE_NUMBER))
    try:
        return Purpose.said(unquote(text, errors="strict"), unquote(number, errors="strict"))
    except ValueError:
        return None


def recognise(connection: HTTPConnection, deps: GatewayDeps) -> Person:
    """The person, kept with the connection, or 401. Blocks; done once for each request (guards.py)."""
    person = find_person(connection, deps)
    if person is None:
        raise HTTPException(401, "Log in first.")
    connection.state.person = person
    return person


async def any_person(connection: HTTPConnection) -> Person:
    """Dependency: the person who was recognised before the body was read, whatever duties he has."""
    person = connection.state.person
    assert isinstance(person, Person)  # noqa: S101 (the door put it there)
    return person


AnyPerson = Annotated[Person, Depends(any_person)]


async def current_person(person: AnyPerson) -> Person:
    """Dependency: the person, or 401; 403 for who has duties."""
    if person.duties:
        raise HTTPException(403, f"First do this: {', '.join(person.duties)}.")
    return person


CurrentPerson = Annotated[Person, Depends(current_person)]


async def by_hand(person: AnyPerson) -> Person:
    """Dependency: a person at the screen, whatever duties he has: a program changes nothing of who its owner is."""
    if person.by_token:
        raise HTTPException(403, "This is for a person, not for a token.")
    return person


ByHand = Annotated[Person, Depends(by_hand)]


@dataclass(frozen=True, slots=True)
class Needs:
    """Dependency: the person, or 401 without a session, or 403 without the permission. The contract reads it off the route."""

    permission: Permission
    in_all_halls: bool = False

    async def __call__(self, person: CurrentPerson) -> Person:
        if self.in_all_halls and not person.may_in(None, self.permission):
            raise HTTPException(403, f"This needs the permission {self.permission} for all halls.")
        if not person.may(self.permission):
            raise HTTPException(403, f"This needs the permission {self.permission}.")
        return person


def require(permission: Permission) -> Needs:
    """In any hall. In which is the route's business: lists are filtered, and what is of another hall is not there (`hold_to`)."""
    return Needs(permission)


def require_everywhere(permission: Permission) -> Needs:
    """For what is of all halls together: a 403 for who has it in some halls only, too."""
    return Needs(permission, in_all_halls=True)


def hold_to(person: Person, hall: HallId | None, permission: Permission, noun: str) -> None:
    """A 404, as for what does not exist: that another hall has such a thing is not told."""
    if not person.may_in(hall, permission):
        raise HTTPException(404, f"There is no such {noun}.")


def start_session(deps: GatewayDeps, user: User, request: Request, response: Response) -> Person:
    """A new session instead of the one that this browser had. Blocks.

    A fresh token for every login, so that none can be planted beforehand.
    """
    before = request.cookies.get(cookie_name(deps))
    if before is not None:
        deps.stores.sessions.end(hash_of(before))
    now = deps.clock.now()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    deps.stores.sessions.forget(expired_at=now, idle_since=now - IDLE)
    deps.stores.sessions.start(hash_of(token), user.username, now, now + ABSOLUTE, client=client_of(request))
    response.set_cookie(
        cookie_name(deps),
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=deps.secure_cookie,
    )
    begun = deps.stores.sessions.find(hash_of(token))
    assert begun is not None  # noqa: S101 (written two lines above)
    return _person(begun, deps)


def end_session(deps: GatewayDeps, person: Person, response: Response) -> None:
    """Blocks. The token is worth nothing afterwards, whoever has a copy."""
    deps.stores.sessions.end(person.session)
    response.delete_cookie(cookie_name(deps), httponly=True, samesite="strict", secure=deps.secure_cookie)


def client_of(request: Request) -> str:
    """The address of whoever asks."""
    return request.client.host if request.client else ""
