from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.gateway.world import World, make_world, populate
from vigil.store.database import Database

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the users, made once: most of a test's time would go into its tables."""
    path = tmp_path_factory.mktemp("populated") / "vigil.db"
    database = Database.in_file(path)
    populate(database)
    database.close()
    return path


@pytest.fixture
def make(tmp_path: Path, populated: Path) -> Iterator[MakeWorld]:
    """A world with some of its parts replaced."""
    shutil.copy(populated, tmp_path / "vigil.db")
    database = Database.in_file(tmp_path / "vigil.db")
    yield lambda **changes: make_world(tmp_path, database, **changes)
    database.close()


@pytest.fixture
def world(make: MakeWorld) -> World:
    return make()
