from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vigil.store.database import Database
from vigil.store.stores import Stores


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_file(tmp_path / "vigil.db")
    yield database
    database.close()


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores.over(database)
