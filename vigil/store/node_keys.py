"""Keys of enrolled nodes, and the one-time tokens that enrol them. Only hashes: who reads the database can be no node."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from vigil.model.ids import NodeId
from vigil.store.database import Database
from vigil.store.tables import NodeKeyRow, NodeTokenRow


@dataclass(frozen=True, slots=True)
class EnrolledNode:
    node: NodeId
    enrolled_at: datetime


class NodeKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def allow(self, node: NodeId, token: str, expires_at: datetime) -> None:
        """The token may enrol the node once. One that was given out for it before may no more."""
        with self._database.write() as session:
            session.execute(delete(NodeTokenRow).where(NodeTokenRow.node == node))
            session.add(NodeTokenRow(token_sha256=_sha256(token), node=node, expires_at=expires_at, key_sha256=None))

    def enrol(self, node: NodeId, token: str, key: str, at: datetime) -> bool:
        """From now on the node has this key and no other. False where the token is none for it, is too old, or was used.

        The same key may come with its token again: the answer may have been lost.
        """
        with self._database.write() as session:
            row = session.get(NodeTokenRow, _sha256(token), with_for_update=True)
            if row is None or row.node != node or row.expires_at <= at:
                return False
            if row.key_sha256 is not None:
                return row.key_sha256 == _sha256(key)
            row.key_sha256 = _sha256(key)
            session.merge(NodeKeyRow(node=node, key_sha256=_sha256(key), enrolled_at=at))
            return True

    def holds(self, node: NodeId, key: str) -> bool:
        """Whether this is the node's key."""
        with self._database.read() as session:
            row = session.get(NodeKeyRow, node)
            return row is not None and row.key_sha256 == _sha256(key)

    def revoke(self, node: NodeId) -> bool:
        """Neither its key nor a token for it is good any more. False when it had no key."""
        with self._database.write() as session:
            session.execute(delete(NodeTokenRow).where(NodeTokenRow.node == node))
            row = session.get(NodeKeyRow, node, with_for_update=True)
            if row is None:
                return False
            session.delete(row)
            return True

    def forget_tokens(self) -> None:
        """Nobody enrols with one that was given out so far. Keys stay."""
        with self._database.write() as session:
            session.execute(delete(NodeTokenRow))

    def all(self) -> list[EnrolledNode]:
        with self._database.read() as session:
            rows = session.scalars(select(NodeKeyRow).order_by(NodeKeyRow.node))
            return [EnrolledNode(NodeId(row.node), row.enrolled_at) for row in rows]


def _sha256(secret: str) -> str:
    """Of 32 random bytes no dictionary helps, so that a plain hash is enough; two hashes may be compared in any time."""
    return hashlib.sha256(secret.encode()).hexdigest()
