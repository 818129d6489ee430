"""Packs and the filing as files, made from the command line beside a running centre."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from vigil.center.sections import center_of, database_file, open_database, site_of
from vigil.center.site import in_force
from vigil.clock import Clock
from vigil.config import Configuration
from vigil.errors import ReportError
from vigil.report.filing import filing
from vigil.report.pack import pack
from vigil.report.period import PeriodKind, period_from
from vigil.report.report import make_report
from vigil.store.stores import Stores


def make(
    configuration: Configuration, kind: str, first: date, last: date | None, folder: Path, clock: Clock
) -> list[Path]:
    """Files of the same name are replaced.

    Raises ReportError, CalendarError, StoreError, ConfigError, SecretError and OSError.
    """
    try:
        period = period_from(PeriodKind(kind), first, last)
    except ValueError as error:
        raise ReportError(f"--last-day {error}") from error
    with _stores(configuration) as stores:
        site = site_of(in_force(configuration, stores.site_versions, clock))
        files = pack(make_report(site, stores, period, clock.now(), before=True))
    return [_written(folder / f"{period.name}.{file.format}", file.content) for file in files]


def make_filing(configuration: Configuration, folder: Path, clock: Clock) -> Path:
    """Raises ReportError, StoreError, ConfigError, SecretError and OSError."""
    with _stores(configuration) as stores:
        site = site_of(in_force(configuration, stores.site_versions, clock))
        content = filing(site, stores, clock.now())
    return _written(folder / "filing.xlsx", content)


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@contextmanager
def _stores(configuration: Configuration) -> Iterator[Stores]:
    """Of a database that is there: a wrong path must not make an empty report."""
    if center_of(configuration).database is None and not (path := database_file(configuration)).is_file():
        raise ReportError(f"there is no database {path}. Has the centre of this file run?")
    database = open_database(configuration)
    try:
        yield Stores.over(database)
    finally:
        database.close()
