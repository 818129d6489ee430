"""How complete each camera's footage of a day is."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException

from vigil.gateway.auth import Person, require
from vigil.gateway.deps import Deps
from vigil.gateway.footage_views import CompletenessList, CompletenessView
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.times import Day
from vigil.model.ids import HallId
from vigil.model.people import Permission

router = APIRouter(tags=["cameras"], route_class=GuardedRoute)


@router.get("/completeness")
def read_completeness(
    person: Annotated[Person, Depends(require(Permission.READ_ALERTS))],
    deps: Deps,
    day: Day,
    hall: HallId | None = None,
) -> CompletenessList:
    """A day of the site's time zone, or of today what has passed of it."""
    zone = ZoneInfo(deps.site.time_zone)
    from_at = datetime.combine(day, time(), zone)
    to_at = min(datetime.combine(day + timedelta(days=1), time(), zone), deps.clock.now())
    if to_at <= from_at:
        raise HTTPException(422, "day: it has not begun yet.")
    within = person.rights.halls(Permission.READ_ALERTS)
    halls = {camera.id: one.id for one, camera in deps.site.cameras() if hall in (None, one.id) and one.id in within}
    found = deps.stores.footage_hours.of_day(from_at, to_at)
    return CompletenessList(
        from_at=from_at,
        to_at=to_at,
        items=[CompletenessView.of(one, halls[one.camera]) for one in found if one.camera in halls],
    )
