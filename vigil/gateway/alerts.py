"""Alerts: reading them, and the three steps a person takes with one."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from vigil.gateway import cursors
from vigil.gateway.auth import Person, require
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.events import AlertChanged
from vigil.gateway.objects import ObjectResponse
from vigil.gateway.views import AlertList, AlertView, ClockView, TracePointView, TraceView
from vigil.model.alerts import AlertKind, AlertState
from vigil.model.ids import AlertId, HallId
from vigil.model.people import Permission
from vigil.store.alerts import AlertFilter, AlertRecord, Cursor, Step

router = APIRouter(tags=["alerts"])

Reader = Annotated[Person, Depends(require(Permission.READ_ALERTS))]
Acknowledger = Annotated[Person, Depends(require(Permission.ACKNOWLEDGE))]
Decider = Annotated[Person, Depends(require(Permission.DECIDE))]

_NEEDED: Final = {
    Step.ACKNOWLEDGE: Permission.ACKNOWLEDGE,
    Step.CONFIRM: Permission.DECIDE,
    Step.DISMISS: Permission.DECIDE,
}


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hall: HallId | None = None
    kind: AlertKind | None = None
    state: AlertState | None = None
    active: bool | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Confirmation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str | None = Field(default=None, max_length=2000)


class Dismissal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@router.get("/alerts")
def alerts(person: Reader, deps: Deps, wanted: Annotated[Wanted, Query()]) -> AlertList:
    within = person.rights.halls(Permission.READ_ALERTS)
    chosen = AlertFilter(wanted.hall, wanted.kind, wanted.state, wanted.active, within)
    after = None
    if wanted.cursor is not None:
        raised_at, name = cursors.from_text(wanted.cursor)
        after = Cursor(raised_at, AlertId(name))
    page = deps.stores.alerts.page(chosen, after=after, limit=wanted.limit)
    behind = None if page.next is None else cursors.to_text(page.next.raised_at, page.next.id)
    return AlertList(items=_views(deps, *page.items), next=behind)


@router.get("/alerts/{alert_id}")
def alert(person: Reader, deps: Deps, alert_id: AlertId) -> AlertView:
    return _views(deps, _found(deps, person, alert_id))[0]


@router.get("/alerts/{alert_id}/snapshot", response_class=Response)
def snapshot(person: Reader, deps: Deps, alert_id: AlertId) -> Response:
    key = _found(deps, person, alert_id).snapshot_key
    if key is None:
        raise HTTPException(404, "The alert has no picture.")
    size = deps.objects.stat(key).size
    return ObjectResponse(deps.objects.open(key), headers={"Content-Length": str(size)}, media_type="image/jpeg")


@router.get("/alerts/{alert_id}/trace")
def trace(person: Reader, deps: Deps, alert_id: AlertId) -> TraceView:
    alert = _found(deps, person, alert_id).alert
    node = deps.owners.get(alert.camera) if alert.camera is not None else None
    clock = deps.stores.clocks.near(node, alert.raised_at) if node is not None else None
    return TraceView(
        points=[TracePointView.of(point) for point in deps.stores.traces.of(alert_id)],
        clock=None if clock is None else ClockView.of(clock),
    )


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(person: Acknowledger, deps: Deps, alert_id: AlertId) -> AlertView:
    return _take(deps, alert_id, Step.ACKNOWLEDGE, person)


@router.post("/alerts/{alert_id}/confirm")
def confirm(person: Decider, deps: Deps, alert_id: AlertId, confirmation: Confirmation | None = None) -> AlertView:
    note = (confirmation.note or "").strip() if confirmation else ""
    return _take(deps, alert_id, Step.CONFIRM, person, note or None)


@router.post("/alerts/{alert_id}/dismiss")
def dismiss(person: Decider, deps: Deps, alert_id: AlertId, dismissal: Dismissal) -> AlertView:
    return _take(deps, alert_id, Step.DISMISS, person, dismissal.reason)


def _found(deps: GatewayDeps, person: Person, alert_id: AlertId) -> AlertRecord:
    record = deps.stores.alerts.find(alert_id)
    if record is None or not person.may_in(record.alert.hall, Permission.READ_ALERTS):
        raise HTTPException(404, "There is no such alert.")
    return record


def _take(deps: GatewayDeps, alert_id: AlertId, step: Step, person: Person, note: str | None = None) -> AlertView:
    if not person.may_in(_found(deps, person, alert_id).alert.hall, _NEEDED[step]):
        raise HTTPException(403, f"This needs the permission {_NEEDED[step]} in the alert's hall.")
    at = deps.clock.now()
    result = deps.stores.alerts.take(alert_id, step, by=person.user.username, at=at, note=note)
    if result is None:
        raise HTTPException(404, "There is no such alert.")
    if not result.applied:
        raise HTTPException(409, f"The alert is {result.record.state} already.")
    deps.events.publish(AlertChanged(alert_id))
    return _views(deps, result.record)[0]


def _views(deps: GatewayDeps, *records: AlertRecord) -> list[AlertView]:
    clips = deps.stores.clips.of_alerts([record.alert.id for record in records])
    return [AlertView.of(record, clips.get(record.alert.id)) for record in records]
