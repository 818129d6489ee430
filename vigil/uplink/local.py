"""The node's own database: SQLite in WAL on a local disk, one connection behind a lock. Only outbox, spool and notes use it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vigil.errors import StoreError

_STEPS = (
    """
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
""",
    """
CREATE TABLE aside (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    made_at TEXT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
ALTER TABLE segments ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
CREATE INDEX segments_next ON segments (failures, start_at);
""",
)
"""What leads from one version of the schema to the next; an upgraded node keeps what waits in its spool."""


class LocalDatabase:
    """Raises StoreError when the file cannot be used, at the start and later."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._on_commit: list[Callable[[], None]] = []
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=10)
            # FULL: an alert that was acknowledged to the analytics outlives a loss of power.
            self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the node's database {file} cannot be used: {error}") from error
        self._hold_to_schema(file)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction; nested calls on the same thread join it."""
        with self._lock, _translated():
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._on_commit.clear()
                if self._connection.in_transaction:  # SQLite has rolled back by itself where the disk is full
                    self._connection.execute("ROLLBACK")
                raise
            done, self._on_commit = self._on_commit, []
            for act in done:
                act()

    def on_commit(self, act: Callable[[], None]) -> None:
        """Inside `write`: run `act` once what was written is kept, before another thread may write. For counters."""
        self._on_commit.append(act)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
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
            if version > len(_STEPS):
                raise StoreError(f"{file} is of schema {version} and this vigil knows {len(_STEPS)}. Upgrade vigil")
            for step in _STEPS[version:]:
                for statement in step.split(";")[:-1]:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(_STEPS)}")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the node's database: {error}") from error
