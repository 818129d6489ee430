from __future__ import annotations

import pytest

from vigil.store.database import Database
from vigil.store.stores import Stores


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores.over(database)
