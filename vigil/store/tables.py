"""The tables as they are now. How a database comes to have them stands in migrations; queries in the module of their noun.

Times are aware UTC. Enumerations are kept as their text, so that any database can be read by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both sides. SQLite keeps text of fixed width, so that comparing text compares times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""By code point on both: a locale's order changes with the C library, and indexes made before are then wrong."""
INTEGER: Final = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both: a clip may be larger than 2 GiB. SQLite numbers rows by itself only where the type is called INTEGER."""
DOCUMENT: Final = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcDateTime,
        str: TEXT,
        int: INTEGER,
        float: Double,
        list[str]: DOCUMENT,
        list[dict[str, Any]]: DOCUMENT,
        dict[str, Any]: DOCUMENT,
    }


class UserRow(Base):
    __tablename__ = "users"

    username: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    unit: Mapped[str]
    roles: Mapped[list[str]]
    password_hash: Mapped[str]
    disabled: Mapped[bool]
    password_initial: Mapped[bool] = mapped_column(default=False)


class SessionRow(Base):
    __tablename__ = "sessions"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.username", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    client: Mapped[str] = mapped_column(default="")


class AlertRow(Base):
    """The node's last revision, and beside it where a person has taken it."""

    __tablename__ = "alerts"
    __table_args__ = (Index("alerts_by_raised_at", "raised_at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    kind: Mapped[str] = mapped_column(index=True)
    hall: Mapped[str] = mapped_column(index=True)
    camera: Mapped[str | None]
    window: Mapped[str | None]
    group: Mapped[str | None]
    began_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    escalated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    clip_from_at: Mapped[datetime | None]
    clip_to_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(index=True)
    backfilled: Mapped[bool]
    snapshot_key: Mapped[str | None]
    received_at: Mapped[datetime | None]
    waits_since: Mapped[datetime | None] = mapped_column(index=True)
    level: Mapped[int] = mapped_column(default=0, server_default="0")
    assigned: Mapped[str | None]
    muted_until: Mapped[datetime | None]


class AlertStepRow(Base):
    """`key` is the caller's, so that a step whose answer was lost can be sent again and is taken once."""

    __tablename__ = "alert_steps"
    __table_args__ = (Index("alert_steps_by_key", "alert", "by", "key", unique=True),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    alert: Mapped[str] = mapped_column(ForeignKey("alerts.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    step: Mapped[str]
    note: Mapped[str | None]
    reason: Mapped[str | None]
    to: Mapped[str | None]
    key: Mapped[str | None]


class AlertTraceRow(Base):
    __tablename__ = "alert_traces"

    alert: Mapped[str] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    points: Mapped[list[dict[str, Any]]]


class SegmentRow(Base):
    __tablename__ = "segments"
    __table_args__ = (Index("segments_by_camera", "camera", "start_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    size: Mapped[int]
    sha256: Mapped[str]
    previous_sha256: Mapped[str]
    packets: Mapped[int]
    codec: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    recovered: Mapped[bool]
    backfilled: Mapped[bool]
    object_key: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)


class FootageHourRow(Base):
    """Seconds of a camera's footage that are stored, by the hour in which they lie."""

    __tablename__ = "footage_hours"
    __table_args__ = ({"sqlite_with_rowid": False},)

    camera: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    stored_s: Mapped[float]


class GapRow(Base):
    __tablename__ = "gaps"
    __table_args__ = (UniqueConstraint("camera", "start_at", "end_at", "cause"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    camera: Mapped[str]
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    cause: Mapped[str]


class ClipRow(Base):
    """A clip of an alert (`alert`) or a person's pull (`by`, `reason`)."""

    __tablename__ = "clips"

    id: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str] = mapped_column(index=True)
    alert: Mapped[str | None] = mapped_column(unique=True)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(index=True)
    object_key: Mapped[str | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    gaps: Mapped[list[dict[str, Any]]]
    reason: Mapped[str | None]
    by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class ObservationRow(Base):
    __tablename__ = "observations"
    __table_args__ = (Index("observations_by_window", "window", "since_at"),)

    record: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[str]
    staffing: Mapped[str]
    in_service: Mapped[bool]
    since_at: Mapped[datetime]
    why: Mapped[str | None]
    visitor: Mapped[str]
    suspended: Mapped[str | None]
    confidence: Mapped[float | None]


class MinuteRow(Base):
    """A record of one node about one minute, or a part of it; it numbers the rows of its windows and queues."""

    __tablename__ = "minutes"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    record: Mapped[str] = mapped_column(unique=True)
    node: Mapped[str]
    at: Mapped[datetime]
    seconds: Mapped[float]


class WindowMinuteRow(Base):
    """Kept in the order of its key and nowhere else: these are by far the most rows."""

    __tablename__ = "window_minutes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    window: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    minute: Mapped[int] = mapped_column(ForeignKey("minutes.number"), primary_key=True)
    staffed_s: Mapped[float]
    unstaffed_s: Mapped[float]
    unknown_s: Mapped[dict[str, Any]]
    visitor_s: Mapped[float]
    looks: Mapped[int]


class QueueMinuteRow(Base):
    __tablename__ = "queue_minutes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    group: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    minute: Mapped[int] = mapped_column(ForeignKey("minutes.number"), primary_key=True)
    in_service_s: Mapped[float]
    known_s: Mapped[float]
    waiting_mean: Mapped[float | None]
    waiting_least: Mapped[int | None]
    waiting_most: Mapped[int | None]
    staffed_mean: Mapped[float]
    wait_s: Mapped[float | None]


class SuspensionRow(Base):
    __tablename__ = "suspensions"
    __table_args__ = (Index("suspensions_by_from_at", "from_at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(index=True)
    window: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime] = mapped_column(index=True)
    note: Mapped[str]
    by: Mapped[str]
    entered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class NodeClockRow(Base):
    __tablename__ = "node_clocks"
    __table_args__ = (Index("node_clocks_by_node", "node", "at"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    node: Mapped[str]
    at: Mapped[datetime]
    offset_s: Mapped[float]
    error_s: Mapped[float]


class NodeKeyRow(Base):
    """The key of a node that was enrolled, never the key itself."""

    __tablename__ = "node_keys"

    node: Mapped[str] = mapped_column(primary_key=True)
    key_sha256: Mapped[str]
    enrolled_at: Mapped[datetime]


class NodeTokenRow(Base):
    """Leave to enrol a node, once. `key_sha256`: who used it, so that an answer that was lost can be asked for again."""

    __tablename__ = "node_tokens"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str]
    expires_at: Mapped[datetime]
    key_sha256: Mapped[str | None]


class RegisterRow(Base):
    """`number` is given by Register: a sequence leaves a hole wherever a transaction failed."""

    __tablename__ = "register"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    username: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    unit: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str | None]
    camera: Mapped[str | None] = mapped_column(index=True)
    sha256: Mapped[str]


class RegisterHeadRow(Base):
    """Number and hash of the register's last entry, in one row."""

    __tablename__ = "register_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    sha256: Mapped[str]


class HoldRow(Base):
    """Footage that is kept beyond its time, for a case."""

    __tablename__ = "holds"
    __table_args__ = (Index("holds_by_camera", "camera", "from_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    case: Mapped[str]
    by: Mapped[str]
    entered_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]


class ReportRow(Base):
    """A pack of figures, asked for or made. `files`: format, key, size and sha256 of each, once it is there."""

    __tablename__ = "reports"
    __table_args__ = (Index("reports_by_asked_at", "asked_at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    first_day: Mapped[str]
    last_day: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str | None]
    made_at: Mapped[datetime | None]
    files: Mapped[list[dict[str, Any]]]
    fault: Mapped[str | None]


class NoticeRow(Base):
    """One stage of one alert for one channel: told once. `message` is the last that it was put into."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("channel", "alert", "stage"),
        Index("notices_by_state", "channel", "state", "due_at"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[str]
    alert: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    stage: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]
    message: Mapped[str | None] = mapped_column(index=True)


class NoticeMessageRow(Base):
    """What is said to a channel, as it was drawn before the first attempt: a repetition says the same."""

    __tablename__ = "notice_messages"
    __table_args__ = (Index("notice_messages_by_state", "channel", "state"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    test: Mapped[bool]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    notices: Mapped[int]
    body: Mapped[dict[str, Any]]


class NoticeAttemptRow(Base):
    """`until_at`: when it was over, and until then when it will be at the latest. `verdict` is null while it is under way."""

    __tablename__ = "notice_attempts"
    __table_args__ = (Index("notice_attempts_by_channel", "channel", "until_at"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    message: Mapped[str] = mapped_column(ForeignKey("notice_messages.id"), index=True)
    channel: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    until_at: Mapped[datetime]
    verdict: Mapped[str | None]
    answer: Mapped[str | None]


class NoticeChannelRow(Base):
    """Where a channel stands. `attempt` is the one under way, which holds the channel until `leased_until`."""

    __tablename__ = "notice_channels"

    channel: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int | None]
    leased_until: Mapped[datetime | None]
    failures: Mapped[int]
    rest_until: Mapped[datetime | None]
    verdict: Mapped[str | None]
    answer: Mapped[str | None]
    delivered_at: Mapped[datetime | None]


class SecondFactorRow(Base):
    """What a person's codes are made of, sealed (vigil/sealing.py). `last_step`: the last that was used."""

    __tablename__ = "second_factors"

    username: Mapped[str] = mapped_column(ForeignKey("users.username", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[str]
    confirmed: Mapped[bool]
    last_step: Mapped[int]


class RecoveryCodeRow(Base):
    __tablename__ = "recovery_codes"

    code_sha256: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.username", ondelete="CASCADE"), index=True)


class ApiTokenRow(Base):
    """`all_halls`: all of its owner's; `halls` is empty then."""

    __tablename__ = "api_tokens"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.username", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    permissions: Mapped[list[str]]
    all_halls: Mapped[bool]
    halls: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class IdentityRow(Base):
    """Whom an identity provider knows as what, and who that is here."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.username", ondelete="CASCADE"), unique=True)


class MuteRow(Base):
    __tablename__ = "mutes"
    __table_args__ = (Index("mutes_by_window", "window", "kind", "to_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    hall: Mapped[str]
    window: Mapped[str]
    kind: Mapped[str]
    from_at: Mapped[datetime] = mapped_column(index=True)
    to_at: Mapped[datetime]
    reason: Mapped[str]
    by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class LedgerYearRow(Base):
    """The last number that was given out in a year."""

    __tablename__ = "ledger_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class LedgerEntryRow(Base):
    """`year` and `serial` are its number; a finding has none before it is released. `reminded` is of the present deadline."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("year", "serial"),
        UniqueConstraint("entered_by", "key"),
        Index("ledger_by_entered_at", "entered_at", "id"),
        Index("ledger_by_deadline", "state", "deadline"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int | None]
    serial: Mapped[int | None]
    kind: Mapped[str]
    state: Mapped[str]
    hall: Mapped[str] = mapped_column(index=True)
    window: Mapped[str | None]
    title: Mapped[str]
    details: Mapped[str]
    unit: Mapped[str]
    person: Mapped[str | None]
    deadline: Mapped[datetime]
    alert: Mapped[str | None] = mapped_column(ForeignKey("alerts.id"), index=True)
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]
    key: Mapped[str | None]
    reminded: Mapped[str | None]


class LedgerStepRow(Base):
    __tablename__ = "ledger_steps"
    __table_args__ = (UniqueConstraint("entry", "by", "key"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    entry: Mapped[str] = mapped_column(ForeignKey("ledger_entries.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    step: Mapped[str]
    note: Mapped[str | None]
    unit: Mapped[str | None]
    person: Mapped[str | None]
    deadline: Mapped[datetime | None]
    evidence: Mapped[str | None]
    key: Mapped[str | None]


class LedgerEvidenceRow(Base):
    __tablename__ = "ledger_evidence"

    id: Mapped[str] = mapped_column(primary_key=True)
    entry: Mapped[str] = mapped_column(ForeignKey("ledger_entries.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str | None]
    name: Mapped[str | None]
    object_key: Mapped[str | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    content_type: Mapped[str | None]
