"""Alerts as the API says them: steps, people, relations, mutes and traces."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.gateway.footage_views import ClipView
from vigil.gateway.times import Time
from vigil.model.alerts import AlertKind, AlertState, EndReason
from vigil.model.looks import (
    Presence,
    Unknown,
)
from vigil.model.people import Role
from vigil.model.relations import Relation
from vigil.model.steps import Assignee, DismissReason, Step
from vigil.model.trace import TracePoint
from vigil.store.alerts import AlertRecord, StepTaken
from vigil.store.clips import ClipRecord
from vigil.store.clocks import NodeClock
from vigil.store.mutes import Mute
from vigil.store.users import User


class AssigneeView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(user="wang"))

    user: str | None
    role: Role | None

    @classmethod
    def of(cls, to: Assignee | None) -> Self | None:
        return None if to is None else cls(user=to.user, role=to.role)


class StepView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(at="2026-11-23T01:35:41.120Z", by="wang"))

    at: Time
    by: str
    step: Step
    note: str | None
    reason: DismissReason | None
    to: AssigneeView | None

    @classmethod
    def of(cls, step: StepTaken) -> Self:
        to = AssigneeView.of(step.to)
        return cls(at=step.at, by=step.by, step=step.step, note=step.note, reason=step.reason, to=to)


class PersonView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(username="wang", name="王芳", unit="市政务服务中心"))

    username: str
    name: str
    unit: str
    roles: list[Role]

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(username=user.username, name=user.name, unit=user.unit, roles=sorted(user.roles))


class PeopleList(BaseModel):
    items: list[PersonView]


class AlertView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            id="window-unstaffed_gongan-2_20261123T013002Z",
            state="acknowledged",
            hall="gongan",
            window="gongan-2",
            camera="gongan-counter",
            began_at="2026-11-23T01:30:02.480Z",
            raised_at="2026-11-23T01:35:02.480Z",
            facts={"absent_s": 300, "confidence": 0.45, "doubt": 0.2, "probability": 0.98, "detector": "person-1.0"},
            has_snapshot=True,
            clip=ClipView,
            version=1,
            level=0,
            received_at="2026-11-23T01:35:02.910Z",
        )
    )

    id: str
    kind: AlertKind
    state: AlertState
    hall: str
    group: str | None
    window: str | None
    camera: str | None
    began_at: Time
    raised_at: Time
    escalated_at: Time | None
    ended_at: Time | None
    end_reason: EndReason | None
    facts: dict[str, Any]
    has_snapshot: bool
    clip: ClipView | None
    backfilled: bool
    version: int
    assigned: AssigneeView | None
    level: int
    received_at: Time | None
    muted_until: Time | None
    history: list[StepView]

    @classmethod
    def of(cls, record: AlertRecord, clip: ClipRecord | None) -> Self:
        alert = record.alert
        return cls(
            id=alert.id,
            kind=alert.kind,
            state=record.state,
            hall=alert.hall,
            group=alert.group,
            window=alert.window,
            camera=alert.camera,
            began_at=alert.began_at,
            raised_at=alert.raised_at,
            escalated_at=alert.escalated_at,
            ended_at=alert.ended_at,
            end_reason=alert.end_reason,
            facts=alert.facts,
            has_snapshot=record.snapshot_key is not None,
            clip=None if clip is None else ClipView.of(clip),
            backfilled=record.backfilled,
            version=record.version,
            assigned=AssigneeView.of(record.assigned),
            level=record.level,
            received_at=record.received_at,
            muted_until=record.muted_until,
            history=[StepView.of(step) for step in record.history],
        )


class RelatedView(BaseModel):
    relation: Relation
    alert: AlertView


class RelatedList(BaseModel):
    items: list[RelatedView]


class MuteView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            id="Qm3Xw8ZtVb0JrKfS",
            hall="gongan",
            window="gongan-2",
            from_at="2026-11-23T01:40:00.000Z",
            to_at="2026-11-23T04:00:00.000Z",
            reason="窗口设备检修",
            by="li",
        )
    )

    id: str
    hall: str
    window: str
    kind: AlertKind
    from_at: Time
    to_at: Time
    reason: str
    by: str
    ended_at: Time | None
    ended_by: str | None

    @classmethod
    def of(cls, mute: Mute) -> Self:
        return cls(**asdict(mute))


class MuteList(BaseModel):
    items: list[MuteView]


class TracePointView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(at="2026-11-23T01:34:58.200Z", presence="clear", score=0.04, visitor="seen")
    )

    at: Time
    presence: Presence
    score: float | None
    why: Unknown | None
    visitor: Presence
    waiting: int | None
    mark: float | None

    @classmethod
    def of(cls, point: TracePoint) -> Self:
        return cls(**asdict(point))


class ClockView(BaseModel):
    """The clock of the node that dated the pictures, less the centre's; true within `error_s`, measured at `at`."""

    model_config = ConfigDict(json_schema_extra=shown(at="2026-11-23T01:34:31.000Z", offset_s=0.012, error_s=0.003))

    at: Time
    offset_s: float
    error_s: float

    @classmethod
    def of(cls, clock: NodeClock) -> Self:
        return cls(**asdict(clock))


class TraceView(BaseModel):
    """`clock` is the measurement nearest to when the alert was raised; None when there was none."""

    model_config = ConfigDict(json_schema_extra=shown(clock=ClockView))

    points: list[TracePointView]
    clock: ClockView | None


class AlertList(BaseModel):
    items: list[AlertView]
    next: str | None
