"""The database's schema from the command line."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from vigil.center.sections import open_database
from vigil.config import Configuration
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


def _found(database: Database) -> Found:
    now = database.standing()
    schema = now.found or "empty"
    return Found(database.where, schema if not now.ahead else f"{schema}, {now.needed} is needed", now.ahead)
