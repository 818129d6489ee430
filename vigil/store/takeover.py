"""Databases from before Alembic: SQLite alone, with a table `schema_version` of one row, 1 to 3.

They are brought to version 3, which is the first revision, and then are as if they had begun there. The table goes: an older
vigil must refuse what it does not know.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect

from vigil.errors import StoreError

_TABLE: Final = "schema_version"
_LAST: Final = 3
_COLUMNS: Final[dict[int, tuple[str, ...]]] = {
    1: (
        "ALTER TABLE observations ADD COLUMN suspended TEXT",
        "ALTER TABLE observations ADD COLUMN confidence DOUBLE",
    ),
    2: (),
    3: (),
}
"""Version: what it lacks beside tables, which the first revision makes where they are missing."""
_FOOTAGE_HOURS: Final = (
    "INSERT INTO footage_hours SELECT camera, strftime('%Y-%m-%d %H:00:00.000000', start_at), "
    "SUM((julianday(end_at) - julianday(start_at)) * 86400) FROM segments WHERE state = 'stored' GROUP BY 1, 2"
)
"""A segment over the turn of an hour counts to the hour in which it begins."""


def is_due(connection: Connection) -> bool:
    tables = inspect(connection).get_table_names()
    return connection.dialect.name == "sqlite" and _TABLE in tables and "alembic_version" not in tables


def version(connection: Connection) -> int:
    """Raises StoreError for one that there never was."""
    found = connection.exec_driver_sql(f"SELECT version FROM {_TABLE}").scalar()  # noqa: S608, our own name
    if found not in _COLUMNS:
        url = connection.engine.url.render_as_string()
        raise StoreError(f"database {url}: its schema is version {found}, and this vigil takes over 1 to {_LAST}")
    return int(found)


def prepare(connection: Connection) -> None:
    """Before the first revision makes the tables that are missing."""
    for older in range(version(connection), _LAST):
        for statement in _COLUMNS[older]:
            connection.exec_driver_sql(statement)


def finish(connection: Connection) -> None:
    """Once every table is there."""
    if connection.exec_driver_sql("SELECT count(*) FROM footage_hours").scalar() == 0:
        connection.exec_driver_sql(_FOOTAGE_HOURS)
    connection.exec_driver_sql(f"DROP TABLE {_TABLE}")
