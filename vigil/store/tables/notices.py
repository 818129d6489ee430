"""Notices and their delivery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


class NoticeRow(Base):
    """One stage of one alert for one channel: told once. `message` is the last that it was put into.

    `role` and `version`: whom the centre passed it to, and what the step made of the alert; 0 of what a node says.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("channel", "alert", "stage", "version"),
        Index("notices_by_state", "channel", "state", "due_at"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[str]
    alert: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    stage: Mapped[str]
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    role: Mapped[str | None]
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
