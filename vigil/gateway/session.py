"""Logging in and out, and who I am."""

from __future__ import annotations

import math

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from vigil.gateway.auth import COOKIE, CurrentPerson, Person, end_session, hash_of, start_session
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.views import MeView
from vigil.store.users import User

router = APIRouter(tags=["session"])
_log = structlog.get_logger(__name__)


class Login(BaseModel):
    model_config = ConfigDict(extra="forbid")

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256, repr=False)


@router.post("/session")
async def log_in(login: Login, request: Request, response: Response, deps: Deps) -> MeView:
    key = (login.username, request.client.host if request.client else "")
    wait_s = deps.throttle.attempt(key, deps.clock.mono())
    if wait_s > 0:
        deps.metrics.logins.labels("throttled").inc()
        raise HTTPException(429, "Too many tries.", {"Retry-After": str(math.ceil(wait_s))})
    async with deps.hashing:
        user = await run_in_threadpool(_check, deps, login)
    if user is None:
        deps.metrics.logins.labels("wrong").inc()
        _log.warning("login_failed", username=login.username, client=key[1])
        raise HTTPException(401, "Wrong user name or password.")
    deps.throttle.clear(key)
    deps.metrics.logins.labels("right").inc()
    person = await run_in_threadpool(_begin, deps, user, request, response)
    _log.info("login", username=user.username, client=key[1])
    return MeView.of(person, deps.site)


@router.get("/session")
def who_am_i(person: CurrentPerson, deps: Deps) -> MeView:
    return MeView.of(person, deps.site)


@router.delete("/session", status_code=204)
def log_out(person: CurrentPerson, response: Response, deps: Deps) -> None:
    end_session(deps, person, response)


def _check(deps: GatewayDeps, login: Login) -> User | None:
    """The user when the password is right, and renews a hash that was made at another cost."""
    found = deps.stores.users.find(login.username)
    known = None if found is None else found.password_hash
    if not deps.passwords.matches(known, login.password) or found is None or found.user.disabled:
        return None
    if deps.passwords.is_outdated(found.password_hash):
        deps.stores.users.set_password(found.user.username, deps.passwords.hash(login.password))
    return found.user


def _begin(deps: GatewayDeps, user: User, request: Request, response: Response) -> Person:
    """A new session instead of the one that this browser had."""
    before = request.cookies.get(COOKIE)
    if before is not None:
        deps.stores.sessions.end(hash_of(before))
    return start_session(deps, user, response)
