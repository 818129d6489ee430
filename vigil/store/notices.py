"""Notices: which stages of which alerts a channel is to be told of. How they leave stands in vigil/store/deliveries.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from vigil.model.ids import AlertId, ChannelName
from vigil.model.notices import NoticeState, Wanted
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import NoticeAttemptRow, NoticeMessageRow, NoticeRow


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one channel. `oldest_at` is when the oldest that waits was to leave."""

    waiting: int = 0
    oldest_at: datetime | None = None
    unsent: int = 0
    """Refused or expired: they wait for a person."""


class Notices:
    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, alert: AlertId, wanted: Iterable[Wanted], *, at: datetime) -> int:
        """Each stage once for each channel, whatever comes twice. How many were new.

        Call it in the transaction that enters the alert: then no alert is known of which nobody will be told.
        """
        with self._database.write() as session:
            return sum(
                insert_if_absent(
                    session,
                    NoticeRow,
                    {
                        "channel": one.channel,
                        "alert": alert,
                        "stage": one.stage,
                        "version": 0 if one.passed is None else one.passed.version,
                        "role": None if one.passed is None else one.passed.to,
                        "state": NoticeState.WAITING,
                        "created_at": at,
                        "due_at": one.due_at,
                    },
                )
                for one in wanted
            )

    def send_again(self, channel: ChannelName, *, at: datetime) -> int:
        """What was refused or has expired waits anew, and will be told as it stands then. How many."""
        again = (
            update(NoticeRow)
            .where(NoticeRow.channel == channel, NoticeRow.state.in_((NoticeState.REFUSED, NoticeState.EXPIRED)))
            .values(state=NoticeState.WAITING, due_at=at, message=None)
            .execution_options(synchronize_session=False)
        )
        with self._database.write() as session:
            return session.connection().execute(again).rowcount

    def backlogs(self, channels: Iterable[ChannelName], at: datetime) -> dict[ChannelName, Backlog]:
        """What waits and was due by `at`, and what was given up, channel by channel."""
        unsent = (NoticeState.REFUSED, NoticeState.EXPIRED)
        due = (NoticeRow.state == NoticeState.WAITING) & (NoticeRow.due_at <= at)
        query = (
            select(NoticeRow.channel, NoticeRow.state, func.count(), func.min(NoticeRow.due_at))
            .where(or_(due, NoticeRow.state.in_(unsent)))
            .group_by(NoticeRow.channel, NoticeRow.state)
        )
        found = {channel: Backlog() for channel in channels}
        with self._database.read() as session:
            for name, state, count, oldest_at in session.execute(query):
                known = found.get(ChannelName(name))
                if known is None:
                    continue  # a channel that has left the configuration
                if state == NoticeState.WAITING:
                    found[ChannelName(name)] = Backlog(count, oldest_at, known.unsent)
                else:
                    found[ChannelName(name)] = Backlog(known.waiting, known.oldest_at, known.unsent + count)
        return found

    def forget(self, before: datetime) -> None:
        """Drop what was settled or given up before then, and the log of it. What waits stays."""
        with self._database.write() as session:
            old = (NoticeRow.created_at < before, NoticeRow.state != NoticeState.WAITING)
            session.execute(delete(NoticeRow).where(*old))
            session.execute(delete(NoticeAttemptRow).where(NoticeAttemptRow.at < before))
            kept = select(NoticeAttemptRow.message).union(
                select(NoticeRow.message).where(NoticeRow.message.is_not(None))
            )
            stale = (NoticeMessageRow.created_at < before, NoticeMessageRow.id.not_in(kept))
            session.execute(delete(NoticeMessageRow).where(*stale))
