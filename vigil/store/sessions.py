"""Who is logged in. A session is known by the hash of its token: a stolen database opens no session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from vigil.store.database import Database
from vigil.store.tables import SessionRow, UserRow
from vigil.store.users import User, user_of


@dataclass(frozen=True, slots=True)
class LoginSession:
    """`expires_at` is the latest end, whatever the person does; how long it may idle is the gateway's rule."""

    token_sha256: str
    user: User
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, token_sha256: str, username: str, at: datetime, expires_at: datetime) -> None:
        """Raises StoreError when there is no such user."""
        with self._database.write() as session:
            session.add(
                SessionRow(
                    token_sha256=token_sha256,
                    username=username,
                    created_at=at,
                    seen_at=at,
                    expires_at=expires_at,
                )
            )

    def find(self, token_sha256: str) -> LoginSession | None:
        """The session with its user as of now, whether it has expired or not."""
        chosen = (
            select(SessionRow, UserRow)
            .join(UserRow, UserRow.username == SessionRow.username)
            .where(SessionRow.token_sha256 == token_sha256)
        )
        with self._database.read() as session:
            found = session.execute(chosen).one_or_none()
            if found is None:
                return None
            row, user = found
            return LoginSession(row.token_sha256, user_of(user), row.created_at, row.seen_at, row.expires_at)

    def touch(self, token_sha256: str, at: datetime) -> None:
        with self._database.write() as session:
            session.execute(update(SessionRow).where(SessionRow.token_sha256 == token_sha256).values(seen_at=at))

    def end(self, token_sha256: str) -> None:
        with self._database.write() as session:
            session.execute(delete(SessionRow).where(SessionRow.token_sha256 == token_sha256))

    def end_all(self, username: str) -> None:
        mine = select(SessionRow.token_sha256).where(SessionRow.username == username)
        with self._database.write() as session:
            tokens = session.scalars(mine.order_by(SessionRow.token_sha256).with_for_update()).all()
            session.execute(delete(SessionRow).where(SessionRow.token_sha256.in_(tokens)))

    def forget(self, *, expired_at: datetime, idle_since: datetime) -> None:
        """Remove what expired before `expired_at` or was last seen before `idle_since`.

        Who forgets waits for nobody: a session that another transaction holds is forgotten the next time.
        """
        old = or_(SessionRow.expires_at <= expired_at, SessionRow.seen_at <= idle_since)
        locked = select(SessionRow.token_sha256).where(old).with_for_update(skip_locked=True)
        with self._database.write() as session:
            session.execute(delete(SessionRow).where(SessionRow.token_sha256.in_(locked)))
