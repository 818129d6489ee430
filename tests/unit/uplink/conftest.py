from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.spool import Spool

MakeSpool = Callable[[int], Spool]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[LocalDatabase]:
    database = LocalDatabase(tmp_path / "node.db")
    yield database
    database.close()


@pytest.fixture
def outbox(database: LocalDatabase) -> Outbox:
    return Outbox(database, max_bytes=1_000_000)


@pytest.fixture
def make_spool(database: LocalDatabase, outbox: Outbox, tmp_path: Path) -> MakeSpool:
    """A spool bounded in bytes."""
    return lambda max_bytes: Spool(database, outbox, tmp_path / "spool", max_bytes=max_bytes)


@pytest.fixture
def spool(make_spool: MakeSpool) -> Spool:
    return make_spool(1_000_000)
