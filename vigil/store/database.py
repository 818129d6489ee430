"""Opens the database, holds it to our schema, and lends sessions. Knows no noun.

What SQLite and PostgreSQL each need stands in `sqlite` and `postgres`, the way to our schema in `schema`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, Protocol, Self

from sqlalchemy import URL, Connection, Engine, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from vigil.errors import StoreError, UnstorableError
from vigil.store import postgres, sqlite
from vigil.store.schema import Standing, bring_up, shown, standing
from vigil.store.tables import Base

_POOL: Final = 24
"""Connections that are kept: to make one costs more than a page of alerts does."""
_POOL_OVERFLOW: Final = 24
"""With those that are kept more than the server has worker threads, so that no request waits for a connection."""
_POOL_WAIT_S: Final = 10


class Lock(IntEnum):
    """What a transaction may have for itself beside rows, until it ends."""

    REGISTER = 0x76_69_67_01
    ALERT_STEPS = 0x76_69_67_02
    DAY_SUMS = 0x76_69_67_03
    SITE = 0x76_69_67_04
    ROSTER = 0x76_69_67_05


class _Kind(Protocol):
    """What `sqlite` and `postgres` each say."""

    def open_engine(self, url: URL, **pool: Any) -> Engine: ...

    def reader(self, engine: Engine) -> Engine: ...

    def writer(self, engine: Engine) -> Engine: ...

    def asker(self, engine: Engine) -> Engine: ...


class Database:
    """An engine and its transactions. Safe from several threads."""

    def __init__(self, url: str | URL, *, upgrade: bool = True) -> None:
        """Open and, when empty, create; an older schema is brought up, or left alone without `upgrade`.

        Raises StoreError when it cannot be opened, or its schema is a later one or somebody else's.
        """
        url = make_url(url)
        self.where: Final = shown(url)
        """What it is called in messages; without secrets."""
        self._open: ContextVar[Session | None] = ContextVar("vigil_session", default=None)
        self._seen: ContextVar[Session | None] = ContextVar("vigil_snapshot", default=None)
        self.in_one_file: Final = url.get_backend_name() == "sqlite"
        kind: _Kind = sqlite if self.in_one_file else postgres
        self._engine = kind.open_engine(
            url, pool_size=_POOL, max_overflow=_POOL_OVERFLOW, pool_timeout=_POOL_WAIT_S, pool_use_lifo=True
        )
        self._reader, self._writer = kind.reader(self._engine), kind.writer(self._engine)
        self._asker = kind.asker(self._engine)
        self.steps_taken: tuple[str, ...] = ()
        """What brought its schema up when it was opened."""
        if upgrade:
            with ExitStack() as failing, self._translated():
                failing.callback(self.close)
                self.steps_taken = bring_up(self._reader, self._writer)
                failing.pop_all()

    @classmethod
    def in_file(cls, path: Path, *, upgrade: bool = True) -> Self:
        """An SQLite database on a local disk, its folder made where it is missing. Raises StoreError.

        WAL does not work over a network file system.
        """
        return cls(sqlite.url_of(path), upgrade=upgrade)

    @classmethod
    def on_server(
        cls, address: str, password: str | None = None, tls_ca: Path | None = None, *, upgrade: bool = True
    ) -> Self:
        """A PostgreSQL database; the address has no password in it. Raises StoreError."""
        return cls(postgres.url_of(address, password, tls_ca), upgrade=upgrade)

    def close(self) -> None:
        self._engine.dispose()

    def standing(self) -> Standing:
        """Raises StoreError."""
        with self._translated(), self._reader.connect() as connection:
            return standing(connection)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view. Inside a `write` of the same thread it sees what that has written."""
        outer = self._open.get() or self._seen.get()
        if outer is not None:
            yield outer
            return
        with self._translated(), Session(self._reader) as session:
            yield session

    @contextmanager
    def ask(self) -> Iterator[Connection]:
        """For one statement that reads: it is of one moment by itself, so that a server neither begins nor ends anything for it.

        Inside a `snapshot` or a `write` of the same thread it sees what they see.
        """
        outer = self._open.get() or self._seen.get()
        if outer is not None:
            outer.flush()  # what was changed through its objects
            yield outer.connection()
            return
        with self._translated(), self._asker.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What this thread reads within it is of one moment, and costs one transaction. A `write` stands apart from it."""
        with self.read() as session:
            token = self._seen.set(session)
            try:
                yield
            finally:
                self._seen.reset(token)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back on an error. A `write` inside a `write` joins it.

        So two stores can be changed together: `with database.write(): alerts.upsert(…); clips.request_for_alert(…)`.
        Where the connection breaks while it commits nobody knows whether it did: StoreError, and who sent it sends it again.
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
        """Errors in words, without their statement and values, which may be secret."""
        try:
            yield
        except DataError as error:
            raise UnstorableError(f"the database cannot hold a value of it: {_reason(error)}") from error
        except DBAPIError as error:
            raise StoreError(f"database {self.where}: {type(error).__name__}: {_reason(error)}") from error
        except SQLAlchemyError as error:
            raise StoreError(f"database {self.where}: {type(error).__name__}") from error


def insert_if_absent(session: Session, table: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is there already. True when it was inserted.

    Where another transaction is inserting the same key, it waits for how that ends.
    """
    build = postgresql.insert if _on_postgresql(session) else sqlite_dialect.insert
    statement = build(table).values(dict(values)).on_conflict_do_nothing()
    # A core statement, not the ORM's bulk insert: only its cursor knows how many rows there were, and is asked only where told.
    options = {"preserve_rowcount": True}
    return session.connection().execute(statement, execution_options=options).rowcount == 1


def take_lock(session: Session, lock: Lock, *, shared: bool = False) -> None:
    """Alone from here to the end of the transaction, or with all others who share it. In SQLite every writer is alone."""
    if _on_postgresql(session):
        take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        session.execute(select(take(lock)))


def _on_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _reason(error: DBAPIError) -> str:
    """What the server says, on one line. PostgreSQL's DETAIL repeats values and is left out."""
    diagnosis = getattr(error.orig, "diag", None)
    return " ".join((getattr(diagnosis, "message_primary", None) or str(error.orig)).split())
