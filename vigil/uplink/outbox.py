"""Records that must reach the centre: kept on disk until it says that they are in its database.

At least once on the wire, once in the database: the id stays the same however often a record is sent. A record that the centre
declines, because it makes no sense to it, would stop all behind it for ever: it is set aside, where a person can look.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from vigil import metrics
from vigil.uplink.local import LocalDatabase
from vigil.uplink.protocol import RECORD_KINDS, Record, RecordKind

MOST_ASIDE: Final = 200
"""Declined records that are kept; the oldest go."""
_MAY_GO: Final[tuple[RecordKind, ...]] = ("minutes", "observation")
"""When the outbox is full: the first as long as there are any."""

log = structlog.get_logger()


class Outbox:
    """Bounded in bytes. When full, the oldest minutes go, then the oldest observations, of which minutes can be made again;
    alerts and gaps never go.

    Safe from any thread. Raises StoreError when the disk fails; nothing has then changed.
    """

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
            # A new row and not an update: the centre may have read the old one already, and acknowledges by number.
            self._gone(connection.execute("DELETE FROM outbox WHERE id = ? RETURNING length(body)", (identity,)))
            connection.execute(
                "INSERT INTO outbox (id, kind, made_at, body) VALUES (?, ?, ?, ?)",
                (identity, kind, made_at.isoformat(), text),
            )
            self._count(1, len(text))
            self._database.on_commit(self._make_room)

    def pending(self, after: int, limit: int, kinds: Sequence[str] = RECORD_KINDS) -> list[Record]:
        """The oldest records of these kinds behind number `after`, in order."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT seq, id, kind, made_at, body FROM outbox"
                " WHERE seq > ? AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?",
                (after, json.dumps(kinds), limit),
            ).fetchall()
        return [
            Record(seq, identity, kind, datetime.fromisoformat(made_at), json.loads(body))
            for seq, identity, kind, made_at, body in rows
        ]

    def acknowledge(self, seqs: Iterable[int]) -> None:
        """The centre has them."""
        with self._database.write() as connection:
            for seq in seqs:
                self._gone(connection.execute("DELETE FROM outbox WHERE seq = ? RETURNING length(body)", (seq,)))

    def set_aside(self, seq: int, reason: str) -> None:
        """The centre will never take this record: the others go on without it."""
        with self._database.write() as connection:
            row = connection.execute("SELECT id, kind FROM outbox WHERE seq = ?", (seq,)).fetchone()
            if row is None:
                return
            connection.execute(
                "INSERT INTO aside SELECT seq, id, kind, made_at, body, ? FROM outbox WHERE seq = ?", (reason, seq)
            )
            connection.execute(
                "DELETE FROM aside WHERE seq <= (SELECT seq FROM aside ORDER BY seq DESC LIMIT 1 OFFSET ?)",
                (MOST_ASIDE,),
            )
            self._gone(connection.execute("DELETE FROM outbox WHERE seq = ? RETURNING length(body)", (seq,)))
        metrics.records_declined.labels(row[1]).inc()
        log.error("record_declined", record=row[0], kind=row[1], reason=reason)

    def aside(self) -> list[tuple[str, str]]:
        """Id and reason of the records that were set aside, oldest first."""
        with self._database.read() as connection:
            return [
                (str(row[0]), str(row[1])) for row in connection.execute("SELECT id, reason FROM aside ORDER BY seq")
            ]

    def _make_room(self) -> None:
        if self._bytes <= self._max_bytes:
            return
        for kind in _MAY_GO:
            with self._database.write() as connection:
                dropped = self._gone(
                    connection.execute(
                        "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE kind = ? ORDER BY seq LIMIT 100)"
                        " RETURNING length(body)",
                        (kind,),
                    )
                )
            if dropped:
                log.error("outbox_full", kind=kind, dropped=dropped, bytes=self._bytes)
                return

    def _gone(self, deleted: Iterable[tuple[int]]) -> int:
        sizes = [row[0] for row in deleted]
        self._count(-len(sizes), -sum(sizes))
        return len(sizes)

    def _count(self, records: int, size: int) -> None:
        def count() -> None:
            self._bytes += size
            metrics.outbox_records.inc(records)

        self._database.on_commit(count)
