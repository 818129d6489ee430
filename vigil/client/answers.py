"""What the API answers. Written by scripts/client_answers.py from the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class AccountList(TypedDict):
    items: list[AccountView]


class AccountView(TypedDict):
    """`roles` as `supervisor`, for all halls, or `supervisor@HALL`. `external`: comes by an identity provider."""

    username: str
    name: str
    unit: str
    roles: list[str]
    disabled: bool
    initial_password: bool
    second_factor: bool
    external: bool


Action = Literal[
    "watch",
    "play",
    "export",
    "pull",
    "hold",
    "release",
    "delete",
    "account",
    "site",
    "backup",
    "restore",
    "end",
]


AlertKind = Literal[
    "window-unstaffed",
    "queue-buildup",
    "camera-fault",
    "unserved-visitor",
]


class AlertList(TypedDict):
    items: list[AlertView]
    next: str | None


AlertState = Literal[
    "open",
    "acknowledged",
    "confirmed",
    "dismissed",
    "rectified",
]


class AlertView(TypedDict):
    id: str
    kind: AlertKind
    state: AlertState
    hall: str
    group: str | None
    window: str | None
    camera: str | None
    began_at: str
    raised_at: str
    escalated_at: str | None
    ended_at: str | None
    end_reason: EndReason | None
    facts: dict[str, Any]
    has_snapshot: bool
    clip: ClipView | None
    backfilled: bool
    version: int
    assigned: AssigneeView | None
    level: int
    received_at: str | None
    muted_until: str | None
    history: list[StepView]


class AnswerView(TypedDict):
    verdict: Verdict
    text: str


class AssigneeView(TypedDict):
    user: str | None
    role: Role | None


class AttemptList(TypedDict):
    items: list[AttemptView]
    next: str | None


class AttemptView(TypedDict):
    """`answer` is null while it is under way. `title` is that of the message, and `stages` how many alerts it tells of as raised,
    escalated, ended or overdue; which they are stands in the alerts."""

    number: int
    at: str
    until_at: str
    channel: str
    message: str
    title: str
    test: bool
    notices: int
    stages: dict[str, int]
    answer: AnswerView | None


class BeforeView(TypedDict):
    """The period before, of the site as it is now."""

    first_day: str
    last_day: str
    total: ChangesView
    departments: list[DepartmentChangesView]
    halls: list[HallChangesView]


CameraHealth = Literal[
    "online",
    "offline",
    "impaired",
]


class CameraRetentionView(TypedDict):
    camera: str
    at_least_days: float
    at_most_days: float
    bytes: int
    day_bytes: int
    first_at: str | None


class CameraStatusView(TypedDict):
    camera: str
    health: CameraHealth
    since_at: str
    last_frame_at: str | None
    why: Unknown | None
    drifting: bool


class CandidateList(TypedDict):
    items: list[AlertView]


ChangeKind = Literal[
    "added",
    "changed",
    "removed",
]


class ChangeView(TypedDict):
    """`difference` is what it is now, less what it was `before`."""

    before: float | None
    difference: float | None


class ChangesView(TypedDict):
    """Shares 0..1, seconds, or how many. Counts are null where no window was watched."""

    service_s: ChangeView
    unknown_share: ChangeView
    staffing_rate: ChangeView
    absent_s: ChangeView
    unserved: ChangeView
    confirmed: ChangeView
    wait_median_s: ChangeView
    wait_p90_s: ChangeView
    completeness: ChangeView


ChannelKind = Literal[
    "wecom",
    "dingtalk",
    "feishu",
    "email",
    "webhook",
]


class ChannelList(TypedDict):
    items: list[ChannelView]


class ChannelView(TypedDict):
    """`answer` is the last. `rest_until`: nothing but a test is sent till then."""

    name: str
    kind: ChannelKind
    where: str
    answer: AnswerView | None
    failures: int
    rest_until: str | None
    delivered_at: str | None
    waiting: int
    oldest_at: str | None
    unsent: int


class ClipList(TypedDict):
    items: list[ClipView]


ClipState = Literal[
    "waiting",
    "ready",
    "partial",
    "failed",
    "expired",
]


class ClipView(TypedDict):
    id: str
    camera: str
    alert: str | None
    from_at: str
    to_at: str
    state: ClipState
    size: int | None
    sha256: str | None
    gaps: list[GapView]
    reason: str | None
    by: str | None
    created_at: str


class ClockView(TypedDict):
    """The clock of the node that dated the pictures, less the centre's; true within `error_s`, measured at `at`."""

    at: str
    offset_s: float
    error_s: float


Column = Literal[
    "hall",
    "window",
    "from",
    "to",
    "kind",
    "note",
]


class CompletenessList(TypedDict):
    from_at: str
    to_at: str
    items: list[CompletenessView]


class CompletenessView(TypedDict):
    """Seconds. `share` of what was expected is stored; `gaps_s` by cause is known to be missing, the rest is unexplained."""

    camera: str
    hall: str
    expected_s: float
    stored_s: float
    share: float | None
    gaps_s: dict[str, float]
    unexplained_s: float


class DayView(TypedDict):
    day: str
    figures: FiguresView


class DepartmentChangesView(TypedDict):
    department: str
    changes: ChangesView


class DepartmentView(TypedDict):
    department: str
    halls: int
    figures: FiguresView


DismissReason = Literal[
    "false-detection",
    "approved-leave",
    "official-errand",
    "equipment-fault",
    "other",
]


Duty = Literal[
    "change-password",
    "enrol-second-factor",
]


EndReason = Literal[
    "resolved",
    "closed",
    "suspended",
    "lost-sight",
    "removed",
]


class EnrolmentView(TypedDict):
    """Shown once. `qr` is a picture (data: URL) of `link`."""

    secret: str
    link: str
    qr: str


EntryKind = Literal[
    "alert",
    "complaint",
    "finding",
]


EntryState = Literal[
    "due",
    "fixed",
    "accepted",
    "closed",
    "withdrawn",
]


class EntryView(TypedDict):
    number: int
    at: str
    username: str
    name: str
    unit: str
    action: Action
    subject: str
    reason: str | None
    camera: str | None
    sha256: str


EvidenceKind = Literal[
    "file",
    "alert",
    "clip",
]


class EvidenceView(TypedDict):
    id: str
    kind: EvidenceKind
    at: str
    by: str
    subject: str | None
    name: str | None
    size: int | None
    sha256: str | None
    content_type: str | None


class FactorView(TypedDict):
    """`possible`: the centre has the key that second factors are sealed with."""

    possible: bool
    enrolled: bool
    required: bool
    recovery_left: int


class FiguresReport(TypedDict):
    """`finished`: the period was over; `foreign_alerts` are of halls that the site no longer has, and counted nowhere else.

    `before` where it was asked for and the period is over."""

    first_day: str
    last_day: str
    made_at: str
    version: str
    finished: bool
    foreign_alerts: int
    total: FiguresView
    departments: list[DepartmentView]
    halls: list[ReportHallView]
    windows: list[ReportWindowView]
    groups: list[ReportGroupView]
    cameras: list[ReportCameraView]
    days: list[DayView]
    before: BeforeView | None


class FiguresView(TypedDict):
    staffing: StaffingView
    queueing: QueueingView
    alerts: dict[str, JudgedView]
    handling: HandlingView
    footage: FootageView


class FootageView(TypedDict):
    wanted_s: float
    stored_s: float
    share: float | None
    gaps_s: dict[str, float]
    faults: int
    fault_s: float


GapCause = Literal[
    "camera",
    "node",
    "disk",
    "spool-full",
    "damage",
    "unwanted",
    "expired",
    "unexplained",
]


class GapView(TypedDict):
    start_at: str
    end_at: str
    cause: GapCause


class HallChangesView(TypedDict):
    hall: str
    changes: ChangesView


class HandlingView(TypedDict):
    answered_s: Spread
    decided_s: Spread
    unanswered: int
    late: int


class HeadView(TypedDict):
    number: int
    sha256: str


class HoldList(TypedDict):
    items: list[HoldView]


class HoldView(TypedDict):
    id: str
    camera: str
    from_at: str
    to_at: str
    case: str
    by: str
    entered_at: str
    until_at: str | None
    released_at: str | None
    released_by: str | None
    released_why: str | None


class JudgedView(TypedDict):
    confirmed: int
    undecided: int
    dismissed: int
    absent_s: float


class KeyChangeView(TypedDict):
    """Values are JSON; None: the key has its default."""

    key: str
    before: str | None
    after: str | None


class LedgerList(TypedDict):
    items: list[LedgerView]
    next: str | None


LedgerStep = Literal[
    "enter",
    "release",
    "change",
    "attach",
    "remark",
    "report-fixed",
    "send-back",
    "accept",
    "close",
    "withdraw",
    "due-soon",
    "overdue",
]


class LedgerStepView(TypedDict):
    at: str
    by: str
    step: LedgerStep
    note: str | None
    unit: str | None
    person: str | None
    deadline: str | None
    evidence: str | None


class LedgerView(TypedDict):
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
    deadline: str
    overdue: bool
    alert: str | None
    entered_at: str
    entered_by: str
    version: int
    history: list[LedgerStepView]
    evidence: list[EvidenceView]


class LossView(TypedDict):
    """What is left behind by a thing that goes: alerts that go on or wait for a decision, and footage."""

    noun: Noun
    id: str
    name: str
    alerts: int
    footage_bytes: int


class MeView(TypedDict):
    """`halls`: the ids of those in which the person may do anything; None: all.

    `duties`: what must be done before anything else. `inspects`: the halls in which nothing is seen without a purpose; None: all."""

    username: str
    name: str
    unit: str
    roles: list[Role]
    halls: list[str] | None
    permissions: list[Permission]
    duties: list[Duty]
    inspects: list[str] | None
    purpose: PurposeView | None
    site: str
    notice: str | None


class MuteList(TypedDict):
    items: list[MuteView]


class MuteView(TypedDict):
    id: str
    hall: str
    window: str
    kind: AlertKind
    from_at: str
    to_at: str
    reason: str
    by: str
    ended_at: str | None
    ended_by: str | None


class NewAccountView(TypedDict):
    """`password` is shown this once, and is good for nothing but to set another one."""

    account: AccountView
    password: str


class NewTokenView(TypedDict):
    """`token` is shown this once."""

    about: TokenView
    token: str


class NodeView(TypedDict):
    node: str
    connected: bool
    since_at: str
    clock_offset_s: float | None


Noun = Literal[
    "site",
    "calendar",
    "hall",
    "group",
    "window",
    "camera",
]


Origin = Literal[
    "file",
    "applied",
]


Outcome = Literal[
    "enter",
    "there",
    "conflict",
    "faulty",
]


class PeopleList(TypedDict):
    items: list[PersonView]


Permission = Literal[
    "watch-live",
    "read-alerts",
    "acknowledge",
    "decide",
    "reopen",
    "play-clips",
    "export-clips",
    "pull-archive",
    "hold-footage",
    "read-register",
    "read-metrics",
    "pause-windows",
    "keep-roster",
    "read-minutes",
    "read-reports",
    "make-reports",
    "keep-channels",
    "read-accounts",
    "manage-accounts",
    "keep-site",
    "mute-alerts",
    "read-ledger",
    "keep-ledger",
    "enter-findings",
]


class PersonView(TypedDict):
    username: str
    name: str
    unit: str
    roles: list[Role]


Presence = Literal[
    "seen",
    "clear",
    "unknown",
]


class PurposeView(TypedDict):
    text: str
    number: str


class QueueMinuteList(TypedDict):
    items: list[QueueMinuteView]


class QueueMinuteView(TypedDict):
    at: str
    seconds: float
    node: str
    in_service_s: float
    known_s: float
    waiting_mean: float | None
    waiting_least: int | None
    waiting_most: int | None
    staffed_mean: float
    wait_s: float | None


QueueSource = Literal[
    "lane",
    "tickets",
]


class QueueStatusView(TypedDict):
    group: str
    waiting: int | None
    staffed: int
    unknown: int
    in_service: int
    at: str
    wait: WaitView | None
    source: QueueSource
    longest_wait_s: float | None


class QueueingView(TypedDict):
    service_s: float
    known_s: float
    most_waiting: int | None
    waiting: Spread
    wait_s: Spread


class RecoveryView(TypedDict):
    """Shown once; each is good once."""

    recovery_codes: list[str]


class RegisterList(TypedDict):
    items: list[EntryView]
    next: str | None


class RelatedList(TypedDict):
    items: list[RelatedView]


class RelatedView(TypedDict):
    relation: Relation
    alert: AlertView


Relation = Literal[
    "window",
    "camera",
    "group",
    "hall",
]


class ReportCameraView(TypedDict):
    hall: str
    camera: str
    figures: FiguresView


class ReportFileView(TypedDict):
    format: str
    size: int
    sha256: str


class ReportGroupView(TypedDict):
    hall: str
    group: str
    figures: FiguresView


class ReportHallView(TypedDict):
    hall: str
    figures: FiguresView


class ReportList(TypedDict):
    items: list[ReportView]
    next: str | None


ReportState = Literal[
    "waiting",
    "ready",
    "failed",
]


class ReportView(TypedDict):
    """`asked_by` is None where the centre made it because it was due; `fault` says why it could not be made."""

    id: str
    kind: str
    first_day: str
    last_day: str
    state: ReportState
    asked_at: str
    asked_by: str | None
    made_at: str | None
    files: list[ReportFileView]
    fault: str | None


class ReportWindowView(TypedDict):
    hall: str
    window: str
    figures: FiguresView


class RetentionView(TypedDict):
    """`least_bytes` is what all takes that must be kept, `most_bytes` what all takes that may be."""

    made_at: str
    bytes: int
    room_bytes: int | None
    least_bytes: int
    most_bytes: int
    full_at: str | None
    cameras: list[CameraRetentionView]


Role = Literal[
    "operator",
    "supervisor",
    "investigator",
    "admin",
    "auditor",
    "hall",
]


class RosterRowView(TypedDict):
    """`row` is the number in the file. What cannot be understood has no window and no times."""

    row: int
    outcome: Outcome
    hall: str | None
    window: str | None
    kind: SuspensionKind | None
    from_at: str | None
    to_at: str | None
    note: str | None
    fault: RowFaultView | None


class RosterView(TypedDict):
    """`entered`: those with the outcome `enter` are entered now. `counts` by outcome."""

    entered: bool
    counts: dict[str, int]
    rows: list[RosterRowView]


RowFault = Literal[
    "missing",
    "no-hall",
    "no-window",
    "several",
    "no-kind",
    "no-time",
    "not-after",
    "too-long",
    "past",
    "too-far",
    "long-note",
    "overlaps",
    "overlaps-row",
    "full",
]


class RowFaultView(TypedDict):
    """`value` is what stands there, `right` what could; of an overlap, with what."""

    what: RowFault
    column: Column | None
    value: str
    right: list[str]


class SentAgainView(TypedDict):
    notices: int


class SessionList(TypedDict):
    items: list[SessionView]


class SessionView(TypedDict):
    id: str
    client: str
    created_at: str
    seen_at: str
    expires_at: str
    current: bool


class SiteCameraView(TypedDict):
    """Nothing of how the camera is reached: no URL, no user, no node."""

    id: str
    name: str
    has_substream: bool
    zones: list[ZoneView]


class SiteChangeView(TypedDict):
    kind: ChangeKind
    noun: Noun
    id: str
    name: str
    hall: str | None
    keys: list[KeyChangeView]


class SiteDiffView(TypedDict):
    changes: list[SiteChangeView]


class SiteDocumentView(TypedDict):
    """`document` is YAML, as `vigil export` writes it. `number`: None of a site that is not entered yet."""

    number: int | None
    document: str


class SiteDraftView(TypedDict):
    """`document` is YAML, and `site` the same as keys and values, those that have their default left out. `usual` are the
    defaults of calendars, thresholds, clips, retention and recording; `nodes` those that cameras may name."""

    document: str
    site: dict[str, Any]
    usual: dict[str, dict[str, Any]]
    nodes: list[str]


class SiteGroupView(TypedDict):
    id: str
    name: str
    windows: list[SiteWindowView]


class SiteHallView(TypedDict):
    id: str
    name: str
    department: str
    thresholds: dict[str, float]
    groups: list[SiteGroupView]
    cameras: list[SiteCameraView]


class SiteProposalView(TypedDict):
    """`removes`: it is entered only with `remove`. `replaced_by`: versions that will be in force later, without these changes.
    `takes_over`: the configuration file's site counts no more afterwards."""

    changes: list[SiteChangeView]
    losses: list[LossView]
    removes: bool
    replaced_by: list[int]
    takes_over: bool


class SiteVersionList(TypedDict):
    """The newest first. `in_force` is the number of the version whose time it is, `running` of the one that is served: they
    differ for some seconds, or where the centre's log says why (`site_version_refused`)."""

    items: list[SiteVersionView]
    in_force: int | None
    running: int | None


class SiteVersionView(TypedDict):
    """`by_name`: of a person who is still known here."""

    number: int
    origin: Origin
    by: str
    by_name: str | None
    why: str
    at: str
    effective_from: str
    sha256: str


class SiteView(TypedDict):
    name: str
    time_zone: str
    notice: str | None
    thresholds: dict[str, float]
    halls: list[SiteHallView]


class SiteWindowView(TypedDict):
    id: str
    name: str
    kind: WindowKind
    staff: int


class SpanView(TypedDict):
    start_at: str
    end_at: str


class Spread(TypedDict):
    """The middle, and what nine in ten do not exceed."""

    median: float | None
    p90: float | None


Staffing = Literal[
    "staffed",
    "unstaffed",
    "unknown",
]


class StaffingView(TypedDict):
    service_s: float
    staffed_s: float
    unstaffed_s: float
    unknown_s: float
    unknown_by_s: dict[str, float]
    rate: float | None
    unknown_share: float | None


Stage = Literal[
    "raised",
    "escalated",
    "ended",
    "overdue",
]


class StatusView(TypedDict):
    at: str
    windows: list[WindowStatusView]
    queues: list[QueueStatusView]
    cameras: list[CameraStatusView]
    nodes: list[NodeView]


Step = Literal[
    "acknowledge",
    "confirm",
    "dismiss",
    "rectify",
    "reopen",
    "assign",
    "comment",
    "escalate",
]


class StepView(TypedDict):
    at: str
    by: str
    step: Step
    note: str | None
    reason: DismissReason | None
    to: AssigneeView | None


SuspensionKind = Literal[
    "paused",
    "leave",
    "substitute",
]


class SuspensionList(TypedDict):
    items: list[SuspensionView]
    next: str | None


class SuspensionView(TypedDict):
    """`to_at` as it was entered; it counts until `ended_at` where somebody ended it before."""

    id: str
    hall: str
    window: str
    kind: SuspensionKind
    from_at: str
    to_at: str
    note: str
    by: str
    entered_at: str
    ended_at: str | None
    ended_by: str | None


class TimelineView(TypedDict):
    segments: list[SpanView]
    gaps: list[GapView]


class TokenList(TypedDict):
    items: list[TokenView]


class TokenView(TypedDict):
    """`halls` is null for all of its owner's."""

    id: str
    name: str
    permissions: list[Permission]
    halls: list[str] | None
    created_at: str
    expires_at: str
    used_at: str | None


class TracePointView(TypedDict):
    at: str
    presence: Presence
    score: float | None
    why: Unknown | None
    visitor: Presence
    waiting: int | None
    mark: float | None


class TraceView(TypedDict):
    """`clock` is the measurement nearest to when the alert was raised; None when there was none."""

    points: list[TracePointView]
    clock: ClockView | None


Unknown = Literal[
    "starting",
    "no-signal",
    "frozen",
    "dark",
    "occluded",
    "moved",
    "defocused",
    "overexposed",
    "cast",
    "hidden",
    "doubtful",
    "detector",
    "closed",
    "calendar",
    "unsettled",
    "undecided",
]


Verdict = Literal[
    "delivered",
    "throttled",
    "failed",
    "uncertain",
    "refused",
    "rejected",
]


class WaitView(TypedDict):
    """In seconds."""

    median_s: float
    low_s: float
    high_s: float


class WaysView(TypedDict):
    """How one may log in, beside a password: the provider's name."""

    oidc: str | None


class WindowHourList(TypedDict):
    items: list[WindowHourView]


class WindowHourView(TypedDict):
    """`service_s`: of the calendar, without suspensions. What nobody told of it is unknown, with the cause `untold`."""

    at: str
    service_s: float
    staffed_s: float
    unstaffed_s: float
    unknown_s: dict[str, float]
    visitor_s: float


WindowKind = Literal[
    "general",
    "sector",
    "issuing",
    "other",
]


class WindowMinuteList(TypedDict):
    items: list[WindowMinuteView]


class WindowMinuteView(TypedDict):
    at: str
    seconds: float
    node: str
    in_service_s: float
    staffed_s: float
    unstaffed_s: float
    unknown_s: dict[str, float]
    visitor_s: float
    looks: int


class WindowStatusView(TypedDict):
    window: str
    in_service: bool
    staffing: Staffing
    since_at: str
    why: Unknown | None
    visitor: Presence
    suspended: SuspensionKind | None
    confidence: float | None


ZoneKind = Literal[
    "staff-area",
    "visitor-spot",
    "queue",
]


class ZoneView(TypedDict):
    kind: ZoneKind
    window: str | None
    group: str | None
    polygon: list[tuple[float, float]]
