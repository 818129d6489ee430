"""Who is logged in. A session is known by the hash of its token: a stolen database opens no session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, exists, or_, select, update

from vigil.model.purposes import Purpose
from vigil.store.database import Database
from vigil.store.tables import IdentityRow, SecondFactorRow, SessionRow, UserRow
from vigil.store.users import User, user_of

_ID_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class LoginSession:
    """`expires_at` is the latest end, whatever the person does; how long it may idle is the gateway's rule."""

    token_sha256: str
    user: User
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    client: str = ""
    """The address that it was begun from."""
    initial_password: bool = False
    second_factor: bool = False
    """The user has one, and confirmed it."""
    external: bool = False
    """The user comes by an identity provider."""
    purpose: Purpose | None = None

    @property
    def id(self) -> str:
        """Names the session and opens none."""
        return self.token_sha256[:_ID_LENGTH]


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, token_sha256: str, username: str, at: datetime, expires_at: datetime, *, client: str = "") -> None:
        """Raises StoreError when there is no such user."""
        with self._database.write() as session:
            session.add(
                SessionRow(
                    token_sha256=token_sha256,
                    username=username,
                    created_at=at,
                    seen_at=at,
                    expires_at=expires_at,
                    client=client,
                )
            )

    def find(self, token_sha256: str) -> LoginSession | None:
        """The session with its user as of now, whether it has expired or not."""
        with self._database.ask() as connection:
            found = connection.execute(_WITH_USER.where(_SESSIONS.c.token_sha256 == token_sha256)).one_or_none()
            return None if found is None else _login(found)

    def of(self, username: str) -> list[LoginSession]:
        """Those of a person, expired or not, the newest first."""
        chosen = _WITH_USER.where(_SESSIONS.c.username == username).order_by(_SESSIONS.c.created_at.desc())
        with self._database.ask() as connection:
            return [_login(found) for found in connection.execute(chosen)]

    def touch(self, token_sha256: str, at: datetime) -> None:
        with self._database.write() as session:
            session.execute(update(SessionRow).where(SessionRow.token_sha256 == token_sha256).values(seen_at=at))

    def look_for(self, token_sha256: str, purpose: Purpose | None) -> None:
        text, number = (None, "") if purpose is None else (purpose.text, purpose.number)
        mine = update(SessionRow).where(SessionRow.token_sha256 == token_sha256)
        with self._database.write() as session:
            session.execute(mine.values(purpose=text, purpose_number=number))

    def end(self, token_sha256: str) -> None:
        with self._database.write() as session:
            session.execute(delete(SessionRow).where(SessionRow.token_sha256 == token_sha256))

    def end_all(self, username: str, *, but: str | None = None) -> None:
        """`but`: the token's hash of the one that goes on."""
        mine = select(SessionRow.token_sha256).where(
            SessionRow.username == username, SessionRow.token_sha256 != (but or "")
        )
        with self._database.write() as session:
            tokens = session.scalars(mine.order_by(SessionRow.token_sha256).with_for_update()).all()
            session.execute(delete(SessionRow).where(SessionRow.token_sha256.in_(tokens)))

    def end_everybodys(self) -> None:
        with self._database.write() as session:
            session.execute(delete(SessionRow))

    def end_one(self, username: str, session_id: str) -> bool:
        """Of a person, by the session's id. False when there is none."""
        mine = delete(SessionRow).where(SessionRow.username == username)
        with self._database.write() as session:
            chosen = mine.where(SessionRow.token_sha256.startswith(session_id, autoescape=True))
            return session.connection().execute(chosen).rowcount > 0

    def forget(self, *, expired_at: datetime, idle_since: datetime) -> None:
        """Remove what expired before `expired_at` or was last seen before `idle_since`.

        Who forgets waits for nobody: a session that another transaction holds is forgotten the next time.
        """
        old = or_(SessionRow.expires_at <= expired_at, SessionRow.seen_at <= idle_since)
        locked = select(SessionRow.token_sha256).where(old).with_for_update(skip_locked=True)
        with self._database.write() as session:
            session.execute(delete(SessionRow).where(SessionRow.token_sha256.in_(locked)))


_SESSIONS, _USERS = SessionRow.__table__, UserRow.__table__
_FACTORS, _IDENTITIES = SecondFactorRow.__table__.c, IdentityRow.__table__.c
_WITH_USER = select(
    *_SESSIONS.c,
    *(_USERS.c.name, _USERS.c.unit, _USERS.c.roles, _USERS.c.disabled, _USERS.c.password_initial),
    exists().where(_FACTORS.username == _USERS.c.username, _FACTORS.confirmed.is_(True)).label("second_factor"),
    exists().where(_IDENTITIES.username == _USERS.c.username).label("external"),
).select_from(_SESSIONS.join(_USERS, _USERS.c.username == _SESSIONS.c.username))


def _login(row: Row[*tuple[Any, ...]]) -> LoginSession:
    return LoginSession(
        row.token_sha256,
        user_of(row),
        row.created_at,
        row.seen_at,
        row.expires_at,
        row.client,
        row.password_initial,
        row.second_factor,
        row.external,
        None if row.purpose is None else Purpose(row.purpose, row.purpose_number),
    )
