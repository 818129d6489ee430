"""What nodes told of windows and queues, and suspensions of service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


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
