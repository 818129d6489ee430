"""The database as a whole, from the command line: its schema, and its rows from another."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from vigil.center.sections import center_of, database_file, open_database
from vigil.config import Configuration
from vigil.errors import StoreError
from vigil.store.copying import copy_rows
from vigil.store.database import Database


@dataclass(frozen=True, slots=True)
class Found:
    """Where the database is, its schema in words, and the steps that it lacks."""

    where: str
    schema: str
    ahead: tuple[str, ...]


def standing(configuration: Configuration) -> Found:
    """Changes nothing. Raises ConfigError, SecretError, StoreError."""
    with closing(open_database(configuration, upgrade=False)) as database:
        return _found(database)


def upgrade(configuration: Configuration) -> tuple[tuple[str, ...], Found]:
    """The steps that were taken, and where it stands. Raises ConfigError, SecretError, StoreError."""
    with closing(open_database(configuration)) as database:
        return database.steps_taken, _found(database)


def copy(configuration: Configuration, file: Path | None) -> dict[str, int]:
    """The rows of an SQLite database, `file` or the one in `data`, into the server's. How many of each table.

    The source is brought to our schema and otherwise left as it is. Raises what `upgrade` raises, and UnstorableError.
    """
    if center_of(configuration).database is None:
        raise StoreError(f"{configuration.file} names no server to copy to. Add center.database")
    file = file or database_file(configuration)
    if not file.is_file():
        raise StoreError(f"there is no database {file}. Say with --from which file to copy")
    with closing(Database.in_file(file)) as source, closing(open_database(configuration)) as target:
        return copy_rows(source, target)


def _found(database: Database) -> Found:
    now = database.standing()
    schema = now.found or "empty"
    return Found(database.where, schema if not now.ahead else f"{schema}, {now.needed} is needed", now.ahead)
