"""Nodes: their clocks, keys and tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


class NodeClockRow(Base):
    __tablename__ = "node_clocks"
    __table_args__ = (Index("node_clocks_by_node", "node", "at"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    node: Mapped[str]
    at: Mapped[datetime]
    offset_s: Mapped[float]
    error_s: Mapped[float]


class NodeKeyRow(Base):
    """The key of a node that was enrolled, never the key itself."""

    __tablename__ = "node_keys"

    node: Mapped[str] = mapped_column(primary_key=True)
    key_sha256: Mapped[str]
    enrolled_at: Mapped[datetime]


class NodeTokenRow(Base):
    """Leave to enrol a node, once. `key_sha256`: who used it, so that an answer that was lost can be asked for again."""

    __tablename__ = "node_tokens"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str]
    expires_at: Mapped[datetime]
    key_sha256: Mapped[str | None]
