"""What everybody does with his own account: the password, the second factor, the sessions. By hand alone, never by a token."""

from __future__ import annotations

from typing import Annotated, Final

import segno
import structlog
from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from vigil.gateway import totp
from vigil.gateway.account_views import SessionList, SessionView
from vigil.gateway.auth import ByHand, Person, client_of, end_session, is_open, start_session
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.examples import shown
from vigil.gateway.factor_check import holds, opened
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.password_rules import fault_of
from vigil.gateway.person_views import MeView
from vigil.gateway.refusals import refuses
from vigil.gateway.session import forget_tries, require_slowness

router = APIRouter(tags=["own"], prefix="/session", route_class=GuardedRoute)
_log = structlog.get_logger(__name__)

SessionId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
PRODUCT: Final = "vigil"
"""As authenticator apps show it."""
_SHOWN: Final = b"no secret of anybody"


class NewPassword(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=shown(present="k7Qv2mXe9sTb4wLd", password="三月的雨落在梅江的石桥上"),  # noqa: S106 (nobody's)
    )

    present: str = Field(min_length=1, max_length=256, repr=False)
    password: str = Field(min_length=1, max_length=1024, repr=False)


class Present(BaseModel):
    """The present password: what follows must not be done by whoever finds a screen unattended."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(password="三月的雨落在梅江的石桥上"))  # noqa: S106 (nobody's)

    password: str = Field(min_length=1, max_length=256, repr=False)


class Code(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(code="492039"))

    code: str = Field(min_length=1, max_length=64, repr=False)


class FactorView(BaseModel):
    """`possible`: the centre has the key that second factors are sealed with."""

    model_config = ConfigDict(json_schema_extra=shown(possible=True, enrolled=True, recovery_left=9))

    possible: bool
    enrolled: bool
    required: bool
    recovery_left: int


class EnrolmentView(BaseModel):
    """Shown once. `qr` is a picture (data: URL) of `link`."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            secret=totp.as_text(_SHOWN),
            link=totp.link(_SHOWN, "wang", f"{PRODUCT} 梅州市政务服务中心"),
            qr="data:image/svg+xml;charset=utf-8,%3Csvg…",
        )
    )

    secret: str
    link: str
    qr: str


class RecoveryView(BaseModel):
    """Shown once; each is good once."""

    model_config = ConfigDict(json_schema_extra=shown(recovery_codes=["7k2m-xbqv-4tbw-e3sz", "h5nd-2r7y-jc6p-2fga"]))

    recovery_codes: list[str]


@router.post("/password", responses=refuses(429))
async def change_password(
    person: ByHand, deps: Deps, change: NewPassword, request: Request, response: Response
) -> MeView:
    """Every other session ends, and this one goes on under a new token."""
    await _require_present(person, deps, change.present, request)
    user = person.user
    fault = fault_of(change.password, user.username, user.name, user.unit)
    if fault is None and change.password == change.present:
        fault = "the new password is the present one"
    if fault is not None:
        raise HTTPException(422, f"password: {fault}.")
    async with deps.hashing:
        hashed = await run_in_threadpool(deps.passwords.hash, change.password)
    again = await run_in_threadpool(_changed, deps, person, hashed, request, response)
    _log.info("password_changed", username=user.username, client=client_of(request))
    return MeView.of(again, deps.site)


@router.get("/second-factor")
def read_second_factor(person: ByHand, deps: Deps) -> FactorView:
    known = deps.stores.second_factors.find(person.user.username)
    enrolled = known is not None and known.confirmed
    return FactorView(
        possible=deps.seal is not None,
        enrolled=enrolled,
        required=not deps.second_factor_roles.isdisjoint(person.user.roles),
        recovery_left=deps.stores.second_factors.recovery_left(person.user.username) if enrolled else 0,
    )


@router.post("/second-factor", status_code=201, responses=refuses(409, 429))
async def enrol_second_factor(person: ByHand, deps: Deps, present: Present, request: Request) -> EnrolmentView:
    """A new one. It is in force once a code of it was confirmed."""
    if deps.seal is None:
        raise HTTPException(409, "The centre has no key for secrets: see center.identity.key.")
    await _require_present(person, deps, present.password, request)
    username, secret = person.user.username, totp.new_secret()
    await run_in_threadpool(_begin, deps, username, deps.seal.seal(secret, username))
    link = totp.link(secret, username, f"{PRODUCT} {deps.site.name}")
    return EnrolmentView(secret=totp.as_text(secret), link=link, qr=segno.make(link, error="m").svg_data_uri(scale=4))


@router.post("/second-factor/confirmation", responses=refuses(409, 429))
def confirm_second_factor(person: ByHand, deps: Deps, typed: Code, request: Request) -> RecoveryView:
    require_slowness(deps, person.user.username, client_of(request))
    known = deps.stores.second_factors.find(person.user.username)
    if known is None or known.confirmed:
        raise HTTPException(409, "There is no second factor to confirm.")
    step = totp.matching_step(opened(deps.seal, known), "".join(typed.code.split()), deps.clock.now())
    if step is None:
        raise HTTPException(422, "code: not that of now. Is the clock of the telephone right?")
    codes = [totp.new_recovery_code() for _ in range(totp.RECOVERY_CODES)]
    deps.stores.second_factors.confirm(known.username, step, [totp.recovery_hash(code) for code in codes])
    deps.stores.sessions.end_all(known.username, but=person.session)
    forget_tries(deps, known.username, client_of(request))
    _log.info("second_factor_enrolled", username=known.username)
    return RecoveryView(recovery_codes=codes)


@router.post("/second-factor/removal", status_code=204, responses=refuses(409, 429))
def remove_second_factor(person: ByHand, deps: Deps, typed: Code, request: Request) -> None:
    """With a code of it, or a recovery code."""
    require_slowness(deps, person.user.username, client_of(request))
    known = deps.stores.second_factors.find(person.user.username)
    if known is None or not known.confirmed:
        raise HTTPException(409, "There is no second factor.")
    if not deps.second_factor_roles.isdisjoint(person.user.roles):
        raise HTTPException(409, "Your role needs a second factor. An administrator can reset it.")
    if not holds(deps, known, typed.code):
        raise HTTPException(422, "code: wrong, or used before.")
    deps.stores.second_factors.remove(known.username)
    forget_tries(deps, known.username, client_of(request))
    _log.warning("second_factor_removed", username=known.username, by=known.username)


@router.get("/sessions")
def list_own_sessions(person: ByHand, deps: Deps) -> SessionList:
    now = deps.clock.now()
    found = [one for one in deps.stores.sessions.of(person.user.username) if is_open(one, now)]
    return SessionList(items=[SessionView.of(one, current=one.token_sha256 == person.session) for one in found])


@router.delete("/sessions/{session_id}", status_code=204)
def end_own_session(person: ByHand, deps: Deps, session_id: SessionId, response: Response) -> None:
    if person.session.startswith(session_id):
        end_session(deps, person, response)
    elif not deps.stores.sessions.end_one(person.user.username, session_id):
        raise HTTPException(404, "There is no such session.")
    _log.info("session_ended", username=person.user.username, by=person.user.username)


async def _require_present(person: Person, deps: GatewayDeps, password: str, request: Request) -> None:
    client = client_of(request)
    require_slowness(deps, person.user.username, client)
    known = await run_in_threadpool(deps.stores.users.find, person.user.username)
    async with deps.hashing:
        right = await run_in_threadpool(deps.passwords.matches, known.password_hash if known else None, password)
    if not right:
        _log.warning("login_failed", username=person.user.username, client=client, code=False)
        raise HTTPException(422, "The present password is wrong.")
    forget_tries(deps, person.user.username, client)


def _changed(deps: GatewayDeps, person: Person, hashed: str, request: Request, response: Response) -> Person:
    with deps.stores.database.write():
        deps.stores.users.set_password(person.user.username, hashed)
        deps.stores.sessions.end_all(person.user.username)
        return start_session(deps, person.user, request, response)


def _begin(deps: GatewayDeps, username: str, sealed: str) -> None:
    with deps.stores.database.write():
        known = deps.stores.second_factors.find(username)
        if known is not None and known.confirmed:
            raise HTTPException(409, "There is a second factor already. Remove it first.")
        deps.stores.second_factors.begin(username, sealed)
