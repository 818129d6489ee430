"""People whom an identity provider knows: by issuer and subject, which never change hands, and not by a name, which may."""

from __future__ import annotations

from sqlalchemy import select

from vigil.store.database import Database
from vigil.store.tables import IdentityRow


class Identities:
    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, issuer: str, subject: str) -> str | None:
        """The user name."""
        with self._database.read() as session:
            row = session.get(IdentityRow, (issuer, subject))
            return None if row is None else row.username

    def add(self, issuer: str, subject: str, username: str) -> None:
        """Raises StoreError when there is no such user, or somebody else is known as that one."""
        with self._database.write() as session:
            session.add(IdentityRow(issuer=issuer, subject=subject, username=username))

    def usernames(self) -> frozenset[str]:
        """Everybody who comes by a provider."""
        with self._database.read() as session:
            return frozenset(session.scalars(select(IdentityRow.username)))
