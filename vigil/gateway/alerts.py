"""Alerts, as they are read. What is done with them is in alert_steps.py."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from vigil.gateway import cursors
from vigil.gateway.alert_views import (
    AlertList,
    AlertView,
    ClockView,
    RelatedList,
    RelatedView,
    TracePointView,
    TraceView,
)
from vigil.gateway.auth import Person, require
from vigil.gateway.conditions import etag
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.objects import ObjectResponse
from vigil.gateway.purposes import enter_look, require_purpose
from vigil.gateway.refusals import PurposeProblem, gives, refuses, tagged
from vigil.gateway.written import written
from vigil.model.alerts import AlertKind, AlertState
from vigil.model.ids import AlertId, HallId
from vigil.model.people import Permission
from vigil.model.register import Action
from vigil.model.relations import NEAR, Relation, relation
from vigil.model.steps import Assignee
from vigil.store.alerts import AlertFilter, AlertRecord, Cursor

router = APIRouter(tags=["alerts"], route_class=GuardedRoute)

Reader = Annotated[Person, Depends(require(Permission.READ_ALERTS))]


_MOST_RELATED: Final = 20


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hall: HallId | None = None
    kind: AlertKind | None = None
    state: AlertState | None = None
    active: bool | None = None
    assigned: str | None = None
    """`user:NAME` or `role:ROLE`."""
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/alerts", response_model=AlertList)
def list_alerts(person: Reader, deps: Deps, wanted: Annotated[Wanted, Query()]) -> Response:
    within, assigned = person.rights.halls(Permission.READ_ALERTS), _assignee(wanted.assigned)
    chosen = AlertFilter(wanted.hall, wanted.kind, wanted.state, wanted.active, assigned, within)
    after = None
    if wanted.cursor is not None:
        raised_at, name = cursors.from_text(wanted.cursor)
        after = Cursor(raised_at, AlertId(name))
    with deps.stores.database.snapshot():
        page = deps.stores.alerts.page(chosen, after=after, limit=wanted.limit)
        items = views_of(deps, *page.items)
    behind = None if page.next is None else cursors.to_text(page.next.raised_at, page.next.id)
    return written(AlertList(items=items, next=behind))


@router.get("/alerts/{alert_id}", responses=tagged())
def read_alert(person: Reader, deps: Deps, answer: Response, alert_id: AlertId) -> AlertView:
    record = found(deps, person, alert_id)
    answer.headers["ETag"] = etag(record.version)
    return views_of(deps, record)[0]


@router.get(
    "/alerts/{alert_id}/snapshot",
    response_class=Response,
    responses=gives("image/jpeg", described="The picture") | refuses(403, problem=PurposeProblem),
)
def read_snapshot(person: Reader, deps: Deps, alert_id: AlertId) -> Response:
    """Part of the alert; to whoever inspects there it is footage, and looking at it is entered."""
    record = found(deps, person, alert_id)
    if record.snapshot_key is None:
        raise HTTPException(404, "The alert has no picture.")
    require_purpose(person, record.alert.hall)
    size = deps.objects.stat(record.snapshot_key).size
    with ExitStack() as unless_answered:
        reader = deps.objects.open(record.snapshot_key)
        unless_answered.callback(reader.close)
        if record.alert.hall in person.inspects:
            enter_look(deps, person, Action.PLAY, f"picture of alert {alert_id}", camera=record.alert.camera)
        unless_answered.pop_all()
    return ObjectResponse(reader, headers={"Content-Length": str(size)}, media_type="image/jpeg")


@router.get("/alerts/{alert_id}/trace")
def read_trace(person: Reader, deps: Deps, alert_id: AlertId) -> TraceView:
    alert = found(deps, person, alert_id).alert
    node = deps.owners.get(alert.camera) if alert.camera is not None else None
    clock = deps.stores.clocks.near(node, alert.raised_at) if node is not None else None
    return TraceView(
        points=[TracePointView.of(point) for point in deps.stores.traces.of(alert_id)],
        clock=None if clock is None else ClockView.of(clock),
    )


@router.get("/alerts/{alert_id}/related")
def list_related_alerts(person: Reader, deps: Deps, alert_id: AlertId) -> RelatedList:
    """What else happened there about the same time, the nearest first."""
    alert = found(deps, person, alert_id).alert
    until = alert.ended_at or deps.clock.now()
    hall = next((one for one in deps.site.halls if one.id == alert.hall), None)
    near: list[tuple[Relation, AlertRecord]] = []
    for other in deps.stores.alerts.about(alert.hall, alert.began_at - NEAR, until + NEAR):
        how = relation(alert, other.alert, hall)
        if how is not None:
            near.append((how, other))
    order = list(Relation)
    near = sorted(near, key=lambda one: order.index(one[0]))[:_MOST_RELATED]
    views = views_of(deps, *(record for _, record in near))
    return RelatedList(
        items=[RelatedView(relation=how, alert=view) for (how, _), view in zip(near, views, strict=True)]
    )


def _assignee(text: str | None) -> Assignee | None:
    try:
        return None if text is None else Assignee.parse(text)
    except ValueError as error:
        raise HTTPException(422, "assigned: user:NAME or role:ROLE.") from error


def found(deps: GatewayDeps, person: Person, alert_id: AlertId) -> AlertRecord:
    record = deps.stores.alerts.find(alert_id)
    if record is None or not person.may_in(record.alert.hall, Permission.READ_ALERTS):
        raise HTTPException(404, "There is no such alert.")
    return record


def views_of(deps: GatewayDeps, *records: AlertRecord) -> list[AlertView]:
    clips = deps.stores.clips.of_alerts([record.alert.id for record in records])
    return [AlertView.of(record, clips.get(record.alert.id)) for record in records]
