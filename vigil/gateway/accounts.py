"""Accounts, for those who keep them. Every change is in the register before it is answered; nobody changes his own."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from vigil.gateway.account_views import AccountList, AccountView, NewAccountView, SessionList, SessionView
from vigil.gateway.auth import Person, is_open, require
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.own import SessionId
from vigil.gateway.passwords import NONE
from vigil.gateway.refusals import refuses
from vigil.model.people import Grant, Permission, require_sound
from vigil.model.register import Action
from vigil.store.users import Credentials, User

router = APIRouter(tags=["accounts"], prefix="/accounts", route_class=GuardedRoute)
_log = structlog.get_logger(__name__)

Reader = Annotated[Person, Depends(require(Permission.READ_ACCOUNTS))]
Keeper = Annotated[Person, Depends(require(Permission.MANAGE_ACCOUNTS))]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_PASSWORD_BYTES = 12


class NewAccount(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra=shown(username="wang", name="王芳", unit="市政务服务中心", roles=["operator"])
    )

    username: Annotated[str, StringConstraints(pattern=r"^[\w][\w.@-]{0,63}$")]
    name: Line
    unit: Line
    roles: list[str] = Field(max_length=100)


class Change(BaseModel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(roles=["operator", "supervisor@gongan"]))

    name: Line | None = None
    unit: Line | None = None
    roles: list[str] | None = Field(default=None, max_length=100)
    disabled: bool | None = None


@router.get("")
def list_accounts(_: Reader, deps: Deps) -> AccountList:
    found = (deps.stores.users.find(user.username) for user in deps.stores.users.all())
    return AccountList(items=[_view(deps, known) for known in found if known is not None])


@router.post("", status_code=201, responses=refuses(409))
async def add_account(keeper: Keeper, deps: Deps, wanted: NewAccount) -> NewAccountView:
    user = User(wanted.username, wanted.name, wanted.unit, _grants(deps, wanted.roles))
    password, hashed = await _made(deps)
    await run_in_threadpool(_add, deps, keeper, user, hashed)
    return NewAccountView(account=_view(deps, Credentials(user, hashed, initial=True)), password=password)


@router.patch("/{username}", responses=refuses(409))
def change_account(keeper: Keeper, deps: Deps, username: str, wanted: Change) -> AccountView:
    """In force from the person's next request; who is disabled is out at once, with his tokens."""
    known = _found(deps, keeper, username)
    grants = None if wanted.roles is None else _grants(deps, wanted.roles)
    if grants is not None and known.password_hash == NONE:
        raise HTTPException(409, "The roles come from the identity provider.")
    user = known.user
    with deps.stores.database.write():
        if (wanted.name or user.name, wanted.unit or user.unit) != (user.name, user.unit):
            deps.stores.users.describe(username, wanted.name or user.name, wanted.unit or user.unit)
            _enter(
                deps,
                keeper,
                username,
                f"{user.name}, {user.unit} → {wanted.name or user.name}, {wanted.unit or user.unit}",
            )
        if grants is not None and grants != user.grants:
            deps.stores.users.set_grants(username, grants)
            _enter(deps, keeper, username, f"roles {_texts(user.grants)} → {_texts(grants)}")
        if wanted.disabled is not None and wanted.disabled != user.disabled:
            _set_disabled(deps, keeper, username, disabled=wanted.disabled)
    return _view(deps, _known(deps, username))


@router.post("/{username}/password", responses=refuses(409))
async def reset_password(keeper: Keeper, deps: Deps, username: str) -> NewAccountView:
    """A password that must be changed at the first login. Sessions and tokens end."""
    known = await run_in_threadpool(_found, deps, keeper, username)
    if known.password_hash == NONE:
        raise HTTPException(409, "The password is kept by the identity provider.")
    password, hashed = await _made(deps)
    await run_in_threadpool(_reset, deps, keeper, username, hashed)
    return NewAccountView(account=_view(deps, _known(deps, username)), password=password)


@router.delete("/{username}/second-factor", status_code=204, responses=refuses(409))
def reset_second_factor(keeper: Keeper, deps: Deps, username: str) -> None:
    """For who has lost the telephone and the recovery codes. Make sure that it is he who asks."""
    _found(deps, keeper, username)
    with deps.stores.database.write():
        if not deps.stores.second_factors.remove(username):
            raise HTTPException(404, "There is no second factor.")
        deps.stores.sessions.end_all(username)
        _enter(deps, keeper, username, "second factor removed")
    _log.warning("second_factor_removed", username=username, by=keeper.user.username)


@router.get("/{username}/sessions")
def list_account_sessions(_: Reader, deps: Deps, username: str) -> SessionList:
    _known(deps, username)
    now = deps.clock.now()
    found = [one for one in deps.stores.sessions.of(username) if is_open(one, now)]
    return SessionList(items=[SessionView.of(one, current=False) for one in found])


@router.delete("/{username}/sessions/{session_id}", status_code=204, responses=refuses(409))
def end_account_session(keeper: Keeper, deps: Deps, username: str, session_id: SessionId) -> None:
    _found(deps, keeper, username)
    with deps.stores.database.write():
        if not deps.stores.sessions.end_one(username, session_id):
            raise HTTPException(404, "There is no such session.")
        _enter(deps, keeper, username, "session ended")


@router.delete("/{username}/tokens", status_code=204, responses=refuses(409))
def revoke_account_tokens(keeper: Keeper, deps: Deps, username: str) -> None:
    _found(deps, keeper, username)
    with deps.stores.database.write():
        deps.stores.api_tokens.revoke_all(username)
        _enter(deps, keeper, username, "tokens revoked")


def _grants(deps: GatewayDeps, texts: Iterable[str]) -> frozenset[Grant]:
    try:
        grants = frozenset(Grant.parse(text) for text in texts)
        require_sound(grants, [hall.id for hall in deps.site.halls])
    except ValueError as error:
        raise HTTPException(422, f"roles: {error}.") from error
    return grants


def _texts(grants: Iterable[Grant]) -> str:
    return ", ".join(sorted(str(grant) for grant in grants)) or "none"


def _known(deps: GatewayDeps, username: str) -> Credentials:
    known = deps.stores.users.find(username)
    if known is None:
        raise HTTPException(404, "There is no such account.")
    return known


def _found(deps: GatewayDeps, keeper: Person, username: str) -> Credentials:
    """To be changed: not one's own, so that nobody gives himself a role, or locks the last administrator out."""
    if username == keeper.user.username:
        raise HTTPException(409, "Nobody changes his own account. Another administrator can.")
    return _known(deps, username)


def _view(deps: GatewayDeps, known: Credentials) -> AccountView:
    factor = deps.stores.second_factors.find(known.user.username)
    return AccountView.of(
        known.user,
        initial_password=known.initial,
        second_factor=factor is not None and factor.confirmed,
        external=known.password_hash == NONE,
    )


async def _made(deps: GatewayDeps) -> tuple[str, str]:
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    async with deps.hashing:
        return password, await run_in_threadpool(deps.passwords.hash, password)


def _add(deps: GatewayDeps, keeper: Person, user: User, hashed: str) -> None:
    with deps.stores.database.write():
        if deps.stores.users.find(user.username) is not None:
            raise HTTPException(409, "There is an account of that name.")
        deps.stores.users.add(user, hashed, initial=True)
        _enter(deps, keeper, user.username, f"added, {user.name}, {user.unit}, roles {_texts(user.grants)}")


def _reset(deps: GatewayDeps, keeper: Person, username: str, hashed: str) -> None:
    with deps.stores.database.write():
        deps.stores.users.set_password(username, hashed, initial=True)
        deps.stores.sessions.end_all(username)
        deps.stores.api_tokens.revoke_all(username)
        _enter(deps, keeper, username, "password reset")


def _set_disabled(deps: GatewayDeps, keeper: Person, username: str, *, disabled: bool) -> None:
    deps.stores.users.set_disabled(username, disabled)
    if disabled:
        deps.stores.sessions.end_all(username)
        deps.stores.api_tokens.revoke_all(username)
    _enter(deps, keeper, username, "disabled" if disabled else "enabled")


def _enter(deps: GatewayDeps, keeper: Person, username: str, what: str) -> None:
    deps.stores.register.append(keeper.user, Action.ACCOUNT, f"account {username}: {what}", at=deps.clock.now())
    _log.info("account_changed", username=username, what=what, by=keeper.user.username)
