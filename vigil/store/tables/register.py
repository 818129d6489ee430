"""The register and the head of its chain."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


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
