"""Of which time there is footage."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException
from starlette.responses import Response

from vigil.gateway.auth import Person, hold_to, require
from vigil.gateway.deps import Deps
from vigil.gateway.footage_views import TimelineView
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.times import Moment
from vigil.gateway.written import written
from vigil.model.ids import CameraId
from vigil.model.people import Permission

router = APIRouter(tags=["cameras"], route_class=GuardedRoute)

LONGEST_TIMELINE: Final = timedelta(days=31)


@router.get("/cameras/{camera_id}/timeline", response_model=TimelineView)
def read_timeline(
    person: Annotated[Person, Depends(require(Permission.PULL_ARCHIVE))],
    deps: Deps,
    camera_id: CameraId,
    from_at: Moment,
    to_at: Moment,
) -> Response:
    if deps.camera(camera_id) is None:
        raise HTTPException(404, "There is no such camera.")
    hold_to(person, deps.hall_of_camera(camera_id), Permission.PULL_ARCHIVE, "camera")
    if not timedelta() < to_at - from_at <= LONGEST_TIMELINE:
        raise HTTPException(422, "to_at: must be later than from_at, by at most 31 days.")
    return written(TimelineView.of(deps.stores.footage.timeline(camera_id, from_at, to_at)))
