"""What windows and queues were found to be, minute by minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException
from starlette.responses import Response

from vigil.errors import CalendarError
from vigil.gateway.auth import Person, hold_to, require
from vigil.gateway.deps import Deps
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.minute_views import (
    QueueMinuteList,
    QueueMinuteView,
    WindowHourList,
    WindowHourView,
    WindowMinuteList,
    WindowMinuteView,
)
from vigil.gateway.times import Day, Moment
from vigil.gateway.written import written
from vigil.model.ids import GroupId, WindowId
from vigil.model.people import Permission
from vigil.report.window_day import hours_of

router = APIRouter(tags=["minutes"], route_class=GuardedRoute)

Reader = Annotated[Person, Depends(require(Permission.READ_MINUTES))]

LONGEST_MINUTES: Final = timedelta(days=7)


@router.get("/windows/{window_id}/minutes", response_model=WindowMinuteList)
def list_window_minutes(person: Reader, deps: Deps, window_id: WindowId, from_at: Moment, to_at: Moment) -> Response:
    hall = deps.hall_of(window_id)
    if hall is None:
        raise HTTPException(404, "There is no such window.")
    hold_to(person, hall.id, Permission.READ_MINUTES, "window")
    _require_span(from_at, to_at)
    found = deps.stores.minutes.of_window(window_id, from_at, to_at)
    return written(WindowMinuteList(items=[WindowMinuteView.of(told, minute) for told, minute in found]))


@router.get("/windows/{window_id}/hours")
def list_window_hours(person: Reader, deps: Deps, window_id: WindowId, day: Day) -> WindowHourList:
    """A day of the site's time zone, or of today what has passed of it, counted as reports count."""
    hall = deps.hall_of(window_id)
    if hall is None:
        raise HTTPException(404, "There is no such window.")
    hold_to(person, hall.id, Permission.READ_MINUTES, "window")
    try:
        found = hours_of(deps.site, deps.stores, window_id, day, deps.clock.now())
    except (CalendarError, OverflowError) as error:
        raise HTTPException(422, f"day: {error}.") from error
    return WindowHourList(items=[WindowHourView.of(hour) for hour in found])


@router.get("/groups/{group_id}/minutes", response_model=QueueMinuteList)
def list_group_minutes(person: Reader, deps: Deps, group_id: GroupId, from_at: Moment, to_at: Moment) -> Response:
    hall = next((hall for hall in deps.site.halls for group in hall.groups if group.id == group_id), None)
    if hall is None:
        raise HTTPException(404, "There is no such window group.")
    hold_to(person, hall.id, Permission.READ_MINUTES, "window group")
    _require_span(from_at, to_at)
    found = deps.stores.minutes.of_group(group_id, from_at, to_at)
    return written(QueueMinuteList(items=[QueueMinuteView.of(told, minute) for told, minute in found]))


def _require_span(from_at: datetime, to_at: datetime) -> None:
    if not timedelta() < to_at - from_at <= LONGEST_MINUTES:
        raise HTTPException(422, "to_at: must be later than from_at, by at most 7 days.")
