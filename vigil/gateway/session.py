"""Logging in and out, and who I am."""

from __future__ import annotations

import math
from enum import StrEnum

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from vigil.gateway.auth import AnyPerson, ByHand, client_of, end_session, start_session
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.examples import shown
from vigil.gateway.factor_check import holds
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.person_views import MeView
from vigil.gateway.problems import problem
from vigil.gateway.refusals import CodeProblem, refuses
from vigil.store.users import User

router = APIRouter(tags=["session"], route_class=GuardedRoute)
_log = structlog.get_logger(__name__)


class Login(BaseModel):
    """`code`: of the second factor, or a recovery code, where the person has one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=shown(username="wang", password="三月的雨落在梅江的石桥上"),  # noqa: S106 (nobody's)
    )

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256, repr=False)
    code: str | None = Field(default=None, max_length=64, repr=False)


class Verdict(StrEnum):
    """How a try to log in ended, as the metric counts it."""

    RIGHT = "right"
    WRONG = "wrong"
    CODE_NEEDED = "code-needed"
    THROTTLED = "throttled"


@router.post("/session", response_model=MeView, responses=refuses(401, problem=CodeProblem) | refuses(429, 503))
async def log_in(login: Login, request: Request, response: Response, deps: Deps) -> MeView | Response:
    client = client_of(request)
    require_slowness(deps, login.username, client)
    async with deps.hashing:
        verdict, user = await run_in_threadpool(_check, deps, login)
    deps.metrics.logins.labels(verdict).inc()
    if verdict is Verdict.CODE_NEEDED:
        return problem(401, "Enter the code of your second factor, or a recovery code.", needs="code")
    if user is None:
        _log.warning("login_failed", username=login.username, client=client, code=login.code is not None)
        raise HTTPException(
            401, "Wrong user name or password." if login.code is None else "Wrong code, or used before."
        )
    forget_tries(deps, login.username, client)
    person = await run_in_threadpool(start_session, deps, user, request, response)
    _log.info("login", username=user.username, client=client, second_factor=login.code is not None)
    return MeView.of(person, deps.site)


@router.get("/session")
def read_own_session(person: AnyPerson, deps: Deps) -> MeView:
    return MeView.of(person, deps.site)


@router.delete("/session", status_code=204)
def log_out(person: ByHand, response: Response, deps: Deps) -> None:
    end_session(deps, person, response)
    _log.info("logout", username=person.user.username)


def require_slowness(deps: GatewayDeps, username: str, client: str) -> None:
    """Counts a try; a 429 for who tries too often, from one address or from many."""
    now = deps.clock.mono()
    wait_s = deps.throttle.attempt((username, client), now) or deps.account_throttle.attempt((username, ""), now)
    if wait_s > 0:
        deps.metrics.logins.labels(Verdict.THROTTLED).inc()
        _log.warning("login_throttled", username=username, client=client, wait_s=round(wait_s))
        raise HTTPException(429, "Too many tries.", {"Retry-After": str(math.ceil(wait_s))})


def forget_tries(deps: GatewayDeps, username: str, client: str) -> None:
    deps.throttle.clear((username, client))
    deps.account_throttle.clear((username, ""))


def _check(deps: GatewayDeps, login: Login) -> tuple[Verdict, User | None]:
    """The user when all is right; renews a hash that was made at another cost."""
    found = deps.stores.users.find(login.username)
    known = None if found is None else found.password_hash
    if not deps.passwords.matches(known, login.password) or found is None or found.user.disabled:
        return Verdict.WRONG, None
    factor = deps.stores.second_factors.find(found.user.username)
    if factor is not None and factor.confirmed:
        if login.code is None:
            return Verdict.CODE_NEEDED, None
        if not holds(deps, factor, login.code):
            return Verdict.WRONG, None
    if deps.passwords.is_outdated(found.password_hash):
        deps.stores.users.rehash(found.user.username, deps.passwords.hash(login.password))
    return Verdict.RIGHT, found.user
