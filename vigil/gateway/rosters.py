"""Rosters by the file: leave, substitutes and pauses of many windows, looked at first, then entered whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from vigil.errors import RosterError
from vigil.gateway.auth import Person, require
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.events import SuspensionChanged
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.objects import attachment
from vigil.gateway.problems import Conflict
from vigil.gateway.refusals import gives, refuses
from vigil.gateway.roster_views import RosterProblem, RosterView
from vigil.gateway.spreadsheet import MARK, line
from vigil.model.ids import SuspensionId
from vigil.model.people import Permission
from vigil.model.site import Hall
from vigil.model.suspensions import Suspension
from vigil.report.sheet import workbook
from vigil.roster import sheet
from vigil.roster.faults import FileFault
from vigil.roster.plan import Plan, plan
from vigil.roster.row import Entry, Reader
from vigil.store.suspensions import SuspensionRecord


class RosterRoute(GuardedRoute):
    limit = sheet.MOST_BYTES


router = APIRouter(tags=["suspensions"], route_class=RosterRoute)
log = structlog.get_logger(__name__)

Keeper = Annotated[Person, Depends(require(Permission.KEEP_ROSTER))]

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CSV: Final = "text/csv"
_UPLOAD: Final = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (_CSV, _XLSX)},
    }
}
_WRONG: Final = {
    FileFault.NO_TABLE: "This is neither CSV nor XLSX, or it is damaged.",
    FileFault.OLD_WORKBOOK: "This is an old workbook (.xls), or one with a password. Save it as .xlsx or CSV.",
    FileFault.NO_HEAD: "In the first line columns are missing: {}.",
    FileFault.NO_ROWS: "No row says anything of a window.",
    FileFault.TOO_MANY_ROWS: "A roster has at most {} rows.",
}


@router.post("/rosters", openapi_extra=_UPLOAD, responses=refuses(409, 422, problem=RosterProblem) | refuses(413))
async def enter_roster(
    person: Keeper, deps: Deps, request: Request, dry_run: Annotated[bool, Query()] = True
) -> RosterView:
    """Without `dry_run=false` nothing is entered, and the answer says what would be."""
    data = await request.body()
    return await run_in_threadpool(_look if dry_run else _enter, deps, person, data)


@router.get("/rosters/template.csv", response_class=Response, responses=gives(_CSV))
def give_roster_template(person: Keeper, deps: Deps) -> Response:
    """The head, and a line for each window that the person keeps; those that stay empty say nothing."""
    head = tuple(sheet.HEAD.values())
    text = MARK + "".join(line(cells) for cells in (head, *_windows(deps, person)))
    return Response(text, headers=_download("csv"), media_type=f"{_CSV}; charset=utf-8")


@router.get("/rosters/template.xlsx", response_class=Response, responses=gives(_XLSX))
def give_roster_workbook(person: Keeper, deps: Deps) -> Response:
    content = workbook("排班", tuple(sheet.HEAD.values()), _windows(deps, person))
    return Response(content, headers=_download("xlsx"), media_type=_XLSX)


def _look(deps: GatewayDeps, person: Person, data: bytes) -> RosterView:
    return RosterView.of(_planned(deps, person, _read(data), deps.clock.now()), entered=False)


def _enter(deps: GatewayDeps, person: Person, data: bytes) -> RosterView:
    lines, now = _read(data), deps.clock.now()
    with deps.stores.suspensions.alone():
        planned = _planned(deps, person, lines, now)
        if not planned.may_be_entered:
            told = RosterView.of(planned, entered=False).model_dump(mode="json")
            raise Conflict(409, "Nothing was entered: some rows cannot be.", {}, {"roster": told})
        records = [_record(entry, person, now) for entry in planned.to_enter()]
        deps.stores.suspensions.add_all(records)
    log.info("roster_entered", suspensions=len(records), rows=len(lines), by=person.user.username)
    for record in records:
        deps.events.publish(SuspensionChanged(record.suspension.id))
    if records:
        deps.on_suspended()
    return RosterView.of(planned, entered=True)


def _read(data: bytes) -> list[sheet.Line]:
    try:
        return sheet.lines(data)
    except RosterError as error:
        detail = _WRONG[FileFault(error.fault)].format(", ".join(error.right))
        raise Conflict(422, detail, {}, {"fault": error.fault, "right": list(error.right)}) from None


def _planned(deps: GatewayDeps, person: Person, lines: list[sheet.Line], now: datetime) -> Plan:
    reader = Reader(_kept(deps, person), ZoneInfo(deps.site.time_zone))
    return plan(lines, reader, deps.stores.suspensions.counting, now)


def _kept(deps: GatewayDeps, person: Person) -> list[Hall]:
    """A roster has pauses, too, so both permissions are needed; of other halls nobody learns that they exist."""
    halls = person.rights.halls(Permission.KEEP_ROSTER) & person.rights.halls(Permission.PAUSE_WINDOWS)
    return [hall for hall in deps.site.halls if hall.id in halls]


def _record(entry: Entry, person: Person, now: datetime) -> SuspensionRecord:
    name = SuspensionId(secrets.token_urlsafe(12))
    suspension = Suspension(name, entry.window, entry.kind, entry.from_at, entry.to_at)
    return SuspensionRecord(suspension, entry.hall, entry.note, person.user.username, now)


def _windows(deps: GatewayDeps, person: Person) -> Iterator[list[str]]:
    """By name, and by id where several bear it."""
    halls = _kept(deps, person)
    names = [hall.name for hall in halls]
    for hall in halls:
        windows = [window for _, window in hall.windows()]
        called = [window.name for window in windows]
        for window in windows:
            yield [
                hall.name if names.count(hall.name) == 1 else hall.id,
                window.name if called.count(window.name) == 1 else window.id,
                *[""] * 4,
            ]


def _download(ending: str) -> dict[str, str]:
    return {"Content-Disposition": attachment(f"排班模板.{ending}", f"roster.{ending}")}
