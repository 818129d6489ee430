"""The newest recorded picture of a camera, for whoever draws its zones. Each is a look, and is entered in the register.

Who keeps the site need not see the people in it: without the permission to watch that hall he gets a picture so coarse that desks
and chairs can be told apart, and people cannot be recognised.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException
from starlette.responses import Response

from vigil.gateway.auth import Person, require_everywhere
from vigil.gateway.deps import Deps
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.purposes import enter_look, require_purpose
from vigil.gateway.refusals import PurposeProblem, gives, refuses
from vigil.model.ids import CameraId
from vigil.model.people import Permission
from vigil.model.register import Action

router = APIRouter(tags=["cameras"], route_class=GuardedRoute)

COARSE: Final = 320
"""Pixels of width. Of a picture of eight metres it leaves 40 to the metre: EN 62676-4 has 62.5 for observing and 125 for
recognising somebody."""
FINE: Final = 1280

Keeper = Annotated[Person, Depends(require_everywhere(Permission.KEEP_SITE))]


@router.get(
    "/cameras/{camera_id}/still",
    response_class=Response,
    responses=gives("image/jpeg", described="The picture") | refuses(403, problem=PurposeProblem),
)
def read_still(keeper: Keeper, deps: Deps, camera_id: CameraId) -> Response:
    """`Last-Modified` says when it was taken."""
    known = deps.camera(camera_id)
    if known is None:
        raise HTTPException(404, "There is no such camera.")
    hall = known[0].id
    require_purpose(keeper, hall)
    found = deps.stills.newest(camera_id, FINE if keeper.may_in(hall, Permission.WATCH_LIVE) else COARSE)
    if found is None:
        raise HTTPException(404, "Nothing of it is recorded yet.")
    subject = f"picture of camera {camera_id} of {found.at.isoformat(timespec='seconds')}, for its zones"
    enter_look(deps, keeper, Action.PLAY, subject, camera=camera_id)
    taken = format_datetime(found.at, usegmt=True)
    return Response(found.jpeg, media_type="image/jpeg", headers={"Last-Modified": taken})
