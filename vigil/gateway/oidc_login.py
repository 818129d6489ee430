"""Logging in by the identity provider. Who it names gets what its claim gives, at each login anew; nobody else gets anything."""

from __future__ import annotations

import re
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from vigil.errors import IdentityError
from vigil.gateway.auth import client_of, start_session
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.oidc import PENDING_S, Identity
from vigil.gateway.passwords import NONE
from vigil.gateway.refusals import refuses
from vigil.model.people import require_sound
from vigil.model.register import Action
from vigil.store.users import User

router = APIRouter(tags=["session"], prefix="/session", route_class=GuardedRoute)
_log = structlog.get_logger(__name__)

COOKIE: Final = "__Host-vigil_oidc"
PLAIN_COOKIE: Final = "vigil_oidc"
_USERNAME: Final = re.compile(r"\w[\w.@-]{0,63}")
_LONGEST: Final = 100
"""Characters of a name or a unit."""


class WaysView(BaseModel):
    """How one may log in, beside a password: the provider's name."""

    model_config = ConfigDict(json_schema_extra=shown(oidc="梅州市统一身份认证"))

    oidc: str | None


@router.get("/ways")
async def list_login_ways(deps: Deps) -> WaysView:
    return WaysView(oidc=None if deps.oidc is None else deps.oidc.terms.name)


@router.get("/oidc", response_class=RedirectResponse, status_code=303, responses=refuses(404))
async def begin_oidc_login(deps: Deps) -> RedirectResponse:
    if deps.oidc is None:
        raise HTTPException(404, "There is no identity provider.")
    try:
        address, secret = await deps.oidc.begin()
    except IdentityError as error:
        _log.warning("oidc_failed", error=str(error))
        return _back("failed")
    answer = RedirectResponse(address, 303)
    # Lax: the provider sends the browser back from another site.
    answer.set_cookie(
        _cookie(deps), secret, max_age=int(PENDING_S), httponly=True, samesite="lax", secure=deps.secure_cookie
    )
    return answer


@router.get("/oidc/callback", response_class=RedirectResponse, status_code=303, responses=refuses(404, 503))
async def finish_oidc_login(
    request: Request,
    deps: Deps,
    state: Annotated[str, Query(max_length=512)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
) -> RedirectResponse:
    if deps.oidc is None:
        raise HTTPException(404, "There is no identity provider.")
    try:
        identity = await deps.oidc.finish(request.cookies.get(_cookie(deps), ""), state, code)
        answer = await run_in_threadpool(_admit, deps, identity, request)
    except IdentityError as error:
        deps.metrics.logins.labels("wrong").inc()
        _log.warning("oidc_failed", error=str(error), client=client_of(request))
        answer = _back("failed")
    except _Refused as refused:
        deps.metrics.logins.labels("wrong").inc()
        _log.warning("oidc_refused", why=str(refused), client=client_of(request))
        answer = _back("refused")
    answer.delete_cookie(_cookie(deps), httponly=True, samesite="lax", secure=deps.secure_cookie)
    return answer


class _Refused(Exception):
    """The provider vouches for him, and he has no business here."""


def _admit(deps: GatewayDeps, identity: Identity, request: Request) -> RedirectResponse:
    _require_sound(deps, identity)
    with deps.stores.database.write():
        username = deps.stores.identities.find(identity.issuer, identity.subject)
        user = _enter(deps, identity) if username is None else _renew(deps, identity, username)
        answer = RedirectResponse("/", 303)
        start_session(deps, user, request, answer)
    deps.metrics.logins.labels("right").inc()
    _log.info("login", username=user.username, client=client_of(request), issuer=identity.issuer)
    return answer


def _require_sound(deps: GatewayDeps, identity: Identity) -> None:
    who = f"subject {identity.subject!r}"
    if not identity.grants:
        raise _Refused(f"{who} has none of the values of {deps.oidc.terms.claim if deps.oidc else ''} that give a role")
    if not 0 < len(identity.name) <= _LONGEST or not 0 < len(identity.unit) <= _LONGEST:
        raise _Refused(f"{who}: the provider tells no name or no unit, and the register needs both")
    if not _USERNAME.fullmatch(identity.username):
        raise _Refused(f"{who}: the provider tells no user name that can be one here")
    try:
        require_sound(identity.grants, [hall.id for hall in deps.site.halls])
    except ValueError as error:
        raise _Refused(f"{who}: {error}") from error


def _enter(deps: GatewayDeps, identity: Identity) -> User:
    """A local account of the same name stays whose it is: the provider's names may change hands."""
    if deps.stores.users.find(identity.username) is not None:
        raise _Refused(f"subject {identity.subject!r}: there is an account {identity.username!r}, of somebody else")
    user = User(identity.username, identity.name, identity.unit, identity.grants)
    deps.stores.users.add(user, NONE)
    deps.stores.identities.add(identity.issuer, identity.subject, user.username)
    _register(deps, user, f"added by {identity.issuer}, roles {_roles(user)}")
    return user


def _renew(deps: GatewayDeps, identity: Identity, username: str) -> User:
    known = deps.stores.users.find(username)
    if known is None or known.user.disabled:
        raise _Refused(f"{username!r} is disabled")
    now = User(username, identity.name, identity.unit, identity.grants)
    if (known.user.name, known.user.unit) != (now.name, now.unit):
        deps.stores.users.describe(username, now.name, now.unit)
    if known.user.grants != now.grants:
        deps.stores.users.set_grants(username, now.grants)
        _register(deps, now, f"roles {_roles(known.user)} → {_roles(now)}, by {identity.issuer}")
    return now


def _register(deps: GatewayDeps, user: User, what: str) -> None:
    deps.stores.register.append(user, Action.ACCOUNT, f"account {user.username}: {what}", at=deps.clock.now())


def _roles(user: User) -> str:
    return ", ".join(sorted(str(grant) for grant in user.grants)) or "none"


def _cookie(deps: GatewayDeps) -> str:
    return COOKIE if deps.secure_cookie else PLAIN_COOKIE


def _back(why: str) -> RedirectResponse:
    """To the login page, which says it in words. Nothing of what the provider said is repeated."""
    return RedirectResponse(f"/login?oidc={why}", 303)
