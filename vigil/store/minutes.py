"""What nodes summed up by minutes of windows and queues in service."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
        query = (
            select(WindowMinuteRow, MinuteRow)
            .join(MinuteRow, WindowMinuteRow.minute == MinuteRow.number)
            .where(WindowMinuteRow.window == window, WindowMinuteRow.at >= from_at, WindowMinuteRow.at < to_at)
            .order_by(WindowMinuteRow.at, WindowMinuteRow.minute)
        )
        with self._database.read() as session:
            return [(_told(minute), _window(row)) for row, minute in session.execute(query)]

    def of_group(self, group: GroupId, from_at: datetime, to_at: datetime) -> list[tuple[Told, QueueMinute]]:
        """As `of_window`."""
        query = (
            select(QueueMinuteRow, MinuteRow)
            .join(MinuteRow, QueueMinuteRow.minute == MinuteRow.number)
            .where(QueueMinuteRow.group == group, QueueMinuteRow.at >= from_at, QueueMinuteRow.at < to_at)
            .order_by(QueueMinuteRow.at, QueueMinuteRow.minute)
        )
        with self._database.read() as session:
            return [(_told(minute), _queue(row)) for row, minute in session.execute(query)]


def _told(row: MinuteRow) -> Told:
    return Told(NodeId(row.node), row.at, row.seconds)


def _window(row: WindowMinuteRow) -> WindowMinute:
    return WindowMinute(
        WindowId(row.window),
        row.staffed_s,
        row.unstaffed_s,
        {Unknown(why): seconds for why, seconds in row.unknown_s.items()},
        row.visitor_s,
        row.looks,
    )


def _queue(row: QueueMinuteRow) -> QueueMinute:
    return QueueMinute(
        GroupId(row.group),
        row.in_service_s,
        row.known_s,
        row.waiting_mean,
        row.waiting_least,
        row.waiting_most,
        row.staffed_mean,
        row.wait_s,
    )
