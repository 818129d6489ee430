"""The steps that people take with an alert. Each is taken once, and only upon what its taker has seen.

`Idempotency-Key` names a step: sent again, it is answered as it was and not taken again. `If-Match` holds the version that
the person had before them: where somebody else took a step since, the answer is 412 and says which.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from starlette.responses import Response

from vigil.gateway.alert_views import AlertView, PeopleList, PersonView
from vigil.gateway.alerts import found, views_of
from vigil.gateway.auth import Person, require
from vigil.gateway.conditions import Condition, OnCondition, etag
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.events import AlertChanged
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.problems import Conflict
from vigil.gateway.refusals import AlertProblem, refuses, tagged
from vigil.model.ids import AlertId, HallId
from vigil.model.people import NO_HALLS, PERMISSIONS, Halls, Permission, Rights, Role
from vigil.model.steps import Assignee, DismissReason, Step
from vigil.store.alert_steps import Outcome, Taking
from vigil.store.users import User

router = APIRouter(tags=["alerts"], route_class=GuardedRoute)

Acknowledger = Annotated[Person, Depends(require(Permission.ACKNOWLEDGE))]
Decider = Annotated[Person, Depends(require(Permission.DECIDE))]
Reopener = Annotated[Person, Depends(require(Permission.REOPEN))]

_NEEDED: Final = {
    Step.ACKNOWLEDGE: Permission.ACKNOWLEDGE,
    Step.CONFIRM: Permission.DECIDE,
    Step.DISMISS: Permission.DECIDE,
    Step.RECTIFY: Permission.DECIDE,
    Step.REOPEN: Permission.REOPEN,
    Step.COMMENT: Permission.ACKNOWLEDGE,
    Step.ASSIGN: Permission.ACKNOWLEDGE,
}
"""In the hall of the alert."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
SomeWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Confirmation(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(note="已电话核实,窗口无人"))

    note: Words | None = None


class Dismissal(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(reason="approved-leave", note="已报备"))

    reason: DismissReason
    note: Words | None = None

    @model_validator(mode="after")
    def _other_is_told(self) -> Dismissal:
        if self.reason is DismissReason.OTHER and not self.note:
            raise ValueError("note: another reason needs words")
        return self


class Noted(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(note="工作人员已到岗"))

    note: SomeWords


class Assignment(BaseModel):
    """To a person or to a role, one of the two."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(user="li", note="请核实"))

    user: str | None = None
    role: Role | None = None
    note: Words | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Assignment:
        if (self.user is None) == (self.role is None):
            raise ValueError("user or role: one of the two")
        return self


@router.get("/people")
def list_people(person: Acknowledger, deps: Deps) -> PeopleList:
    """Those to whom an alert of one's halls can be given."""
    halls = person.rights.halls(Permission.ACKNOWLEDGE)
    return PeopleList(items=[PersonView.of(user) for user in deps.stores.users.all() if _able_in(user) & halls])


@router.post("/alerts/{alert_id}/acknowledge", responses=tagged() | refuses(409, 412, problem=AlertProblem))
def acknowledge_alert(
    person: Acknowledger, deps: Deps, on: OnCondition, answer: Response, alert_id: AlertId
) -> AlertView:
    return _take(deps, alert_id, Step.ACKNOWLEDGE, person, on, answer)


@router.post("/alerts/{alert_id}/confirm", responses=tagged() | refuses(409, 412, problem=AlertProblem))
def confirm_alert(
    person: Decider,
    deps: Deps,
    on: OnCondition,
    answer: Response,
    alert_id: AlertId,
    confirmation: Confirmation | None = None,
) -> AlertView:
    note = confirmation.note if confirmation else None
    return _take(deps, alert_id, Step.CONFIRM, person, on, answer, note)


@router.post("/alerts/{alert_id}/dismiss", responses=tagged() | refuses(409, 412, problem=AlertProblem))
def dismiss_alert(
    person: Decider, deps: Deps, on: OnCondition, answer: Response, alert_id: AlertId, dismissal: Dismissal
) -> AlertView:
    return _take(deps, alert_id, Step.DISMISS, person, on, answer, dismissal.note, reason=dismissal.reason)


@router.post("/alerts/{alert_id}/rectify", responses=tagged() | refuses(409, 412, problem=AlertProblem))
def rectify_alert(
    person: Decider, deps: Deps, on: OnCondition, answer: Response, alert_id: AlertId, noted: Noted
) -> AlertView:
    return _take(deps, alert_id, Step.RECTIFY, person, on, answer, noted.note)


@router.post("/alerts/{alert_id}/reopen", responses=tagged() | refuses(409, 412, problem=AlertProblem))
def reopen_alert(
    person: Reopener, deps: Deps, on: OnCondition, answer: Response, alert_id: AlertId, noted: Noted
) -> AlertView:
    return _take(deps, alert_id, Step.REOPEN, person, on, answer, noted.note)


@router.post("/alerts/{alert_id}/comment", responses=tagged() | refuses(409, 412, problem=AlertProblem))
def comment_on_alert(
    person: Acknowledger, deps: Deps, on: OnCondition, answer: Response, alert_id: AlertId, noted: Noted
) -> AlertView:
    return _take(deps, alert_id, Step.COMMENT, person, on, answer, noted.note)


@router.post("/alerts/{alert_id}/assign", responses=tagged() | refuses(409, 412, problem=AlertProblem))
def assign_alert(
    person: Acknowledger, deps: Deps, on: OnCondition, answer: Response, alert_id: AlertId, assignment: Assignment
) -> AlertView:
    to = Assignee(assignment.user, assignment.role)
    _hold_to_able(deps, to, found(deps, person, alert_id).alert.hall)
    return _take(deps, alert_id, Step.ASSIGN, person, on, answer, assignment.note, to=to)


def _able_in(user: User) -> Halls:
    return NO_HALLS if user.disabled else Rights.of(user.grants).halls(Permission.ACKNOWLEDGE)


def _hold_to_able(deps: GatewayDeps, to: Assignee, hall: HallId) -> None:
    """Nobody is given what they could not even acknowledge."""
    if to.user is not None:
        known = deps.stores.users.find(to.user)
        able = known is not None and hall in _able_in(known.user)
    else:
        able = to.role is not None and Permission.ACKNOWLEDGE in PERMISSIONS[to.role]
    if not able:
        raise HTTPException(422, "Alerts of this hall cannot be given to them.")


def _take(
    deps: GatewayDeps,
    alert_id: AlertId,
    step: Step,
    person: Person,
    on: Condition,
    answer: Response,
    note: str | None = None,
    *,
    reason: DismissReason | None = None,
    to: Assignee | None = None,
) -> AlertView:
    if not person.may_in(found(deps, person, alert_id).alert.hall, _NEEDED[step]):
        raise HTTPException(403, f"This needs the permission {_NEEDED[step]} in the alert's hall.")
    by, at = person.user.username, deps.clock.now()
    taking = Taking(step, by, at, note or None, reason=reason, to=to, seen=on.seen, key=on.key)
    with deps.stores.database.write():  # nobody enters it in the ledger meanwhile
        if step is Step.REOPEN and deps.stores.ledger.of_alerts([alert_id]):
            raise HTTPException(409, "The alert is in the ledger: withdraw that entry first.")
        result = deps.stores.alert_steps.take(alert_id, taking)
    if result is None:
        raise HTTPException(404, "There is no such alert.")
    view, tag = views_of(deps, result.record)[0], etag(result.record.version)
    told = {"alert": view.model_dump(mode="json")}
    match result.outcome:
        case Outcome.REFUSED:
            raise Conflict(409, f"The alert is {result.record.state} already.", {"ETag": tag}, told)
        case Outcome.OVERTAKEN:
            last = result.record.history[-1] if result.record.history else None
            what = f"{last.by} took the step {last.step} first." if last else "The alert was never so far."
            raise Conflict(412, what, {"ETag": tag}, told)
        case Outcome.KEY_USED:
            raise HTTPException(422, "Idempotency-Key: another step was sent with it.")
        case Outcome.TAKEN:
            deps.events.publish(AlertChanged(alert_id))
        case Outcome.REPEATED:
            pass
    answer.headers["ETag"] = tag
    return view
