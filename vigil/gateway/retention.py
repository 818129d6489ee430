"""How long footage is kept: the plan, and holds for footage that somebody needs for longer."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Final, Self

import structlog
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, StringConstraints

from vigil.gateway.auth import Person, hold_to, require
from vigil.gateway.deps import Deps
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.purposes import enter_look
from vigil.gateway.refusals import refuses
from vigil.gateway.times import Moment, Time, rfc3339
from vigil.model.ids import CameraId, HoldId
from vigil.model.people import Permission
from vigil.model.register import Action
from vigil.model.retention import RetentionPlan
from vigil.store.holds import Hold

router = APIRouter(tags=["retention"], route_class=GuardedRoute)
log = structlog.get_logger(__name__)

Holder = Annotated[Person, Depends(require(Permission.HOLD_FOOTAGE))]

LONGEST: Final = timedelta(days=366)
"""Of footage that one hold keeps."""


class HoldEntry(BaseModel):
    """Without `until_at` it holds until it is released."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=shown(
            camera="gongan-counter", from_at="2026-11-20T01:00:00Z", to_at="2026-11-20T02:00:00Z", case="信访 2026-153"
        ),
    )

    camera: CameraId
    from_at: Moment
    to_at: Moment
    case: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    until_at: Moment | None = None


class Lifting(BaseModel):
    """Why footage that somebody needed may go."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(reason="已办结"))

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class HoldView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            id="b8WfT3nQxK6vLz1R",
            camera="gongan-counter",
            from_at="2026-11-20T01:00:00.000Z",
            to_at="2026-11-20T02:00:00.000Z",
            case="信访 2026-153",
            by="li",
            entered_at="2026-11-23T02:30:00.000Z",
        )
    )

    id: str
    camera: str
    from_at: Time
    to_at: Time
    case: str
    by: str
    entered_at: Time
    until_at: Time | None
    released_at: Time | None
    released_by: str | None
    released_why: str | None

    @classmethod
    def of(cls, hold: Hold) -> Self:
        return cls(**asdict(hold))


class HoldList(BaseModel):
    items: list[HoldView]


class CameraRetentionView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            camera="gongan-counter",
            at_least_days=30.0,
            at_most_days=90.0,
            bytes=1395864371200,
            day_bytes=21474836480,
            first_at="2026-09-19T16:00:00.000Z",
        )
    )

    camera: str
    at_least_days: float
    at_most_days: float
    bytes: int
    day_bytes: int
    first_at: Time | None


class RetentionView(BaseModel):
    """`least_bytes` is what all takes that must be kept, `most_bytes` what all takes that may be."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            made_at="2026-11-23T01:00:00.000Z",
            bytes=1395864371200,
            room_bytes=4398046511104,
            least_bytes=644245094400,
            most_bytes=1932735283200,
        )
    )

    made_at: Time
    bytes: int
    room_bytes: int | None
    least_bytes: int
    most_bytes: int
    full_at: Time | None
    cameras: list[CameraRetentionView]

    @classmethod
    def of(cls, plan: RetentionPlan) -> Self:
        return cls(
            made_at=plan.made_at,
            bytes=plan.bytes,
            room_bytes=plan.room_bytes,
            least_bytes=round(plan.least_bytes),
            most_bytes=round(plan.most_bytes),
            full_at=plan.full_at,
            cameras=[CameraRetentionView(**asdict(one)) for one in plan.cameras],
        )


@router.get("/retention")
def read_retention(_: Annotated[Person, Depends(require(Permission.READ_METRICS))], deps: Deps) -> RetentionView:
    """The plan of the last hour."""
    plan = deps.retention()
    if plan is None:
        raise HTTPException(503, "The plan is not made yet; it takes moments after a start.", {"Retry-After": "5"})
    return RetentionView.of(plan)


@router.get("/holds")
def list_holds(person: Holder, deps: Deps, active: bool = False) -> HoldList:
    found = deps.stores.holds.all(active_at=deps.clock.now() if active else None)
    halls = person.rights.halls(Permission.HOLD_FOOTAGE)
    return HoldList(items=[HoldView.of(hold) for hold in found if deps.hall_of_camera(hold.camera) in halls])


@router.post("/holds", status_code=201, responses=refuses(404))
def hold_footage(person: Holder, deps: Deps, entry: HoldEntry) -> HoldView:
    if deps.camera(entry.camera) is None:
        raise HTTPException(404, "There is no such camera.")
    hold_to(person, deps.hall_of_camera(entry.camera), Permission.HOLD_FOOTAGE, "camera")
    now = deps.clock.now()
    if not timedelta() < entry.to_at - entry.from_at <= LONGEST:
        raise HTTPException(422, f"to_at: must be later than from_at, by at most {LONGEST.days} days.")
    if entry.until_at is not None and entry.until_at <= now:
        raise HTTPException(422, "until_at: must be in the future.")
    made = Hold(
        HoldId(secrets.token_urlsafe(12)),
        entry.camera,
        entry.from_at,
        entry.to_at,
        entry.case,
        person.user.username,
        now,
        entry.until_at,
    )
    with deps.stores.database.write():  # no hold without its entry
        deps.stores.holds.add(made)
        enter_look(deps, person, Action.HOLD, subject(made), reason=entry.case, camera=made.camera)
    log.info("hold_entered", hold=made.id, camera=made.camera, by=made.by)
    return HoldView.of(made)


@router.post("/holds/{hold_id}/release", responses=refuses(409))
def release_hold(person: Holder, deps: Deps, hold_id: HoldId, lifting: Lifting) -> HoldView:
    """The register's reason is the case and why it needs the footage no longer."""
    now = deps.clock.now()
    with deps.stores.database.write():
        result = deps.stores.holds.release(hold_id, by=person.user.username, at=now, why=lifting.reason)
        if result is None:
            raise HTTPException(404, "There is no such hold.")
        hold_to(person, deps.hall_of_camera(result.hold.camera), Permission.HOLD_FOOTAGE, "hold")
        if not result.applied:
            raise HTTPException(409, "The hold is over already.")
        reason = f"{result.hold.case}; {lifting.reason}"
        enter_look(deps, person, Action.RELEASE, subject(result.hold), reason=reason, camera=result.hold.camera)
    log.info("hold_released", hold=hold_id, by=person.user.username)
    return HoldView.of(result.hold)


def subject(held: Hold) -> str:
    """What the register says that is held."""
    return f"hold {held.id}: camera {held.camera}, {rfc3339(held.from_at)}/{rfc3339(held.to_at)}"
