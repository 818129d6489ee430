"""What holds for all tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import PostgresServer
from vigil.store.database import Database

settings.register_profile("vigil", deadline=None)  # a test that fails because the machine is busy tells nothing
settings.load_profile("vigil")

BOTH = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One for each process of the run, from its first test that asks for it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, made once: most of a test's time would go into them."""
    path = tmp_path_factory.mktemp("template") / "vigil.db"
    Database.in_file(path).close()
    return path


@pytest.fixture(scope="session")
def postgres_database(postgres: PostgresServer) -> Iterator[str]:
    """Likewise; each test empties it."""
    name = postgres.create()
    Database(postgres.url(name)).close()
    yield name
    postgres.drop(name)


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database with tables and no rows, on each of the two."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "vigil.db")
        return f"sqlite:///{tmp_path / 'vigil.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    name: str = request.getfixturevalue("postgres_database")
    server.empty(name)
    return server.url(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(params=BOTH)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database without tables, on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


Opened = Callable[[str], Database]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens databases, and closes them after the test."""
    found: list[Database] = []

    def open_one(url: str) -> Database:
        found.append(Database(url))
        return found[-1]

    yield open_one
    for database in found:
        database.close()
