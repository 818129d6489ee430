"""Opens the database, holds it to our schema, and lends sessions. Knows no noun.

SQLite in WAL mode: readers never wait, one writer at a time, and a committed row survives a power cut
(synchronous=FULL), because a node forgets a record once the centre has acknowledged it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from vigil.errors import StoreError
from vigil.store.tables import SCHEMA_VERSION, Base, SchemaRow, create_all, upgrade

_BUSY_MS: Final = 10_000
"""How long a writer waits for another before the database refuses."""
_POOL: Final = 8
_POOL_OVERFLOW: Final = 40
"""More than the server has worker threads, so that no request waits for a connection."""
_WRITES: Final = "vigil_writes"


class Database:
    """An engine and its transactions. Safe from several threads."""

    def __init__(self, url: str | URL) -> None:
        """Open and, when empty, create. Raises StoreError when it cannot be opened or its schema is another."""
        self._where = make_url(url).render_as_string(hide_password=True)
        self._open: ContextVar[Session | None] = ContextVar("vigil_session", default=None)
        self._engine = create_engine(url, pool_size=_POOL, max_overflow=_POOL_OVERFLOW)
        if self._engine.dialect.name == "sqlite":
            _prepare_sqlite(self._engine)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        with self._translated():
            self._hold_to_schema()

    @classmethod
    def in_file(cls, path: Path) -> Self:
        """An SQLite database on a local disk, its folder made where it is missing. Raises StoreError.

        WAL does not work over a network file system.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder of the database {path} cannot be made: {error.strerror}") from error
        return cls(URL.create("sqlite", database=str(path)))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view. Inside a `write` of the same thread it sees what that has written."""
        outer = self._open.get()
        if outer is not None:
            yield outer
            return
        with self._translated(), Session(self._engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back on an error. A `write` inside a `write` joins it.

        So two stores can be changed together: `with database.write(): alerts.upsert(…); clips.request_for_alert(…)`.
        """
        outer = self._open.get()
        if outer is not None:
            yield outer
            return
        with self._translated(), Session(self._writer) as session, session.begin():
            token = self._open.set(session)
            try:
                yield session
            finally:
                self._open.reset(token)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:  # without its statement and values, which may be secret
            raise StoreError(f"database {self._where}: {type(error).__name__}: {error.orig}") from error
        except SQLAlchemyError as error:
            raise StoreError(f"database {self._where}: {type(error).__name__}") from error

    def _hold_to_schema(self) -> None:
        tables = inspect(self._engine).get_table_names()
        if not tables:
            with self.write() as session:
                create_all(session.connection())
                session.add(SchemaRow(version=SCHEMA_VERSION))
            return
        if SchemaRow.__tablename__ not in tables:
            raise StoreError(f"database {self._where}: not one of vigil's: it has no schema version")
        with self.read() as session:
            found = session.scalars(select(SchemaRow.version)).one_or_none()
        if found is None or found > SCHEMA_VERSION:
            raise StoreError(
                f"database {self._where}: its schema is version {found}, this vigil needs {SCHEMA_VERSION}"
            )
        if found < SCHEMA_VERSION:
            with self.write() as session:
                upgrade(session.connection(), found)
                session.execute(update(SchemaRow).values(version=SCHEMA_VERSION))


def insert_if_absent(session: Session, table: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is there already. True when it was inserted."""
    build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = build(table).values(dict(values)).on_conflict_do_nothing()
    # A core statement, not the ORM's bulk insert: only its cursor knows how many rows there were.
    return session.connection().execute(statement).rowcount == 1


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:  # noqa: ARG001
        connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late for IMMEDIATE
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once; one that upgrades later is refused however long it would wait.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
