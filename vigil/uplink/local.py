"""The node's own database: SQLite in WAL on a local disk, one connection behind a lock. Only outbox, spool and notes use it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vigil.errors import StoreError

_VERSION = 1
_SCHEMA = """
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    made_at TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE segments (
    id TEXT PRIMARY KEY,
    camera TEXT NOT NULL,
    start_at TEXT NOT NULL,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    segment TEXT NOT NULL
) STRICT;
CREATE INDEX segments_oldest ON segments (start_at);
CREATE TABLE chains (
    camera TEXT PRIMARY KEY,
    end_at TEXT NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class LocalDatabase:
    """Raises StoreError when the file cannot be used."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=10)
            # FULL: an alert that was acknowledged to the analytics outlives a loss of power.
            self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            self._hold_to_schema(file)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the node's database {file} cannot be used: {error}") from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction; nested calls on the same thread join it."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection

    def note(self, name: str) -> str | None:
        """A small value kept under a name."""
        with self.read() as connection:
            row = connection.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_note(self, name: str, value: str) -> None:
        with self.write() as connection:
            connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _hold_to_schema(self, file: Path) -> None:
        with self.write() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _SCHEMA.split(";")[:-1]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                raise StoreError(f"{file} is of schema {version} and this vigil knows {_VERSION}. Upgrade vigil")
