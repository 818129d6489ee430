"""Every row of one database into another that has none: the way from SQLite to PostgreSQL, or back."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session

from vigil.errors import StoreError
from vigil.store.database import Database
from vigil.store.tables import Base

_AT_ONCE: Final = 1000
"""Rows in memory."""


def copy_rows(source: Database, target: Database) -> dict[str, int]:
    """How many rows of each table. All of them or none, as the source was at one moment; both have our schema.

    Raises StoreError where the target has rows already, UnstorableError where it cannot hold one.
    """
    tables = Base.metadata.sorted_tables  # what is referred to comes before what refers to it
    with source.read() as reading, target.write() as writing:
        if (name := _with_rows(writing)) is not None:
            raise StoreError(f"database {target.where}: {name} has rows already. Copy into an empty database")
        copied = {table.name: _copy(table, reading, writing) for table in tables}
        for table in tables:
            _go_on_counting(table, writing)
    return copied


def table_with_rows(database: Database) -> str | None:
    """The first; None where all are empty. It has our schema."""
    with database.read() as session:
        return _with_rows(session)


def _with_rows(session: Session) -> str | None:
    tables = Base.metadata.sorted_tables
    return next((one.name for one in tables if session.execute(select(one).limit(1)).first() is not None), None)


def _copy(table: Table, reading: Session, writing: Session) -> int:
    rows = reading.execute(select(table).execution_options(yield_per=_AT_ONCE)).mappings()
    copied = 0
    for part in rows.partitions(_AT_ONCE):
        writing.execute(insert(table), [dict(row) for row in part])
        copied += len(part)
    return copied


def _go_on_counting(table: Table, writing: Session) -> None:
    """PostgreSQL's sequence has not seen the numbers that came along. SQLite counts from the rows."""
    column = table.autoincrement_column
    if column is None or writing.get_bind().dialect.name != "postgresql":
        return
    last = writing.scalar(select(func.max(column)))
    if last is not None:
        sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        writing.execute(sequence, {"table": table.name, "column": column.name, "last": last})
