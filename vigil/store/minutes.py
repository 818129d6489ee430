"""What nodes summed up by minutes of windows and queues in service."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import select

from vigil.model.ids import GroupId, NodeId, WindowId
from vigil.model.looks import Unknown
from vigil.model.minutes import Minute, QueueMinute, WindowMinute
from vigil.store.database import Database, Lock, insert_if_absent, take_lock
from vigil.store.kept_days import QUEUE_DAYS, WINDOW_DAYS, undo
from vigil.store.tables import MinuteRow, QueueMinuteRow, WindowMinuteRow


@dataclass(frozen=True, slots=True)
class Told:
    """Who said it, of which minute, and how many of its `seconds` it stands for."""

    node: NodeId
    at: datetime
    seconds: float


class Minutes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: str, node: NodeId, minute: Minute) -> bool:
        """Enter what a node's record says, known by its id. False when it is known already."""
        values = {"record": record, "node": node, "at": minute.at, "seconds": minute.seconds}
        with self._database.write() as session:
            take_lock(session, Lock.DAY_SUMS, shared=True)
            if not insert_if_absent(session, MinuteRow, values):
                return False
            number = session.scalars(select(MinuteRow.number).where(MinuteRow.record == record)).one()
            session.add_all(WindowMinuteRow(minute=number, at=minute.at, **asdict(one)) for one in minute.windows)
            session.add_all(QueueMinuteRow(minute=number, at=minute.at, **asdict(one)) for one in minute.queues)
            undo(session, WINDOW_DAYS, [one.window for one in minute.windows], minute.at)
            undo(session, QUEUE_DAYS, [one.group for one in minute.queues], minute.at)
            return True

    def first_told(self) -> datetime | None:
        """The minute of the first record that came; None when none has."""
        query = select(MinuteRow.at).order_by(MinuteRow.number).limit(1)
        with self._database.read() as session:
            return session.scalars(query).one_or_none()

    def of_window(self, window: WindowId, from_at: datetime, to_at: datetime) -> list[tuple[Told, WindowMinute]]:
        """Of the minutes that begin within the span, by time. Parts of one minute, and what two nodes say of it, stand apart."""
        query = _OF_WINDOW.where(_W.window == window, _W.at >= from_at, _W.at < to_at)
        with self._database.ask() as connection:
            return [
                (
                    Told(node, at, seconds),
                    WindowMinute(window, staffed_s, unstaffed_s, _by_reason(unknown_s), visitor_s, looks),
                )
                for node, at, seconds, staffed_s, unstaffed_s, unknown_s, visitor_s, looks in connection.execute(query)
            ]

    def of_group(self, group: GroupId, from_at: datetime, to_at: datetime) -> list[tuple[Told, QueueMinute]]:
        """As `of_window`."""
        query = _OF_GROUP.where(_Q.group == group, _Q.at >= from_at, _Q.at < to_at)
        with self._database.ask() as connection:
            return [
                (Told(node, at, seconds), QueueMinute(group, *figures))
                for node, at, seconds, *figures in connection.execute(query)
            ]


_M, _W, _Q = MinuteRow.__table__.c, WindowMinuteRow.__table__.c, QueueMinuteRow.__table__.c
_TOLD = (_M.node, _M.at, _M.seconds)
_OF_WINDOW = (
    select(*_TOLD, _W.staffed_s, _W.unstaffed_s, _W.unknown_s, _W.visitor_s, _W.looks)
    .select_from(WindowMinuteRow.__table__.join(MinuteRow.__table__, _W.minute == _M.number))
    .order_by(_W.at, _W.minute)
)
_OF_GROUP = (
    select(*_TOLD, *(_Q[field.name] for field in fields(QueueMinute) if field.name != "group"))
    .select_from(QueueMinuteRow.__table__.join(MinuteRow.__table__, _Q.minute == _M.number))
    .order_by(_Q.at, _Q.minute)
)


def _by_reason(unknown_s: dict[str, float]) -> dict[Unknown, float]:
    return {Unknown(why): seconds for why, seconds in unknown_s.items()}
