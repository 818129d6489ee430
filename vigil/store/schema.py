"""Which revision a database stands at, which one we need, and the steps from the one to the other (Alembic).

A step is one transaction, alone with the database: two centres that start at once take turns, and a step that fails or is
killed has changed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import URL, Connection, Engine, func, inspect, select

from vigil.errors import StoreError
from vigil.store import takeover

MIGRATIONS: Final = Path(__file__).parent / "migrations"
VERSION_TABLE: Final = "alembic_version"
_LOCK: Final = 0x76_69_67_00


def shown(url: URL) -> str:
    """A database's address for messages: nothing secret, and no options."""
    return URL.create(url.drivername, url.username, None, url.host, url.port, url.database).render_as_string()


@dataclass(frozen=True, slots=True)
class Standing:
    """`found` is None of a database without tables; `ahead` are the steps to take, `NUMBER_what`."""

    found: str | None
    needed: str
    ahead: tuple[str, ...]


def bring_up(reader: Engine, writer: Engine) -> tuple[str, ...]:
    """From nothing or from an older schema to ours; what is there stays. The steps that were ours to take.

    Raises StoreError for any other schema.
    """
    with reader.connect() as connection:
        if not standing(connection).ahead:
            return ()  # and nobody was made to wait
    taken: list[str] = []
    while True:
        with writer.begin() as connection:
            _lock(connection)
            ahead = standing(connection).ahead
            if not ahead:
                return tuple(taken)
            if takeover.is_due(connection):
                takeover.prepare(connection)
                _step(connection)
                takeover.finish(connection)
            else:
                _step(connection)
        taken.append(ahead[0])


def standing(connection: Connection) -> Standing:
    """Raises StoreError for a schema that is later than ours, or is not ours."""
    line = _line()
    tables = inspect(connection).get_table_names()
    if not tables:
        return _standing(None, line)
    if takeover.is_due(connection):
        return _standing(f"version {takeover.version(connection)}", line)
    if VERSION_TABLE not in tables:
        raise StoreError(
            f"database {shown(connection.engine.url)}: not one of vigil's: it has no table {VERSION_TABLE}"
        )
    found = MigrationContext.configure(connection).get_current_heads()
    known = [script.revision for script in line]
    if len(found) != 1 or found[0] not in known:
        raise StoreError(
            f"database {shown(connection.engine.url)}: its schema is revision {', '.join(found) or 'none'}, and this vigil knows "
            f"{known[0]} to {known[-1]}. A later vigil brought it up, or it is not one of vigil's"
        )
    return _standing(found[0], line[known.index(found[0]) + 1 :])


def _standing(found: str | None, ahead: tuple[Script, ...]) -> Standing:
    return Standing(found, _line()[-1].revision, tuple(Path(script.path).stem for script in ahead))


def _step(connection: Connection) -> None:
    """The next one, within the transaction that is open."""
    scripts, line = _scripts(), [script.revision for script in _line()]

    def next_one(found: Any, context: MigrationContext) -> object:  # noqa: ARG001
        target = line[line.index(found[0]) + 1] if found else line[0]
        return scripts._upgrade_revs(target, found)  # Alembic's own commands ask the same

    context = MigrationContext.configure(connection, opts={"fn": next_one})
    with Operations.context(context):
        context.run_migrations()


def _lock(connection: Connection) -> None:
    """In SQLite every writer has one from its beginning. Whoever migrates may take his time."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])


@cache
def _line() -> tuple[Script, ...]:
    """Every revision, the first one first."""
    return tuple(reversed(list(_scripts().walk_revisions())))
