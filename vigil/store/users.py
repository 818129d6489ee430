"""Who may log in. Passwords come and go as hashes; hashing is the gateway's business."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from vigil.errors import StoreError
from vigil.model.people import Grant, Role
from vigil.store.database import Database
from vigil.store.tables import UserRow


@dataclass(frozen=True, slots=True)
class User:
    """`unit` is the office that the person belongs to; the register names it (decree 799, article 16)."""

    username: str
    name: str
    unit: str
    grants: frozenset[Grant]
    disabled: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        """Those held somewhere."""
        return frozenset(grant.role for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Credentials:
    """`initial`: somebody else knows the password, too, and it is good for nothing but to change it."""

    user: User
    password_hash: str = field(repr=False)
    initial: bool = False


class Users:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user: User, password_hash: str, *, initial: bool = False) -> None:
        """Raises StoreError when the name is taken."""
        with self._database.write() as session:
            session.add(
                UserRow(
                    username=user.username,
                    name=user.name,
                    unit=user.unit,
                    roles=_texts(user.grants),
                    password_hash=password_hash,
                    disabled=user.disabled,
                    password_initial=initial,
                )
            )
            session.flush()  # what refers to the user may follow in the same transaction

    def find(self, username: str) -> Credentials | None:
        with self._database.read() as session:
            row = session.get(UserRow, username)
            return None if row is None else Credentials(user_of(row), row.password_hash, row.password_initial)

    def all(self) -> list[User]:
        with self._database.read() as session:
            return [user_of(row) for row in session.scalars(select(UserRow).order_by(UserRow.username))]

    def set_password(self, username: str, password_hash: str, *, initial: bool = False) -> None:
        """Raises StoreError when there is no such user. End the person's sessions as well (`Sessions.end_all`)."""
        with self._database.write() as session:
            row = _row(session, username)
            row.password_hash, row.password_initial = password_hash, initial

    def rehash(self, username: str, password_hash: str) -> None:
        """The same password at another cost."""
        with self._database.write() as session:
            _row(session, username).password_hash = password_hash

    def describe(self, username: str, name: str, unit: str) -> None:
        """What the register says of the person from now on. Raises StoreError when there is no such user."""
        with self._database.write() as session:
            row = _row(session, username)
            row.name, row.unit = name, unit

    def set_grants(self, username: str, grants: Iterable[Grant]) -> None:
        """In force from the person's next request. Raises StoreError when there is no such user."""
        with self._database.write() as session:
            _row(session, username).roles = _texts(grants)

    def set_disabled(self, username: str, disabled: bool) -> None:
        """In force from the person's next request. Raises StoreError when there is no such user."""
        with self._database.write() as session:
            _row(session, username).disabled = disabled


def user_of(row: UserRow | Row[Any]) -> User:
    grants = frozenset(Grant.parse(text) for text in row.roles)
    return User(row.username, row.name, row.unit, grants, disabled=row.disabled)


def _row(session: Session, username: str) -> UserRow:
    row = session.get(UserRow, username)
    if row is None:
        raise StoreError(f"there is no user {username!r}")
    return row


def _texts(grants: Iterable[Grant]) -> list[str]:
    return sorted(str(grant) for grant in grants)
