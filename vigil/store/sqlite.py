"""SQLite as the centre uses it: embedded, on a local disk, one writer at a time.

In WAL mode readers never wait, and a committed row survives a power cut (synchronous=FULL), because a node forgets a record
once the centre has acknowledged it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from vigil.errors import StoreError

_BUSY_MS: Final = 10_000
"""How long a writer waits for another before the database refuses."""
_WRITES: Final = "vigil_writes"


def url_of(path: Path) -> URL:
    """The file's folder is made where it is missing. Raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder of the database {path} cannot be made: {error.strerror}") from error
    return URL.create("sqlite", database=str(path))


def open_engine(url: URL, **pool: Any) -> Engine:
    engine = create_engine(url, **pool)
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begin)
    return engine


def reader(engine: Engine) -> Engine:
    """Its transactions see the database as it was at their first statement."""
    return engine


def writer(engine: Engine) -> Engine:
    """Its transactions are alone with each other from their beginning."""
    return engine.execution_options(**{_WRITES: True})


def asker(engine: Engine) -> Engine:
    """As a reader: nothing of a transaction costs a round trip here."""
    return reader(engine)


def _connected(connection: Any, record: Any) -> None:  # noqa: ARG001
    connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late for IMMEDIATE
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once; one that upgrades later is refused however long it would wait.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
