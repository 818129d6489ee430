"""A database that becomes another: every row, and everything that follows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.conftest import Opened
from tests.unit.store.samples import CAMERA, T0, alert, at, segment, suspension
from tests.unit.store.test_takeover import made
from vigil.errors import StoreError
from vigil.model.ids import NodeId
from vigil.model.media import Gap, GapCause
from vigil.model.people import Role, everywhere
from vigil.model.register import Action
from vigil.store.clocks import NodeClock
from vigil.store.copying import copy_rows
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.tables import Base
from vigil.store.users import User

LI = User("li", "李明", "政务服务中心", everywhere(Role.INVESTIGATOR))


@pytest.fixture
def source(tmp_path: Path, opened: Opened) -> Database:
    """What a vigil of long ago left, and more beside it."""
    database = opened(made(tmp_path / "source.db", 3))
    stores = Stores.over(database)
    stores.suspensions.add(suspension())
    with database.write():
        for number in range(2500):  # more than are in memory at once
            stores.clocks.add(NodeId("node"), NodeClock(at(number), number / 7, 0.001))
    return database


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def test_every_row_comes_along_and_counting_goes_on(source: Database, database: Database) -> None:
    copied = copy_rows(source, database)
    assert rows(database) == rows(source)
    assert copied == {name: len(found) for name, found in rows(source).items()}
    assert copied["node_clocks"] == 2500
    stores = Stores.over(database)
    stores.clocks.add(NodeId("node"), NodeClock(T0, 0.0, 0.0))
    assert stores.footage.add_gap(Gap(CAMERA, at(10), at(20), GapCause.DISK))
    stores.register.append(LI, Action.PLAY, "clip", at=T0)
    assert [entry.number for entry in stores.register.page().items] == [2, 1]
    assert stores.footage.announce(segment(9), "segments/9.mp4")


def test_an_empty_database_copies_to_one_that_counts_from_one(
    tmp_path: Path, opened: Opened, database: Database
) -> None:
    assert set(copy_rows(opened(f"sqlite:///{tmp_path / 'empty.db'}"), database).values()) == {0}
    assert Stores.over(database).footage.add_gap(Gap(CAMERA, at(10), at(20), GapCause.DISK))


def test_rows_that_are_there_are_left_alone(source: Database, database: Database) -> None:
    Stores.over(database).alerts.upsert(alert("mine"))
    before = rows(database)
    with pytest.raises(StoreError, match="alerts has rows already"):
        copy_rows(source, database)
    assert rows(database) == before


def test_a_row_that_cannot_be_taken_takes_the_others_with_it(
    source: Database, database: Database, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection, connection:
        connection.execute(
            "INSERT INTO sessions (token_sha256, username, created_at, seen_at, expires_at, client)"
            " SELECT 'token', 'nobody', seen_at, seen_at, seen_at, '' FROM sessions"
        )
    with pytest.raises(StoreError, match="IntegrityError"):
        copy_rows(source, database)
    assert not any(rows(database).values())
