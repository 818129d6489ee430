"""Segments, gaps, clips and what holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


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
    released_why: Mapped[str | None]
