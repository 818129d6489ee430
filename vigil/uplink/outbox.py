"""Records that must reach the centre: kept on disk until it says that they are in its database.

At least once on the wire, once in the database: the id stays the same however often a record is sent.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import structlog

from vigil import metrics
from vigil.uplink.local import LocalDatabase
from vigil.uplink.protocol import Record, RecordKind

log = structlog.get_logger()


class Outbox:
    """Bounded in bytes. When full, the oldest observations go, counted and logged; alerts and gaps never go."""

    def __init__(self, database: LocalDatabase, *, max_bytes: int) -> None:
        self._database = database
        self._max_bytes = max_bytes
        with database.read() as connection:
            self._bytes, count = connection.execute(
                "SELECT coalesce(sum(length(body)), 0), count(*) FROM outbox"
            ).fetchone()
        metrics.outbox_records.set(count)

    def put(self, identity: str, kind: RecordKind, made_at: datetime, body: dict[str, Any]) -> None:
        """Durable when it returns. A record with the same id that waits already is replaced."""
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        with self._database.write() as connection:
            row = connection.execute("SELECT length(body) FROM outbox WHERE id = ?", (identity,)).fetchone()
            # A new row and not an update: the centre may have read the old one already, and acknowledges by number.
            connection.execute("DELETE FROM outbox WHERE id = ?", (identity,))
            connection.execute(
                "INSERT INTO outbox (id, kind, made_at, body) VALUES (?, ?, ?, ?)",
                (identity, kind, made_at.isoformat(), text),
            )
            self._bytes += len(text) - (row[0] if row else 0)
            if not row:
                metrics.outbox_records.inc()
            self._make_room()

    def pending(self, after: int, limit: int) -> list[Record]:
        """The oldest records behind number `after`, in order."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT seq, id, kind, made_at, body FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
            ).fetchall()
        return [
            Record(seq, identity, kind, datetime.fromisoformat(made_at), json.loads(body))
            for seq, identity, kind, made_at, body in rows
        ]

    def acknowledge(self, seq: int) -> None:
        with self._database.write() as connection:
            row = connection.execute("DELETE FROM outbox WHERE seq = ? RETURNING length(body)", (seq,)).fetchone()
        if row is not None:
            self._bytes -= row[0]
            metrics.outbox_records.dec()

    def _make_room(self) -> None:
        if self._bytes <= self._max_bytes:
            return
        with self._database.write() as connection:
            rows = connection.execute(
                "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE kind = 'observation' ORDER BY seq LIMIT 100)"
                " RETURNING length(body)"
            ).fetchall()
        self._bytes -= sum(row[0] for row in rows)
        metrics.outbox_records.dec(len(rows))
        log.error("outbox_full", dropped_observations=len(rows), bytes=self._bytes)
