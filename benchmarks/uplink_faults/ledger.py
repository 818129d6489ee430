"""What the node ever promised: every alert, gap and segment that it put on its disk, written down beside it by triggers.

A trigger writes in the transaction of the record itself. So what stands here was durable at the node, kill or not, and what
does not stand here was not: neither a log, which comes before the record, nor a look now and then could say that.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from vigil.uplink.local import LocalDatabase

_TABLES: Final = """
CREATE TABLE ledger_alerts (id TEXT, revision INTEGER, PRIMARY KEY (id, revision));
CREATE TABLE ledger_gaps (camera TEXT, start_at TEXT, end_at TEXT, cause TEXT);
CREATE TABLE ledger_segments (id TEXT PRIMARY KEY);
CREATE TRIGGER ledger_alert AFTER INSERT ON outbox WHEN NEW.kind = 'alert' BEGIN
    INSERT OR IGNORE INTO ledger_alerts VALUES (
        json_extract(NEW.body, '$.alert.id'), json_extract(NEW.body, '$.alert.revision'));
END;
CREATE TRIGGER ledger_gap AFTER INSERT ON outbox WHEN NEW.kind = 'gap' BEGIN
    INSERT INTO ledger_gaps VALUES (json_extract(NEW.body, '$.camera'), json_extract(NEW.body, '$.start_at'),
        json_extract(NEW.body, '$.end_at'), json_extract(NEW.body, '$.cause'));
END;
CREATE TRIGGER ledger_segment AFTER INSERT ON segments BEGIN
    INSERT OR IGNORE INTO ledger_segments VALUES (NEW.id);
END;
"""


@dataclass(frozen=True, slots=True)
class Ledger:
    alerts: dict[str, int]
    """Id and highest revision."""
    waiting: frozenset[str]
    """Alerts of which a revision is still in the outbox."""
    open: frozenset[str]
    """Alerts whose episodes the node means to go on."""
    aside: tuple[str, ...]
    """Records that the centre declined, with its reasons."""
    segments: frozenset[str]
    segments_waiting: frozenset[str]
    gaps: tuple[tuple[str, datetime, datetime, str], ...]
    """Camera, from, to, cause."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits at the node: segments closed and open, and records that must not be lost."""

    segments: int
    open_segments: int
    megabytes: float
    records: int

    @property
    def empty(self) -> bool:
        return not (self.segments or self.open_segments or self.records)


def install(file: Path) -> None:
    """Before the node begins. Raises StoreError."""
    LocalDatabase(file).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(_TABLES)


def backlog(folder: Path) -> Backlog:
    """Of the node whose data are in `folder`."""
    with closing(_opened(folder / "node.db")) as connection:
        count, size = connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM segments").fetchone()
        (records,) = connection.execute("SELECT count(*) FROM outbox WHERE kind IN ('alert', 'gap')").fetchone()
    return Backlog(count, len(list(folder.glob("spool/*/*.part"))), size / 1e6, records)


def read(file: Path) -> Ledger:
    with closing(_opened(file)) as connection:

        def texts(query: str) -> list[str]:
            return [str(row[0]) for row in connection.execute(query)]

        alerts = connection.execute("SELECT id, max(revision) FROM ledger_alerts GROUP BY id").fetchall()
        gaps = connection.execute("SELECT camera, start_at, end_at, cause FROM ledger_gaps").fetchall()
        memory = connection.execute("SELECT value FROM notes WHERE name = 'analyst-memory'").fetchone()
        opened = json.loads(memory[0])["open"] if memory else {}
        return Ledger(
            alerts=dict(alerts),
            waiting=frozenset(texts("SELECT json_extract(body, '$.alert.id') FROM outbox WHERE kind = 'alert'")),
            open=frozenset(alert["id"] for alert in opened.values()),
            aside=tuple(texts("SELECT id || ': ' || reason FROM aside")),
            segments=frozenset(texts("SELECT id FROM ledger_segments")),
            segments_waiting=frozenset(texts("SELECT id FROM segments")),
            gaps=tuple(
                (one[0], datetime.fromisoformat(one[1]), datetime.fromisoformat(one[2]), one[3]) for one in gaps
            ),
        )


def reads(log: Path) -> dict[str, list[float]]:
    """When the node told that it reads a camera, in seconds since 1970, by camera: from its log."""
    found: dict[str, list[float]] = defaultdict(list)
    for line in log.read_text(errors="replace").splitlines():
        if '"camera_connected"' not in line:
            continue
        try:
            told = json.loads(line)
        except ValueError:  # a kill cut it
            continue
        found[told["camera"]].append(datetime.fromisoformat(told["timestamp"]).timestamp())
    return found


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
