"""The whole database as it was at one moment, in one SQLite file, while others read and write.

SQLite is copied page by page through its online backup, with the schema that it has; PostgreSQL row by row out of one snapshot,
so that what was backed up from either can go into either. Neither makes a writer wait.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigil.errors import StoreError
from vigil.store.copying import copy_rows
from vigil.store.database import Database
from vigil.store.register_chain import HEAD, Head

_SOUND: Final = [("ok",)]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a copy is of. `register` is None of a schema from before the register's chain; `sealed` counts second factors."""

    schema: str
    register: Head | None
    sealed: int


def take(source: Database, path: Path) -> Snapshot:
    """Into a new file that only its owner may read, looked through to its last page. Raises StoreError."""
    standing = source.standing()
    if standing.found is None:
        raise StoreError(f"database {source.where} is empty: there is nothing to back up")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if source.in_one_file:
        _copy_pages(source, path)
    elif standing.ahead:
        raise StoreError(
            f"database {source.where}: its schema is revision {standing.found}, and only one of revision {standing.needed} "
            "can be copied. Back it up with the vigil that made it, or by pg_dump, or go the steps first (vigil database upgrade)"
        )
    else:
        with closing(Database.in_file(path)) as target:
            copy_rows(source, target)
    return _looked_through(path)


def _copy_pages(source: Database, path: Path) -> None:
    with source.read() as session, closing(sqlite3.connect(path)) as target:
        pages = session.connection().connection.driver_connection
        assert isinstance(pages, sqlite3.Connection)  # noqa: S101, `in_one_file` says so
        try:
            pages.backup(target)  # in one step: in several it begins anew whenever somebody writes
        except sqlite3.Error as error:
            raise StoreError(f"database {source.where} cannot be copied: {error}") from error


def _looked_through(path: Path) -> Snapshot:
    try:
        with closing(sqlite3.connect(path)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # the file is whole without a -wal beside it
            found = copy.execute("PRAGMA integrity_check").fetchall()
            if found != _SOUND:
                raise StoreError(f"the copy of the database is damaged, and so is what it is of: {found[0][0]}")
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return Snapshot(_schema(copy, tables), _head(copy, tables), _sealed(copy, tables))
    except sqlite3.Error as error:
        raise StoreError(f"the copy of the database is damaged: {error}") from error


def _schema(copy: sqlite3.Connection, tables: set[str]) -> str:
    table, column = ("alembic_version", "version_num") if "alembic_version" in tables else ("schema_version", "version")
    return str(copy.execute(f"SELECT {column} FROM {table}").fetchone()[0])  # noqa: S608, our own names


def _head(copy: sqlite3.Connection, tables: set[str]) -> Head | None:
    if "register_head" not in tables:
        return None
    row = copy.execute("SELECT number, sha256 FROM register_head WHERE id = ?", (HEAD,)).fetchone()
    return None if row is None else Head(*row)


def _sealed(copy: sqlite3.Connection, tables: set[str]) -> int:
    if "second_factors" not in tables:
        return 0
    return int(copy.execute("SELECT count(*) FROM second_factors").fetchone()[0])
