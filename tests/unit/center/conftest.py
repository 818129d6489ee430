from __future__ import annotations

from pathlib import Path

import pytest

from vigil.archive.folder import FolderStore
from vigil.store.database import Database
from vigil.store.stores import Stores


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores.over(database)


@pytest.fixture
def objects(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")
