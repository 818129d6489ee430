from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.gateway.world import World, make_world, populate
from vigil.store.database import Database

MakeWorld = Callable[..., World]


@pytest.fixture
def make(tmp_path: Path, database: Database) -> MakeWorld:
    """A world with some of its parts replaced."""
    populate(database)
    return lambda **changes: make_world(tmp_path, database, **changes)


@pytest.fixture
def world(make: MakeWorld) -> World:
    return make()
