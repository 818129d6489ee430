"""Suspensions: pauses, leave and substitutes. They are entered and ended here; nobody changes or removes one."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vigil.gateway import cursors
from vigil.gateway.auth import Person, hold_to, require
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.events import SuspensionChanged
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.refusals import refuses
from vigil.gateway.suspension_views import SuspensionList, SuspensionView
from vigil.gateway.times import Moment
from vigil.model.ids import HallId, SuspensionId, WindowId
from vigil.model.people import Permission
from vigil.model.suspensions import CLOCKS_APART, FURTHEST, LONGEST, MOST_AHEAD, Suspension, SuspensionKind
from vigil.store.suspensions import SuspensionCursor, SuspensionFilter, SuspensionRecord

router = APIRouter(tags=["suspensions"], route_class=GuardedRoute)
log = structlog.get_logger(__name__)

Reader = Annotated[Person, Depends(require(Permission.READ_ALERTS))]
Pauser = Annotated[Person, Depends(require(Permission.PAUSE_WINDOWS))]


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hall: HallId | None = None
    window: WindowId | None = None
    from_at: Moment | None = None
    to_at: Moment | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Entry(BaseModel):
    """Without `from_at` it begins at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=shown(
            window="gongan-3",
            kind="paused",
            from_at="2026-11-23T02:00:00Z",
            to_at="2026-11-23T02:30:00Z",
            note="系统升级",
        ),
    )

    window: WindowId
    kind: SuspensionKind
    from_at: Moment | None = None
    to_at: Moment
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


@router.get("/suspensions")
def list_suspensions(person: Reader, deps: Deps, wanted: Annotated[Wanted, Query()]) -> SuspensionList:
    within = person.rights.halls(Permission.READ_ALERTS)
    chosen = SuspensionFilter(wanted.hall, wanted.window, wanted.from_at, wanted.to_at, within)
    after = None
    if wanted.cursor is not None:
        from_at, name = cursors.from_text(wanted.cursor)
        after = SuspensionCursor(from_at, SuspensionId(name))
    page = deps.stores.suspensions.page(chosen, after=after, limit=wanted.limit)
    return SuspensionList(
        items=[SuspensionView.of(record) for record in page.items],
        next=None if page.next is None else cursors.to_text(page.next.from_at, page.next.id),
    )


@router.post("/suspensions", status_code=201, responses=refuses(404, 409))
def suspend_window(person: Pauser, deps: Deps, entry: Entry) -> SuspensionView:
    hall = deps.hall_of(entry.window)
    if hall is None:
        raise HTTPException(404, "There is no such window.")
    hold_to(person, hall.id, Permission.PAUSE_WINDOWS, "window")
    _require_right(person, entry.kind, hall.id)
    now = deps.clock.now()
    from_at = entry.from_at or now
    _hold_to_bounds(from_at, entry.to_at, now)
    if len(deps.stores.suspensions.ahead([entry.window], now)) >= MOST_AHEAD:
        raise HTTPException(409, f"The window has {MOST_AHEAD} suspensions that run or are to come: end some first.")
    suspension = Suspension(SuspensionId(secrets.token_urlsafe(12)), entry.window, entry.kind, from_at, entry.to_at)
    record = SuspensionRecord(suspension, hall.id, entry.note, person.user.username, now)
    deps.stores.suspensions.add(record)
    log.info("suspension_entered", suspension=suspension.id, window=entry.window, by=person.user.username)
    _tell(deps, suspension.id)
    return SuspensionView.of(record)


@router.post("/suspensions/{suspension_id}/end", responses=refuses(409))
def end_suspension(person: Pauser, deps: Deps, suspension_id: SuspensionId) -> SuspensionView:
    known = deps.stores.suspensions.find(suspension_id)
    if known is None:
        raise HTTPException(404, "There is no such suspension.")
    hold_to(person, known.hall, Permission.PAUSE_WINDOWS, "suspension")
    _require_right(person, known.suspension.kind, known.hall)
    result = deps.stores.suspensions.end(suspension_id, by=person.user.username, at=deps.clock.now())
    if result is None or not result.applied:
        raise HTTPException(409, "The suspension is over already.")
    log.info("suspension_ended", suspension=suspension_id, by=person.user.username)
    _tell(deps, suspension_id)
    return SuspensionView.of(result.record)


def _require_right(person: Person, kind: SuspensionKind, hall: HallId) -> None:
    """Who watches the screen may pause a window; attendance is the supervisors'."""
    if kind is not SuspensionKind.PAUSED and not person.may_in(hall, Permission.KEEP_ROSTER):
        raise HTTPException(403, f"This needs the permission {Permission.KEEP_ROSTER}.")


def _hold_to_bounds(from_at: datetime, to_at: datetime, now: datetime) -> None:
    if from_at < now - CLOCKS_APART:
        raise HTTPException(422, "from_at: must not be in the past. What was is judged at its alert.")
    if from_at > now + FURTHEST:
        raise HTTPException(422, "from_at: must be within a year.")
    if not timedelta() < to_at - from_at <= LONGEST or to_at <= now:
        raise HTTPException(
            422, f"to_at: must be in the future and later than from_at, by at most {LONGEST.days} days."
        )


def _tell(deps: GatewayDeps, suspension: SuspensionId) -> None:
    deps.events.publish(SuspensionChanged(suspension))
    deps.on_suspended()
