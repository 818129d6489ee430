"""What the API says, as docs/reference/api.md draws it, made of what the stores and the board know."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, PlainSerializer

from vigil.gateway.auth import Duty, Person
from vigil.gateway.board import BoardView, NodeLink
from vigil.model.alerts import AlertKind, AlertState, ClipState, EndReason
from vigil.model.ids import HallId
from vigil.model.looks import (
    CameraHealth,
    CameraStatus,
    Presence,
    QueueSource,
    QueueStatus,
    Staffing,
    Unknown,
    WindowStatus,
)
from vigil.model.media import Gap, GapCause
from vigil.model.minutes import QueueMinute, WindowMinute
from vigil.model.people import Permission, Role
from vigil.model.register import Action, Entry
from vigil.model.relations import Relation
from vigil.model.site import Site
from vigil.model.steps import Assignee, DismissReason, Step
from vigil.model.suspensions import SuspensionKind
from vigil.model.trace import TracePoint
from vigil.store.alerts import AlertRecord, StepTaken
from vigil.store.clips import ClipRecord
from vigil.store.clocks import NodeClock
from vigil.store.completeness import Completeness
from vigil.store.footage import Span, Timeline
from vigil.store.minutes import Told
from vigil.store.mutes import Mute
from vigil.store.suspensions import SuspensionRecord
from vigil.store.users import User


def rfc3339(at: datetime) -> str:
    """UTC to the millisecond, with Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]


class MeView(BaseModel):
    """`halls`: the ids of those in which the person may do anything; None: all.

    `duties`: what must be done before anything else.
    """

    username: str
    name: str
    unit: str
    roles: list[Role]
    halls: list[HallId] | None
    permissions: list[Permission]
    duties: list[Duty]
    site: str
    notice: str | None

    @classmethod
    def of(cls, person: Person, site: Site) -> Self:
        return cls(
            username=person.user.username,
            name=person.user.name,
            unit=person.user.unit,
            roles=sorted(person.user.roles),
            halls=None if person.halls.named is None else sorted(person.halls.named),
            permissions=sorted(person.rights.permissions),
            duties=list(person.duties),
            site=site.name,
            notice=site.notice,
        )


class WindowStatusView(BaseModel):
    window: str
    in_service: bool
    staffing: Staffing
    since_at: Time
    why: Unknown | None
    visitor: Presence
    suspended: SuspensionKind | None
    confidence: float | None

    @classmethod
    def of(cls, status: WindowStatus) -> Self:
        return cls(**asdict(status))


class WaitView(BaseModel):
    """In seconds."""

    median_s: float
    low_s: float
    high_s: float


class QueueStatusView(BaseModel):
    group: str
    waiting: int | None
    staffed: int
    unknown: int
    in_service: int
    at: Time
    wait: WaitView | None
    source: QueueSource
    longest_wait_s: float | None

    @classmethod
    def of(cls, status: QueueStatus) -> Self:
        return cls(**asdict(status))


class CameraStatusView(BaseModel):
    camera: str
    health: CameraHealth
    since_at: Time
    last_frame_at: Time | None
    why: Unknown | None
    drifting: bool

    @classmethod
    def of(cls, status: CameraStatus) -> Self:
        return cls(**asdict(status))


class NodeView(BaseModel):
    node: str
    connected: bool
    since_at: Time
    clock_offset_s: float | None

    @classmethod
    def of(cls, link: NodeLink) -> Self:
        return cls(**asdict(link))


class StatusView(BaseModel):
    at: Time
    windows: list[WindowStatusView]
    queues: list[QueueStatusView]
    cameras: list[CameraStatusView]
    nodes: list[NodeView]

    @classmethod
    def of(cls, board: BoardView, at: datetime) -> Self:
        return cls(
            at=at,
            windows=[WindowStatusView.of(status) for status in board.windows],
            queues=[QueueStatusView.of(status) for status in board.queues],
            cameras=[CameraStatusView.of(status) for status in board.cameras],
            nodes=[NodeView.of(link) for link in board.nodes],
        )


class GapView(BaseModel):
    start_at: Time
    end_at: Time
    cause: GapCause

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls(start_at=gap.start_at, end_at=gap.end_at, cause=gap.cause)


class ClipView(BaseModel):
    id: str
    camera: str
    alert: str | None
    from_at: Time
    to_at: Time
    state: ClipState
    size: int | None
    sha256: str | None
    gaps: list[GapView]
    reason: str | None
    by: str | None
    created_at: Time

    @classmethod
    def of(cls, clip: ClipRecord) -> Self:
        return cls(
            id=clip.id,
            camera=clip.camera,
            alert=clip.alert,
            from_at=clip.from_at,
            to_at=clip.to_at,
            state=clip.state,
            size=clip.size if clip.playable else None,
            sha256=clip.sha256 if clip.playable else None,
            gaps=[GapView.of(gap) for gap in clip.gaps],
            reason=clip.reason,
            by=clip.by,
            created_at=clip.created_at,
        )


class AssigneeView(BaseModel):
    user: str | None
    role: Role | None

    @classmethod
    def of(cls, to: Assignee | None) -> Self | None:
        return None if to is None else cls(user=to.user, role=to.role)


class StepView(BaseModel):
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


class CompletenessView(BaseModel):
    """Seconds. `share` of what was expected is stored; `gaps_s` by cause is known to be missing, the rest is unexplained."""

    camera: str
    hall: str
    expected_s: float
    stored_s: float
    share: float | None
    gaps_s: dict[GapCause, float]
    unexplained_s: float

    @classmethod
    def of(cls, found: Completeness, hall: HallId) -> Self:
        share = found.share
        return cls(
            camera=found.camera,
            hall=hall,
            expected_s=round(found.expected_s, 1),
            stored_s=round(found.stored_s, 1),
            share=None if share is None else round(share, 5),
            gaps_s={cause: round(seconds, 1) for cause, seconds in found.gaps_s.items()},
            unexplained_s=round(found.unexplained_s, 1),
        )


class CompletenessList(BaseModel):
    from_at: Time
    to_at: Time
    items: list[CompletenessView]


class TracePointView(BaseModel):
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

    at: Time
    offset_s: float
    error_s: float

    @classmethod
    def of(cls, clock: NodeClock) -> Self:
        return cls(**asdict(clock))


class TraceView(BaseModel):
    """`clock` is the measurement nearest to when the alert was raised; None when there was none."""

    points: list[TracePointView]
    clock: ClockView | None


class WindowMinuteView(BaseModel):
    at: Time
    seconds: float
    node: str
    in_service_s: float
    staffed_s: float
    unstaffed_s: float
    unknown_s: dict[str, float]
    visitor_s: float
    looks: int

    @classmethod
    def of(cls, told: Told, minute: WindowMinute) -> Self:
        return cls(**asdict(told), in_service_s=minute.in_service_s, **asdict(minute))


class QueueMinuteView(BaseModel):
    at: Time
    seconds: float
    node: str
    in_service_s: float
    known_s: float
    waiting_mean: float | None
    waiting_least: int | None
    waiting_most: int | None
    staffed_mean: float
    wait_s: float | None

    @classmethod
    def of(cls, told: Told, minute: QueueMinute) -> Self:
        return cls(**asdict(told), **asdict(minute))


class SpanView(BaseModel):
    start_at: Time
    end_at: Time

    @classmethod
    def of(cls, span: Span) -> Self:
        return cls(**asdict(span))


class TimelineView(BaseModel):
    segments: list[SpanView]
    gaps: list[GapView]

    @classmethod
    def of(cls, timeline: Timeline) -> Self:
        return cls(
            segments=[SpanView.of(span) for span in timeline.segments],
            gaps=[GapView.of(gap) for gap in timeline.gaps],
        )


class SuspensionView(BaseModel):
    """`to_at` as it was entered; it counts until `ended_at` where somebody ended it before."""

    id: str
    hall: str
    window: str
    kind: SuspensionKind
    from_at: Time
    to_at: Time
    note: str
    by: str
    entered_at: Time
    ended_at: Time | None
    ended_by: str | None

    @classmethod
    def of(cls, record: SuspensionRecord) -> Self:
        suspension = record.suspension
        return cls(
            id=suspension.id,
            hall=record.hall,
            window=suspension.window,
            kind=suspension.kind,
            from_at=suspension.from_at,
            to_at=suspension.to_at,
            note=record.note,
            by=record.by,
            entered_at=record.entered_at,
            ended_at=record.ended_at,
            ended_by=record.ended_by,
        )


class EntryView(BaseModel):
    number: int
    at: Time
    username: str
    name: str
    unit: str
    action: Action
    subject: str
    reason: str | None
    camera: str | None
    sha256: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(**asdict(entry))


class AlertList(BaseModel):
    items: list[AlertView]
    next: str | None


class SuspensionList(BaseModel):
    items: list[SuspensionView]
    next: str | None


class WindowMinuteList(BaseModel):
    items: list[WindowMinuteView]


class QueueMinuteList(BaseModel):
    items: list[QueueMinuteView]


class ClipList(BaseModel):
    items: list[ClipView]


class RegisterList(BaseModel):
    items: list[EntryView]
    next: str | None
