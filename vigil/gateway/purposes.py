"""Looking for a purpose: said by whoever may inspect, before anything is seen, and entered with each look.

The rule is held to here and not on the screen, so that it binds programs too. Whom it concerns is a matter of the role
and not of what a token was lent: a token that may only play clips would be a way around it.
"""

from __future__ import annotations

import structlog
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from vigil.gateway.auth import ByHand, Person
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.person_views import MeView
from vigil.gateway.problems import Conflict
from vigil.model.ids import CameraId, HallId
from vigil.model.purposes import Purpose
from vigil.model.register import Action

router = APIRouter(tags=["session"], prefix="/session/purpose", route_class=GuardedRoute)
_log = structlog.get_logger(__name__)


class Saying(BaseModel):
    """`number`: of the case or task, if it has one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(text="核查 11 月 20 日投诉", number="2026-153"))

    text: str
    number: str = ""


@router.post("")
def say_purpose(person: ByHand, deps: Deps, saying: Saying) -> MeView:
    """What this session looks for from now on."""
    try:
        purpose = Purpose.said(saying.text, saying.number)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    return _look_for(deps, person, purpose)


@router.delete("")
def lay_down_purpose(person: ByHand, deps: Deps) -> MeView:
    """The case is done: who must have a purpose sees nothing until he says the next one."""
    return _look_for(deps, person, None)


def is_lacking(person: Person, hall: HallId | None) -> bool:
    """The person inspects there, and has not said what for."""
    return hall in person.inspects and person.purpose is None


def require_purpose(person: Person, hall: HallId | None) -> None:
    """A 403 that says what is needed. `hall` is None for what belongs to no hall."""
    if is_lacking(person, hall):
        detail = (
            "First say what you look for: the header Vigil-Purpose, in UTF-8 and percent-encoded, of one line of at most"
            " 500 characters, and Vigil-Purpose-Number for a number of at most 64."
            if person.by_token
            else "First say what you look for."
        )
        raise Conflict(403, detail, {}, {"needs": "purpose"})


def enter_look(
    deps: GatewayDeps,
    person: Person,
    action: Action,
    subject: str,
    *,
    reason: str | None = None,
    camera: CameraId | None = None,
) -> None:
    """Durable on return. `reason` is that of the thing itself; the person's purpose stands before it."""
    why = reason if person.purpose is None else person.purpose.beside(reason)
    deps.stores.register.append(person.user, action, subject, at=deps.clock.now(), reason=why, camera=camera)


def _look_for(deps: GatewayDeps, person: Person, purpose: Purpose | None) -> MeView:
    deps.stores.sessions.look_for(person.session, purpose)
    _log.info("purpose_said" if purpose else "purpose_laid_down", username=person.user.username)
    return MeView.of(person.looking_for(purpose), deps.site)
