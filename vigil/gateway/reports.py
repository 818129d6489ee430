"""Reports: figures of any days, packs of them that are made on demand or by themselves, and the filing of article 14."""

from __future__ import annotations

import secrets
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from vigil.errors import CalendarError
from vigil.gateway import cursors
from vigil.gateway.auth import Person, require_everywhere
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.objects import ObjectResponse, attachment
from vigil.gateway.refusals import gives, refuses
from vigil.gateway.report_views import FiguresReport, ReportList, ReportView
from vigil.gateway.times import Day
from vigil.model.ids import ReportId
from vigil.model.people import Permission
from vigil.report.pack import CONTENT_TYPES, title
from vigil.report.period import Period, PeriodKind, period_from
from vigil.store.reports import ReportCursor, ReportRecord, ReportState

router = APIRouter(tags=["reports"], route_class=GuardedRoute)
log = structlog.get_logger(__name__)

Reader = Annotated[Person, Depends(require_everywhere(Permission.READ_REPORTS))]
Maker = Annotated[Person, Depends(require_everywhere(Permission.MAKE_REPORTS))]

MOST_WAITING: Final = 20
"""Packs that are asked for and not made yet."""


class Wanted(BaseModel):
    """The month, two months or quarter of `first_day`, or with `span` all days from it to `last_day`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(kind="month", first_day="2026-10-01"))

    kind: PeriodKind
    first_day: Day
    last_day: Day | None = None

    def period(self) -> Period:
        """Raises HTTPException."""
        try:
            return period_from(self.kind, self.first_day, self.last_day)
        except ValueError as error:
            raise HTTPException(422, f"last_day: {error}.") from error


class WantedFigures(Wanted):
    """With `before` the period before stands beside."""

    before: bool = False


@router.get("/reports/figures", response_model=FiguresReport)
async def read_figures(_: Reader, deps: Deps, wanted: Annotated[WantedFigures, Query()]) -> Response:
    """Of a period that is not over, what has passed of it."""
    period = wanted.period()
    _require_begun(deps, period)
    try:
        return Response(await deps.reports.figures(period, before=wanted.before), media_type="application/json")
    except CalendarError as error:
        raise HTTPException(422, f"first_day: {error}.") from error


@router.get("/reports/filing", response_class=Response, responses=gives(CONTENT_TYPES["xlsx"]))
async def download_filing(_: Reader, deps: Deps) -> Response:
    now = deps.clock.now()
    local = now.astimezone(ZoneInfo(deps.site.time_zone))
    name = attachment(f"{deps.site.name}备案信息{local:%Y%m%d}.xlsx", f"filing-{local:%Y%m%d}.xlsx")
    return Response(
        await deps.reports.filing(), headers={"Content-Disposition": name}, media_type=CONTENT_TYPES["xlsx"]
    )


@router.get("/reports")
def list_reports(
    _: Reader, deps: Deps, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> ReportList:
    after = None
    if cursor is not None:
        at, name = cursors.from_text(cursor)
        after = ReportCursor(at, ReportId(name))
    page = deps.stores.reports.page(after=after, limit=limit)
    return ReportList(
        items=[ReportView.of(record) for record in page.items],
        next=None if page.next is None else cursors.to_text(page.next.asked_at, page.next.id),
    )


@router.post("/reports", status_code=202, responses=refuses(409))
def ask_for_report(person: Maker, deps: Deps, wanted: Wanted) -> ReportView:
    """It is made in the background; `state` says when it is ready."""
    period = wanted.period()
    _require_begun(deps, period)
    if len(deps.stores.reports.waiting()) >= MOST_WAITING:
        raise HTTPException(409, f"{MOST_WAITING} packs are waiting to be made.")
    name = ReportId(f"{period.name}-{secrets.token_hex(4)}")
    now, by = deps.clock.now(), person.user.username
    record = ReportRecord(name, period.kind, period.first, period.last, ReportState.WAITING, now, by)
    deps.stores.reports.ask(record)
    log.info("report_asked", report=name, by=by)
    deps.on_report_asked()
    return ReportView.of(record)


@router.get("/reports/{report_id}")
def read_report(_: Reader, deps: Deps, report_id: ReportId) -> ReportView:
    return ReportView.of(_found(deps, report_id))


@router.get(
    "/reports/{report_id}/{ending}", response_class=Response, responses=gives(*CONTENT_TYPES.values()) | refuses(409)
)
def download_report(person: Reader, deps: Deps, report_id: ReportId, ending: str) -> Response:
    """`ending`: xlsx or pdf."""
    found = _found(deps, report_id)
    if ending not in CONTENT_TYPES:
        raise HTTPException(404, "A pack is there as xlsx and as pdf.")
    file = found.file(ending)
    if file is None:
        raise HTTPException(409, f"The pack is {found.state}.")
    period = Period(PeriodKind(found.kind), found.first_day, found.last_day)
    headers = {
        "Content-Disposition": attachment(f"{deps.site.name}{title(period)}.{ending}", f"{found.id}.{ending}"),
        "Content-Length": str(file.size),
        "ETag": f'"{file.sha256}"',
    }
    log.info("report_downloaded", report=found.id, format=ending, by=person.user.username)
    return ObjectResponse(deps.objects.open(file.key), 200, headers, CONTENT_TYPES[ending])


def _found(deps: GatewayDeps, report_id: ReportId) -> ReportRecord:
    found = deps.stores.reports.find(report_id)
    if found is None:
        raise HTTPException(404, "There is no such report.")
    return found


def _require_begun(deps: GatewayDeps, period: Period) -> None:
    from_at, _ = period.bounds(ZoneInfo(deps.site.time_zone))
    if from_at > deps.clock.now():
        raise HTTPException(422, "first_day: it has not begun yet.")
