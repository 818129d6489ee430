"""API tokens: what a program may do for its owner, and until when. Known by the hash: a stolen database opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from vigil.model.ids import HallId
from vigil.model.people import Halls, Permission
from vigil.store.database import Database
from vigil.store.tables import ApiTokenRow, UserRow
from vigil.store.users import User, user_of


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`halls`: no more than these; what its owner may not, it may not either."""

    id: str
    owner: User
    name: str
    permissions: frozenset[Permission]
    halls: Halls
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class ApiTokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: ApiToken, token_sha256: str) -> None:
        named = token.halls.named
        with self._database.write() as session:
            session.add(
                ApiTokenRow(
                    token_sha256=token_sha256,
                    id=token.id,
                    username=token.owner.username,
                    name=token.name,
                    permissions=sorted(token.permissions),
                    all_halls=named is None,
                    halls=sorted(named or ()),
                    created_at=token.created_at,
                    expires_at=token.expires_at,
                )
            )

    def find(self, token_sha256: str) -> ApiToken | None:
        """With its owner as of now, expired or not."""
        with self._database.ask() as connection:
            found = connection.execute(_WITH_OWNER.where(_TOKENS.c.token_sha256 == token_sha256)).one_or_none()
            return None if found is None else _token(found)

    def of(self, username: str) -> list[ApiToken]:
        """The newest first."""
        chosen = _WITH_OWNER.where(_TOKENS.c.username == username).order_by(_TOKENS.c.created_at.desc())
        with self._database.ask() as connection:
            return [_token(found) for found in connection.execute(chosen)]

    def touch(self, token_id: str, at: datetime) -> None:
        with self._database.write() as session:
            session.execute(update(ApiTokenRow).where(ApiTokenRow.id == token_id).values(used_at=at))

    def revoke(self, username: str, token_id: str) -> bool:
        """False when the person has no such token."""
        mine = delete(ApiTokenRow).where(ApiTokenRow.username == username, ApiTokenRow.id == token_id)
        with self._database.write() as session:
            return session.connection().execute(mine).rowcount == 1

    def revoke_all(self, username: str) -> None:
        with self._database.write() as session:
            session.execute(delete(ApiTokenRow).where(ApiTokenRow.username == username))


_TOKENS, _USERS = ApiTokenRow.__table__, UserRow.__table__
_WITH_OWNER = select(
    *(column for column in _TOKENS.c if column.key != "name"),
    _TOKENS.c.name.label("called"),
    *(_USERS.c.name, _USERS.c.unit, _USERS.c.roles, _USERS.c.disabled),
).select_from(_TOKENS.join(_USERS, _USERS.c.username == _TOKENS.c.username))


def _token(row: Row[*tuple[Any, ...]]) -> ApiToken:
    return ApiToken(
        id=row.id,
        owner=user_of(row),
        name=row.called,
        permissions=frozenset(Permission(one) for one in row.permissions),
        halls=Halls(None if row.all_halls else frozenset(HallId(hall) for hall in row.halls)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
