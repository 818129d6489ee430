from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vigil.archive.folder import FolderStore
from vigil.store.database import Database
from vigil.store.stores import Stores


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    database = Database.in_file(tmp_path / "vigil.db")
    yield Stores.over(database)
    database.close()


@pytest.fixture
def objects(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")
