"""The ledger as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from vigil.gateway.auth import Person
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.ledger import Wanted, chosen
from vigil.gateway.ledger_access import Keeper
from vigil.gateway.objects import attachment
from vigil.gateway.refusals import gives
from vigil.gateway.spreadsheet import MARK, line
from vigil.model.ledger import Entry, EntryKind, EntryState, LedgerStep
from vigil.model.people import Permission
from vigil.report.sheet import workbook
from vigil.store.ledger import LedgerFilter, LedgerRecord

router = APIRouter(tags=["ledger"], route_class=GuardedRoute)

Cell = str | datetime

_PAGE: Final = 200
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS: Final = (
    "编号",
    "来源",
    "分厅",
    "窗口",
    "事项",
    "详情",
    "责任单位",
    "责任人",
    "登记时间",
    "整改期限",
    "状态",
    "是否逾期",
    "整改情况",
    "复核意见",
    "办结时间",
)
_KINDS: Final = {EntryKind.ALERT: "告警", EntryKind.COMPLAINT: "投诉差评", EntryKind.FINDING: "明察暗访"}
_STATES: Final = {
    EntryState.DUE: "待整改",
    EntryState.FIXED: "待复核",
    EntryState.ACCEPTED: "复核通过",
    EntryState.CLOSED: "已办结",
    EntryState.WITHDRAWN: "已撤销",
}


@router.get("/ledger.csv", response_class=StreamingResponse, responses=gives("text/csv", described="The table"))
def export_ledger(person: Keeper, deps: Deps, wanted: Annotated[Wanted, Query()]) -> StreamingResponse:
    """All pages of the filter, the latest first; `limit` and `cursor` do not count."""
    rows = _lines(_rows(deps, _kept(person, deps, wanted)))
    return StreamingResponse(rows, headers=_download(deps, "csv"), media_type="text/csv; charset=utf-8")


@router.get("/ledger.xlsx", response_class=Response, responses=gives(_XLSX, described="The workbook"))
def export_ledger_workbook(person: Keeper, deps: Deps, wanted: Annotated[Wanted, Query()]) -> Response:
    """The same as a workbook, in which times are times."""
    content = workbook("台账", _COLUMNS, _rows(deps, _kept(person, deps, wanted)))
    return Response(content, headers=_download(deps, "xlsx"), media_type=_XLSX)


def _kept(person: Person, deps: GatewayDeps, wanted: Wanted) -> LedgerFilter:
    return replace(chosen(person, deps, wanted), within=person.rights.halls(Permission.KEEP_LEDGER))


def _download(deps: GatewayDeps, ending: str) -> dict[str, str]:
    name = f"台账_{_local(deps, deps.clock.now()):%Y%m%d}.{ending}"
    return {"Content-Disposition": attachment(name, f"ledger.{ending}")}


def _lines(rows: Iterator[list[Cell]]) -> Iterator[str]:
    yield MARK + line(_COLUMNS)
    for row in rows:
        yield line(f"{cell:%Y-%m-%d %H:%M}" if isinstance(cell, datetime) else cell for cell in row)


def _rows(deps: GatewayDeps, which: LedgerFilter) -> Iterator[list[Cell]]:
    after = None
    while True:
        page = deps.stores.ledger.page(which, after=after, limit=_PAGE)
        for record in page.items:
            yield _cells(deps, record)
        after = page.next
        if after is None:
            return


def _cells(deps: GatewayDeps, record: LedgerRecord) -> list[Cell]:
    entry = record.entry
    return [
        str(entry.number or "未发布"),
        _KINDS[entry.kind],
        *_names(deps, entry),
        entry.title,
        entry.details,
        entry.duty.unit,
        entry.duty.person or "",
        _local(deps, entry.entered_at),
        _local(deps, entry.duty.deadline),
        _STATES[entry.state],
        "是" if entry.overdue(deps.clock.now()) else "否",
        _last(record, LedgerStep.REPORT_FIXED),
        _last(record, LedgerStep.SEND_BACK, LedgerStep.ACCEPT),
        next((_local(deps, step.at) for step in record.history if step.step is LedgerStep.CLOSE), ""),
    ]


def _names(deps: GatewayDeps, entry: Entry) -> tuple[str, str]:
    """Of hall and window, or their ids where they are no longer configured."""
    hall = next((one for one in deps.site.halls if one.id == entry.hall), None)
    if hall is None:
        return entry.hall, entry.window or ""
    window = next((one.name for _, one in hall.windows() if one.id == entry.window), entry.window or "")
    return hall.name, window


def _last(record: LedgerRecord, *steps: LedgerStep) -> str:
    return next((step.note or "" for step in reversed(record.history) if step.step in steps), "")


def _local(deps: GatewayDeps, at: datetime) -> datetime:
    """By the clock on the wall, and without its zone: a spreadsheet knows none."""
    return at.astimezone(ZoneInfo(deps.site.time_zone)).replace(tzinfo=None)
