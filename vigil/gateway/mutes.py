"""Mutes: a window's alerts of one kind call nobody for a while. What is measured goes on."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, StringConstraints

from vigil.gateway.alert_views import MuteList, MuteView
from vigil.gateway.auth import Person, hold_to, require
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.events import AlertChanged
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.refusals import refuses
from vigil.gateway.times import Moment
from vigil.model.alerts import AlertKind
from vigil.model.ids import MuteId, WindowId
from vigil.model.people import Permission
from vigil.model.suspensions import LONGEST
from vigil.store.mutes import Mute, MuteResult

router = APIRouter(tags=["alerts"], route_class=GuardedRoute)
log = structlog.get_logger(__name__)

Reader = Annotated[Person, Depends(require(Permission.READ_ALERTS))]
Muter = Annotated[Person, Depends(require(Permission.MUTE_ALERTS))]

_OF_WINDOWS = (AlertKind.WINDOW_UNSTAFFED, AlertKind.UNSERVED_VISITOR)


class Entry(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=shown(
            window="gongan-2", kind="window-unstaffed", to_at="2026-11-23T04:00:00Z", reason="窗口设备检修"
        ),
    )

    window: WindowId
    kind: AlertKind
    to_at: Moment
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@router.get("/mutes")
def list_mutes(person: Reader, deps: Deps, window: WindowId | None = None, active: bool = False) -> MuteList:
    within = person.rights.halls(Permission.READ_ALERTS)
    found = deps.stores.mutes.newest(window=window, active_at=deps.clock.now() if active else None, within=within)
    return MuteList(items=[MuteView.of(mute) for mute in found])


@router.post("/mutes", status_code=201, responses=refuses(404, 409))
def mute_alerts(person: Muter, deps: Deps, entry: Entry) -> MuteView:
    hall = deps.hall_of(entry.window)
    if hall is None:
        raise HTTPException(404, "There is no such window.")
    hold_to(person, hall.id, Permission.MUTE_ALERTS, "window")
    if entry.kind not in _OF_WINDOWS:
        raise HTTPException(422, "kind: alerts of this kind are of no window.")
    now = deps.clock.now()
    if not timedelta() < entry.to_at - now <= LONGEST:
        raise HTTPException(422, f"to_at: must be in the future, by at most {LONGEST.days} days.")
    name = MuteId(secrets.token_urlsafe(12))
    by = person.user.username
    result = deps.stores.mutes.add(Mute(name, hall.id, entry.window, entry.kind, now, entry.to_at, entry.reason, by))
    if not result.applied:
        raise HTTPException(409, "Such alerts of the window are muted already: end that first.")
    log.info("alerts_muted", mute=name, window=entry.window, kind=entry.kind, by=by)
    return _told(deps, result)


@router.post("/mutes/{mute_id}/end", responses=refuses(409))
def end_mute(person: Muter, deps: Deps, mute_id: MuteId) -> MuteView:
    known = deps.stores.mutes.find(mute_id)
    hold_to(person, None if known is None else known.hall, Permission.MUTE_ALERTS, "mute")
    result = deps.stores.mutes.end(mute_id, by=person.user.username, at=deps.clock.now())
    if result is None:
        raise HTTPException(404, "There is no such mute.")
    if not result.applied:
        raise HTTPException(409, "The mute is over already.")
    log.info("mute_ended", mute=mute_id, by=person.user.username)
    return _told(deps, result)


def _told(deps: GatewayDeps, result: MuteResult) -> MuteView:
    for alert in result.alerts:
        deps.events.publish(AlertChanged(alert))
    return MuteView.of(result.mute)
