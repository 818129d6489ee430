"""The ledger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


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
