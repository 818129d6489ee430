"""How far each node's clock was from the centre's, and when: part of every picture's evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from vigil.model.ids import NodeId
from vigil.store.database import Database
from vigil.store.tables import NodeClockRow


@dataclass(frozen=True, slots=True)
class NodeClock:
    """`offset_s`: the node's clock less the centre's, true within `error_s`."""

    at: datetime
    offset_s: float
    error_s: float


class Clocks:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, node: NodeId, clock: NodeClock) -> None:
        with self._database.write() as session:
            session.add(NodeClockRow(node=node, at=clock.at, offset_s=clock.offset_s, error_s=clock.error_s))

    def near(self, node: NodeId, at: datetime) -> NodeClock | None:
        """The reading nearest in time; None when there was never one."""
        mine = select(NodeClockRow).where(NodeClockRow.node == node)
        before = mine.where(NodeClockRow.at <= at).order_by(NodeClockRow.at.desc()).limit(1)
        after = mine.where(NodeClockRow.at > at).order_by(NodeClockRow.at).limit(1)
        with self._database.read() as session:
            rows = [row for query in (before, after) for row in session.scalars(query)]
            nearest = min(rows, key=lambda row: abs(row.at - at), default=None)
            return None if nearest is None else NodeClock(nearest.at, nearest.offset_s, nearest.error_s)
