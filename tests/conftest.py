"""What holds for all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from zlib import crc32

import pytest
import structlog
from hypothesis import settings

from tests.postgres import PostgresServer
from vigil.store.database import Database

# A test that fails because the machine is busy tells nothing. By hand as many examples as Hypothesis makes by itself.
settings.register_profile("vigil", deadline=None)
settings.register_profile("side by side", deadline=None, max_examples=40)
settings.load_profile("vigil")

BOTH = ("sqlite", "postgresql")
_UNIT: Final = Path(__file__).parent / "unit"
_ON_ONE: Final = (_UNIT / "gateway", _UNIT / "center")
_ALL: Final = "VIGIL_TEST_DATABASES"
"""Where it is `both`, every test that takes a database is run on both, also side by side."""


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        settings.load_profile("side by side")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side each test of gateway and centre is run on one of the two databases: which, its name's checksum says.

    All of them on both would take a run beyond its time; what differs between the two is the store's, whose tests are
    always run on both.
    """
    if not hasattr(config, "workerinput") or os.environ.get(_ALL) == "both":
        return
    left_out = [item for item in items if _is_for_the_other(item)]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def _is_for_the_other(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    database: str | None = None if call is None else call.params.get("database_url")
    if database is None or not any(folder in item.path.parents for folder in _ON_ONE):
        return False
    return BOTH[crc32(item.nodeid.replace(database, "").encode()) % 2] != database


@pytest.fixture(autouse=True)
def logs_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command that is run within a test sets up the log of the whole process, and loggers that were cached then are never
    heard of again by the tests behind it.
    """
    configure = structlog.configure
    monkeypatch.setattr(structlog, "configure", lambda **how: configure(**how | {"cache_logger_on_first_use": False}))
    yield
    structlog.reset_defaults()


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
