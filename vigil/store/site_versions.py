"""Versions of the site. Append-only: there is no method that changes or removes one, and the database refuses it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import func, select

from vigil.model.site_versions import Origin, SiteVersion
from vigil.store.database import Database, Lock, take_lock
from vigil.store.tables import SiteVersionRow


class SiteVersions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        document: str,
        *,
        origin: Origin,
        by: str,
        why: str,
        at: datetime,
        effective_from: datetime,
        after: int | None = None,
    ) -> SiteVersion | None:
        """The next version. None, and nothing entered, where `after` is given and is not the newest (0: there is none)."""
        with self._database.write() as session:
            take_lock(session, Lock.SITE)
            newest = session.scalar(select(func.max(SiteVersionRow.number))) or 0
            if after is not None and after != newest:
                return None
            row = SiteVersionRow(
                number=newest + 1,
                document=document,
                sha256=hashlib.sha256(document.encode()).hexdigest(),
                origin=origin,
                by=by,
                why=why,
                at=at,
                effective_from=effective_from,
            )
            session.add(row)
            session.flush()
            return _version(row)

    def find(self, number: int) -> SiteVersion | None:
        with self._database.read() as session:
            row = session.get(SiteVersionRow, number)
            return None if row is None else _version(row)

    def all(self) -> tuple[SiteVersion, ...]:
        """By number."""
        with self._database.read() as session:
            return tuple(
                _version(row) for row in session.scalars(select(SiteVersionRow).order_by(SiteVersionRow.number))
            )

    def in_force(self, at: datetime) -> SiteVersion | None:
        """As vigil.model.site_versions.in_force, without reading the others."""
        query = (
            select(SiteVersionRow)
            .where(SiteVersionRow.effective_from <= at)
            .order_by(SiteVersionRow.effective_from.desc(), SiteVersionRow.number.desc())
            .limit(1)
        )
        with self._database.read() as session:
            row = session.scalar(query)
            return None if row is None else _version(row)

    def number_in_force(self, at: datetime) -> int:
        """0: none is. Asked every few seconds, and so without the document."""
        query = (
            select(SiteVersionRow.number)
            .where(SiteVersionRow.effective_from <= at)
            .order_by(SiteVersionRow.effective_from.desc(), SiteVersionRow.number.desc())
            .limit(1)
        )
        with self._database.read() as session:
            return session.scalar(query) or 0

    def applied(self) -> bool:
        """Whether a person has entered one."""
        query = select(SiteVersionRow.number).where(SiteVersionRow.origin == Origin.APPLIED).limit(1)
        with self._database.read() as session:
            return session.scalar(query) is not None


def _version(row: SiteVersionRow) -> SiteVersion:
    return SiteVersion(
        number=row.number,
        document=row.document,
        sha256=row.sha256,
        origin=Origin(row.origin),
        by=row.by,
        why=row.why,
        at=row.at,
        effective_from=row.effective_from,
    )
