"""The access register, for those who answer for it: searched, exported, and its head to be kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from vigil.gateway.auth import Person, require
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.refusals import gives
from vigil.gateway.register_views import EntryView, RegisterList
from vigil.gateway.spreadsheet import MARK, line
from vigil.gateway.times import Moment
from vigil.model.ids import CameraId, HallId
from vigil.model.people import Permission
from vigil.model.register import Action, Entry
from vigil.store.register import RegisterFilter

router = APIRouter(tags=["register"], route_class=GuardedRoute)

Auditor = Annotated[Person, Depends(require(Permission.READ_REGISTER))]

_BATCH: Final = 500
_COLUMNS: Final = ("编号", "时间", "用户名", "姓名", "单位", "行为", "摄像机", "对象", "事由", "SHA-256")


class Search(BaseModel):
    """Of one hall: entries about the cameras that it has now."""

    model_config = ConfigDict(extra="forbid")

    username: str | None = None
    action: Action | None = None
    hall: HallId | None = None
    camera: CameraId | None = None
    from_at: Moment | None = None
    to_at: Moment | None = None
    text: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def filter(self, deps: GatewayDeps) -> RegisterFilter:
        cameras: set[CameraId] | None = None
        if self.hall is not None:
            halls = [hall for hall in deps.site.halls if hall.id == self.hall]
            if not halls:
                raise HTTPException(422, "hall: there is no such hall.")
            cameras = {camera.id for hall in halls for camera in hall.cameras}
        if self.camera is not None:
            cameras = {self.camera} if cameras is None else cameras & {self.camera}
        return RegisterFilter(self.username, self.action, cameras, self.from_at, self.to_at, self.text)


class Wanted(Search):
    cursor: Annotated[int, Field(ge=1)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class HeadView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(number=48213, sha256="6b27eba5652b46d31ef75f17784c2709ac019809c47ca538e91c0ab54a80892f")
    )

    number: int
    sha256: str


@router.get("/register")
def search_register(_: Auditor, deps: Deps, wanted: Annotated[Wanted, Query()]) -> RegisterList:
    page = deps.stores.register.page(wanted.filter(deps), before=wanted.cursor, limit=wanted.limit)
    return RegisterList(
        items=[EntryView.of(entry) for entry in page.items],
        next=None if page.next is None else str(page.next),
    )


@router.get("/register/head")
def read_register_head(_: Auditor, deps: Deps) -> HeadView:
    """The last entry's number and hash. Who keeps it elsewhere can show later that nothing before it was changed."""
    found = deps.stores.register.head()
    return HeadView(number=found.number, sha256=found.sha256)


@router.get("/register/export", response_class=StreamingResponse, responses=gives("text/csv", described="The table"))
def export_register(person: Auditor, deps: Deps, wanted: Annotated[Search, Query()]) -> StreamingResponse:
    """CSV, newest first, as spreadsheets read it (UTF-8 with a mark). That it was taken out is an entry itself, made before."""
    chosen = wanted.filter(deps)
    terms = wanted.model_dump(mode="json", exclude_none=True)
    subject = "register" + "".join(f", {name} {value}" for name, value in terms.items())
    deps.stores.register.append(person.user, Action.EXPORT, subject, at=deps.clock.now())
    return StreamingResponse(
        _csv(deps, chosen),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="register.csv"'},
    )


def _csv(deps: GatewayDeps, chosen: RegisterFilter) -> Iterator[str]:
    zone, before = ZoneInfo(deps.site.time_zone), None
    yield MARK + line(_COLUMNS)
    while True:
        page = deps.stores.register.page(chosen, before=before, limit=_BATCH)
        yield "".join(line(_cells(entry, zone)) for entry in page.items)
        before = page.next
        if before is None:
            return


def _cells(entry: Entry, zone: ZoneInfo) -> tuple[str, ...]:
    at = entry.at.astimezone(zone).isoformat(timespec="milliseconds")
    texts = (
        entry.username,
        entry.name,
        entry.unit,
        entry.action,
        entry.camera or "",
        entry.subject,
        entry.reason or "",
    )
    return (str(entry.number), at, *texts, entry.sha256)
