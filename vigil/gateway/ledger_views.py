"""The ledger as the API says it (docs/reference/api.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.alert_views import AlertView
from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.ledger import EntryKind, EntryState, Evidence, EvidenceKind, LedgerStep
from vigil.store.ledger import LedgerRecord, LedgerStepTaken


class EvidenceView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            id="4b7e1c09d2f5a8360e9d",
            kind="alert",
            at="2026-11-23T02:10:00.000Z",
            by="li",
            subject="window-unstaffed_gongan-2_20261123T013002Z",
        )
    )

    id: str
    kind: EvidenceKind
    at: Time
    by: str
    subject: str | None
    name: str | None
    size: int | None
    sha256: str | None
    content_type: str | None

    @classmethod
    def of(cls, one: Evidence) -> Self:
        file = one.file
        return cls(
            id=one.id,
            kind=one.kind,
            at=one.at,
            by=one.by,
            subject=one.subject,
            name=file.name if file else None,
            size=file.size if file else None,
            sha256=file.sha256 if file else None,
            content_type=file.content_type if file else None,
        )


class LedgerStepView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(at="2026-11-23T02:20:00.000Z", by="li", step="remark", note="已通知分厅负责人")
    )

    at: Time
    by: str
    step: LedgerStep
    note: str | None
    unit: str | None
    person: str | None
    deadline: Time | None
    evidence: str | None

    @classmethod
    def of(cls, step: LedgerStepTaken) -> Self:
        duty = step.duty
        return cls(
            at=step.at,
            by=step.by,
            step=step.step,
            note=step.note,
            unit=duty.unit if duty else None,
            person=duty.person if duty else None,
            deadline=duty.deadline if duty else None,
            evidence=step.evidence,
        )


class LedgerView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            id="c07d5e91ab3f62480d1e",
            number="2026-0042",
            hall="gongan",
            window="gongan-2",
            title="户籍业务 2 号窗口工作时间离岗",
            details="",
            unit="市公安局",
            person="陈刚",
            deadline="2026-11-30T09:00:00.000Z",
            alert="window-unstaffed_gongan-2_20261123T013002Z",
            entered_at="2026-11-23T02:10:00.000Z",
            entered_by="li",
            version=1,
        )
    )

    id: str
    number: str | None
    kind: EntryKind
    state: EntryState
    hall: str
    window: str | None
    title: str
    details: str
    unit: str
    person: str | None
    deadline: Time
    overdue: bool
    alert: str | None
    entered_at: Time
    entered_by: str
    version: int
    history: list[LedgerStepView]
    evidence: list[EvidenceView]

    @classmethod
    def of(cls, record: LedgerRecord, evidence: list[Evidence], now: datetime) -> Self:
        entry, shown = record.entry, {one.id for one in evidence}
        steps = [step for step in record.history if step.evidence is None or step.evidence in shown]
        return cls(
            id=entry.id,
            number=None if entry.number is None else str(entry.number),
            kind=entry.kind,
            state=entry.state,
            hall=entry.hall,
            window=entry.window,
            title=entry.title,
            details=entry.details,
            unit=entry.duty.unit,
            person=entry.duty.person,
            deadline=entry.duty.deadline,
            overdue=entry.overdue(now),
            alert=entry.alert,
            entered_at=entry.entered_at,
            entered_by=entry.entered_by,
            version=record.version,
            history=[LedgerStepView.of(step) for step in steps],
            evidence=[EvidenceView.of(one) for one in evidence],
        )


class LedgerList(BaseModel):
    items: list[LedgerView]
    next: str | None


class CandidateList(BaseModel):
    items: list[AlertView]
