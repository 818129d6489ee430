"""Versions of the site."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


class SiteVersionRow(Base):
    """Append-only. `number` is given by SiteVersions, without holes."""

    __tablename__ = "site_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str]
    sha256: Mapped[str]
    origin: Mapped[str]
    by: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]
    effective_from: Mapped[datetime] = mapped_column(index=True)
