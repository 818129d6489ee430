"""The ledger: entering, the steps that lead an entry to its end, and reading it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.responses import Response

from vigil.gateway import cursors
from vigil.gateway.alerts import found as alert_found
from vigil.gateway.alerts import views_of
from vigil.gateway.auth import Person
from vigil.gateway.clips import sees
from vigil.gateway.conditions import Condition, OnCondition, etag
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.events import LedgerChanged
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.ledger_access import Keeper, LedgerReader, found, hold_to_right, sees_unreleased, shown_evidence
from vigil.gateway.ledger_views import CandidateList, LedgerList, LedgerView
from vigil.gateway.problems import Conflict
from vigil.gateway.refusals import LedgerProblem, refuses, tagged
from vigil.gateway.times import Moment
from vigil.model.ids import AlertId, ClipId, HallId, LedgerId, WindowId
from vigil.model.ledger import Duty, Entry, EntryKind, EntryState, Evidence, EvidenceKind, LedgerStep
from vigil.model.people import Permission
from vigil.model.site import Hall
from vigil.store.ledger import LedgerCursor, LedgerFilter, LedgerOutcome, LedgerRecord, LedgerResult, LedgerTaking

router = APIRouter(tags=["ledger"], route_class=GuardedRoute)

FURTHEST: Final = timedelta(days=366)
"""A deadline that is further away is none."""
_BY_HAND: Final = frozenset(LedgerStep) - {LedgerStep.ENTER, LedgerStep.DUE_SOON, LedgerStep.OVERDUE}
_NEED_WORDS: Final = frozenset({LedgerStep.REMARK, LedgerStep.REPORT_FIXED, LedgerStep.SEND_BACK, LedgerStep.WITHDRAW})

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: EntryKind | None = None
    state: EntryState | None = None
    hall: HallId | None = None
    alert: AlertId | None = None
    live: bool | None = None
    overdue: bool = False
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Fresh(BaseModel):
    """Of a confirmed alert its hall and window are known already."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=shown(
            kind="complaint",
            title="群众反映窗口无人",
            details="11 月 20 日上午,2 号窗口",
            unit="市公安局",
            person="陈刚",
            deadline="2026-11-30T09:00:00Z",
            hall="gongan",
            window="gongan-2",
        ),
    )

    kind: EntryKind
    title: Line
    details: Words = ""
    unit: Line
    person: Line | None = None
    deadline: Moment
    hall: HallId | None = None
    window: WindowId | None = None
    alert: AlertId | None = None

    @model_validator(mode="after")
    def _alert_or_hall(self) -> Fresh:
        if (self.kind is EntryKind.ALERT) != (self.alert is not None):
            raise ValueError("alert: belongs to the kind alert, and to no other")
        if (self.alert is None) != (self.hall is not None) or (self.alert is not None and self.window is not None):
            raise ValueError("hall: needed, and of an alert known already")
        return self


class Move(BaseModel):
    """What a step brings; which of it is asked for depends on the step."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(note="已通知分厅负责人"))

    note: Words | None = None
    unit: Line | None = None
    person: Line | None = None
    deadline: Moment | None = None
    alert: AlertId | None = None
    clip: ClipId | None = None


@router.get("/ledger")
def list_ledger_entries(person: LedgerReader, deps: Deps, wanted: Annotated[Wanted, Query()]) -> LedgerList:
    after = None
    if wanted.cursor is not None:
        entered_at, name = cursors.from_text(wanted.cursor)
        after = LedgerCursor(entered_at, LedgerId(name))
    page = deps.stores.ledger.page(chosen(person, deps, wanted), after=after, limit=wanted.limit)
    behind = None if page.next is None else cursors.to_text(page.next.entered_at, page.next.id)
    return LedgerList(items=[view_of(deps, person, record) for record in page.items], next=behind)


@router.get("/ledger/candidates")
def list_ledger_candidates(person: Keeper, deps: Deps) -> CandidateList:
    """Confirmed absences long enough for the ledger that are not in it, the latest first."""
    absences = deps.stores.alerts.confirmed_absences(limit=_MOST_CANDIDATES)
    halls = person.rights.halls(Permission.KEEP_LEDGER)
    long = [
        record
        for record in absences
        if record.alert.hall in halls and _absent_s(record.alert.facts) >= deps.ledger_candidate_s
    ]
    entered = deps.stores.ledger.of_alerts([record.alert.id for record in long])
    return CandidateList(items=views_of(deps, *(record for record in long if record.alert.id not in entered)))


@router.get("/ledger/{entry_id}", responses=tagged())
def read_ledger_entry(person: LedgerReader, deps: Deps, answer: Response, entry_id: LedgerId) -> LedgerView:
    record = found(deps, person, entry_id)
    answer.headers["ETag"] = etag(record.version)
    return view_of(deps, person, record)


@router.post("/ledger", status_code=201, responses=tagged(201) | refuses(404) | refuses(409, problem=LedgerProblem))
def enter_in_ledger(person: LedgerReader, deps: Deps, on: OnCondition, answer: Response, fresh: Fresh) -> LedgerView:
    now = deps.clock.now()
    _hold_to_bounds(fresh.deadline, now)
    with deps.stores.database.write():  # nobody reopens the alert meanwhile
        hall, window = _place(deps, person, fresh)
        hold_to_right(person, hall, fresh.kind, LedgerStep.ENTER)
        made = Entry(
            id=LedgerId(secrets.token_hex(10)),
            kind=fresh.kind,
            hall=hall,
            window=window,
            title=fresh.title,
            details=fresh.details,
            duty=Duty(fresh.unit, fresh.person, fresh.deadline),
            state=EntryState.DUE,
            entered_at=now,
            entered_by=person.user.username,
            alert=fresh.alert,
        )
        result = deps.stores.ledger.enter(made, year=_year(deps, now), key=on.key)
    if result.outcome is LedgerOutcome.REFUSED:
        raise HTTPException(409, f"The alert is in the ledger already: {result.record.entry.number}.")
    return answered(deps, person, result, answer)


@router.post("/ledger/{entry_id}/{step}", responses=tagged() | refuses(409, 412, problem=LedgerProblem))
def take_ledger_step(
    person: LedgerReader,
    deps: Deps,
    on: OnCondition,
    answer: Response,
    entry_id: LedgerId,
    step: str,
    move: Move | None = None,
) -> LedgerView:
    record = found(deps, person, entry_id)
    if step not in _BY_HAND:
        raise HTTPException(404, "There is no such step.")
    asked = LedgerStep(step)
    hold_to_right(person, record.entry.hall, record.entry.kind, asked)
    taking = _taking(deps, person, record, asked, move or Move(), on)
    result = deps.stores.ledger.take(entry_id, taking)
    if result is None:
        raise HTTPException(404, "There is no such entry.")
    return answered(deps, person, result, answer)


def view_of(deps: GatewayDeps, person: Person, record: LedgerRecord) -> LedgerView:
    return LedgerView.of(record, shown_evidence(deps, person, record), deps.clock.now())


def answered(deps: GatewayDeps, person: Person, result: LedgerResult, answer: Response) -> LedgerView:
    view, tag = view_of(deps, person, result.record), etag(result.record.version)
    told = {"entry": view.model_dump(mode="json")}
    match result.outcome:
        case LedgerOutcome.REFUSED:
            raise Conflict(409, f"The entry is {result.record.entry.state}.", {"ETag": tag}, told)
        case LedgerOutcome.OVERTAKEN:
            last = result.record.history[-1]
            raise Conflict(412, f"{last.by} took the step {last.step} first.", {"ETag": tag}, told)
        case LedgerOutcome.KEY_USED:
            raise HTTPException(422, "Idempotency-Key: something else was sent with it.")
        case LedgerOutcome.TAKEN:
            deps.events.publish(LedgerChanged(result.record.entry.id))
        case LedgerOutcome.REPEATED:
            pass
    answer.headers["ETag"] = tag
    return view


def _taking(
    deps: GatewayDeps, person: Person, record: LedgerRecord, step: LedgerStep, move: Move, on: Condition
) -> LedgerTaking:
    """Raises 422 for what the step lacks, or what is none of its business."""
    now, by = deps.clock.now(), person.user.username
    if step in _NEED_WORDS and not move.note:
        raise HTTPException(422, f"note: the step {step} needs words.")
    evidence = None
    if step is LedgerStep.ATTACH:
        evidence = _evidence(deps, person, move, now)
    elif move.alert is not None or move.clip is not None:
        raise HTTPException(422, "alert, clip: belong to the step attach.")
    return LedgerTaking(
        step=step,
        by=by,
        at=now,
        note=move.note or None,
        duty=_duty(record.entry.duty, step, move, now),
        evidence=evidence,
        year=_year(deps, now),
        seen=on.seen,
        key=on.key,
    )


def _duty(before: Duty, step: LedgerStep, move: Move, now: datetime) -> Duty | None:
    """Whoever sends an entry back may give more time; everything else about a duty is a change of its own."""
    if move.deadline is not None:
        _hold_to_bounds(move.deadline, now)
    if step is LedgerStep.CHANGE:
        if move.unit is None or move.deadline is None:
            raise HTTPException(422, "unit, deadline: a change says both.")
        return Duty(move.unit, move.person, move.deadline)
    if move.unit is not None or move.person is not None or (move.deadline and step is not LedgerStep.SEND_BACK):
        raise HTTPException(422, "unit, person, deadline: belong to the step change.")
    return Duty(before.unit, before.person, move.deadline) if move.deadline else None


def _evidence(deps: GatewayDeps, person: Person, move: Move, now: datetime) -> Evidence:
    if (move.alert is None) == (move.clip is None):
        raise HTTPException(422, "alert or clip: one of the two.")
    name, by = secrets.token_hex(10), person.user.username
    if move.alert is not None:
        alert_found(deps, person, move.alert)
        return Evidence(name, EvidenceKind.ALERT, now, by, subject=move.alert)
    clip = deps.stores.clips.find(ClipId(move.clip or ""))
    if clip is None or not sees(deps, person, clip):
        raise HTTPException(404, "There is no such clip.")
    return Evidence(name, EvidenceKind.CLIP, now, by, subject=clip.id)


def _place(deps: GatewayDeps, person: Person, fresh: Fresh) -> tuple[HallId, WindowId | None]:
    """Raises 404 for what is of another hall, as for what does not exist."""
    if fresh.alert is not None:
        record = alert_found(deps, person, fresh.alert)
        if not record.state.is_confirmed:
            raise HTTPException(409, f"The alert is {record.state}: only what a person confirmed counts.")
        return record.alert.hall, record.alert.window
    hall = next((one for one in deps.site.halls if one.id == fresh.hall), None)
    if hall is None or not _has(hall, fresh.window) or not person.may_in(hall.id, Permission.READ_LEDGER):
        raise HTTPException(404, "There is no such hall or window.")
    return hall.id, fresh.window


def _has(hall: Hall, window: WindowId | None) -> bool:
    return window is None or any(one.id == window for _, one in hall.windows())


def _hold_to_bounds(deadline: datetime, now: datetime) -> None:
    if not now < deadline <= now + FURTHEST:
        raise HTTPException(422, "deadline: must be in the future, within a year.")


def _year(deps: GatewayDeps, now: datetime) -> int:
    return now.astimezone(ZoneInfo(deps.site.time_zone)).year


def chosen(person: Person, deps: GatewayDeps, wanted: Wanted) -> LedgerFilter:
    return LedgerFilter(
        within=person.rights.halls(Permission.READ_LEDGER),
        unreleased=sees_unreleased(person),
        kind=wanted.kind,
        state=wanted.state,
        hall=wanted.hall,
        alert=wanted.alert,
        live=wanted.live,
        overdue_at=deps.clock.now() if wanted.overdue else None,
    )


_MOST_CANDIDATES: Final = 500


def _absent_s(facts: Mapping[str, object]) -> float:
    value = facts.get("absent_s")
    return float(value) if isinstance(value, int | float) else 0.0
