from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.report.samples import Book
from vigil.store.database import Database
from vigil.store.stores import Stores


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    database = Database.in_file(tmp_path / "vigil.db")
    yield Book(Stores.over(database))
    database.close()
