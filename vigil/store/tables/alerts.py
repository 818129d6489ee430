"""Alerts, what was done about them, what was seen, and mutes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


def _where(condition: str) -> dict[str, Any]:
    """Of an index over some of the rows alone."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class AlertRow(Base):
    """The node's last revision, and beside it where a person has taken it."""

    __tablename__ = "alerts"
    # Lists are by time, whatever they are of: each has its index, so that a page costs what a page has.
    __table_args__ = (
        Index("alerts_by_raised_at", "raised_at", "id"),
        Index("alerts_of_hall", "hall", "raised_at", "id"),
        Index("alerts_of_kind", "kind", "raised_at", "id"),
        Index("alerts_of_state", "state", "raised_at", "id"),
        Index("alerts_assigned", "assigned", "raised_at", "id", **_where("assigned IS NOT NULL")),
        Index("alerts_active", "raised_at", "id", **_where("ended_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    kind: Mapped[str]
    hall: Mapped[str]
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
    state: Mapped[str]
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
