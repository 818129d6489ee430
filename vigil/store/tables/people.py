"""Who may come in: accounts, sessions, second factors, tokens and identities."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
)
from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


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
    """`purpose`: what its person looks for, if that was said."""

    __tablename__ = "sessions"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.username", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    client: Mapped[str] = mapped_column(default="")
    purpose: Mapped[str | None]
    purpose_number: Mapped[str] = mapped_column(default="")


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
