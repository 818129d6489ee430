"""Clips: finding, playing and downloading them, and pulling footage from the archive into one.

A pull may belong to an unannounced inspection, so for whoever could not make one in that hall it does not exist: not in
a list, not by its id, not as an event. And no byte of video leaves before the register has it.
"""

from __future__ import annotations

import re
import secrets
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from vigil.gateway.auth import Person, hold_to, require
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.events import ClipChanged
from vigil.gateway.examples import shown
from vigil.gateway.footage_views import ClipList, ClipView
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.objects import ByteRange, ObjectResponse, Unsatisfiable, attachment, parse_range
from vigil.gateway.playbacks import Viewing
from vigil.gateway.purposes import enter_look, require_purpose
from vigil.gateway.refusals import PurposeProblem, gives, refuses, tells
from vigil.gateway.times import Moment, rfc3339
from vigil.gateway.written import written
from vigil.model.ids import CameraId, ClipId
from vigil.model.people import Permission
from vigil.model.register import Action
from vigil.store.clips import ClipRecord
from vigil.store.footage import Span

router = APIRouter(tags=["clips"], route_class=GuardedRoute)

Player = Annotated[Person, Depends(require(Permission.PLAY_CLIPS))]
Puller = Annotated[Person, Depends(require(Permission.PULL_ARCHIVE))]

LONGEST_PULL: Final = timedelta(hours=1)
CLOCKS_APART: Final = timedelta(minutes=1)
"""How far the end of a pull may lie ahead: a browser's clock is not ours."""

_VIDEO: Final = (
    gives("video/mp4", described="The clip")
    | gives("video/mp4", status=206, described="The range that was asked for")
    | tells(304, "The caller has it")
    | refuses(403, problem=PurposeProblem)
    | refuses(409, 416)
)


class Pull(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=shown(
            camera="gongan-counter",
            from_at="2026-11-20T01:00:00Z",
            to_at="2026-11-20T01:30:00Z",
            reason="核查 11 月 20 日投诉",
        ),
    )

    camera: CameraId
    from_at: Moment
    to_at: Moment
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@router.get("/clips", response_model=ClipList)
def list_clips(
    person: Player,
    deps: Deps,
    camera: CameraId | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    found = deps.stores.clips.newest(
        of=deps.cameras_in(person.rights.halls(Permission.PLAY_CLIPS)),
        pulls_of=deps.cameras_in(person.rights.halls(Permission.PULL_ARCHIVE)),
        camera=camera,
        limit=limit,
    )
    return written(ClipList(items=[ClipView.of(clip) for clip in found]))


@router.post("/clips", status_code=201, responses=refuses(404))
def pull_footage(person: Puller, deps: Deps, wanted: Pull) -> ClipView:
    if deps.camera(wanted.camera) is None:
        raise HTTPException(404, "There is no such camera.")
    hold_to(person, deps.hall_of_camera(wanted.camera), Permission.PULL_ARCHIVE, "camera")
    span = Span(wanted.from_at, wanted.to_at)
    now = deps.clock.now()
    _check_span(span, now + CLOCKS_APART)
    clip_id = ClipId(f"pull-{secrets.token_hex(8)}")
    with deps.stores.database.write():  # no pull without its entry, no entry without its pull
        clip = deps.stores.clips.request(
            clip_id, wanted.camera, span, by=person.user.username, reason=wanted.reason, at=now
        )
        enter_look(deps, person, Action.PULL, subject(clip), reason=wanted.reason, camera=clip.camera)
    deps.events.publish(ClipChanged(clip_id))
    deps.on_clip_requested(clip_id)
    return ClipView.of(clip)


@router.get("/clips/{clip_id}")
def read_clip(person: Player, deps: Deps, clip_id: ClipId) -> ClipView:
    return ClipView.of(_visible(deps, person, clip_id))


@router.head("/clips/{clip_id}/video", response_class=Response, include_in_schema=False)
@router.get("/clips/{clip_id}/video", response_class=Response, responses=_VIDEO)
def play_clip(person: Player, request: Request, deps: Deps, clip_id: ClipId, download: bool = False) -> Response:
    """The MP4, whole or a range. A playback or download is entered in the register when it begins."""
    found = _visible(deps, person, clip_id)
    hall = deps.hall_of_camera(found.camera)
    if download and not person.may_in(hall, Permission.EXPORT_CLIPS):
        raise HTTPException(403, f"This needs the permission {Permission.EXPORT_CLIPS}.")
    require_purpose(person, hall)
    if not found.playable or found.object_key is None or found.size is None:
        raise HTTPException(409, f"The clip is {found.state}.")
    etag = f'"{found.sha256}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    try:
        part = parse_range(_range_header(request, etag), found.size)
    except Unsatisfiable as error:
        outside = {"Content-Range": f"bytes */{found.size}"}
        raise HTTPException(416, "The range lies outside the clip.", outside) from error
    headers = _headers(part or ByteRange(0, found.size, found.size), etag, partial=part is not None)
    if download:
        headers["Content-Disposition"] = attachment(*_names(deps, found))
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type="video/mp4")
    viewing = Viewing(person.session, found.id, Action.EXPORT if download else Action.PLAY, person.purpose)
    with ExitStack() as unless_answered:
        reader = deps.objects.open(found.object_key, part.start if part else 0, part.length if part else None)
        unless_answered.callback(reader.close)
        if deps.playbacks.begins(viewing, part.start if part else 0):
            _enter(deps, person, found, viewing)
        unless_answered.pop_all()
    return ObjectResponse(reader, status, headers, "video/mp4")


def sees(deps: GatewayDeps, person: Person, clip: ClipRecord) -> bool:
    """A pull: only who could make one there."""
    hall = deps.hall_of_camera(clip.camera)
    pulls = not clip.pulled or person.may_in(hall, Permission.PULL_ARCHIVE)
    return pulls and person.may_in(hall, Permission.PLAY_CLIPS)


def subject(clip: ClipRecord) -> str:
    """What the register says that was seen."""
    return f"clip {clip.id}: camera {clip.camera}, {rfc3339(clip.from_at)}/{rfc3339(clip.to_at)}"


def _check_span(span: Span, latest_at: datetime) -> None:
    if span.end_at <= span.start_at:
        raise HTTPException(422, "to_at: must be later than from_at.")
    if span.end_at - span.start_at > LONGEST_PULL:
        raise HTTPException(422, "to_at: at most an hour after from_at.")
    if span.end_at > latest_at:
        raise HTTPException(422, "to_at: must not lie in the future.")


def _visible(deps: GatewayDeps, person: Person, clip_id: ClipId) -> ClipRecord:
    found = deps.stores.clips.find(clip_id)
    if found is None or not sees(deps, person, found):
        raise HTTPException(404, "There is no such clip.")
    return found


def _range_header(request: Request, etag: str) -> str | None:
    """None when the caller has a part of another clip than this (If-Range): the whole then."""
    condition = request.headers.get("if-range")
    return request.headers.get("range") if condition in {None, etag} else None


def _headers(part: ByteRange, etag: str, *, partial: bool) -> dict[str, str]:
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Content-Length": str(part.length)}
    return headers | {"Content-Range": part.content_range} if partial else headers


def _enter(deps: GatewayDeps, person: Person, clip: ClipRecord, viewing: Viewing) -> None:
    enter_look(deps, person, viewing.action, subject(clip), reason=clip.reason, camera=clip.camera)
    deps.playbacks.entered(viewing)


def _names(deps: GatewayDeps, clip: ClipRecord) -> tuple[str, str]:
    """Hall, camera and local time; and the same in letters that every program takes."""
    at = clip.from_at.astimezone(ZoneInfo(deps.site.time_zone)).strftime("%Y%m%dT%H%M%S%z")
    known = deps.camera(clip.camera)
    name = f"{clip.camera}_{at}.mp4" if known is None else f"{known[0].name}_{known[1].name}_{at}.mp4"
    return re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", name), f"{clip.camera}_{at}.mp4"
