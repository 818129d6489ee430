"""Databases that vigil made before Alembic, one of each version of its own scheme (tests/data/databases)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.conftest import Opened
from tests.unit.store.samples import T0, alert, at, suspension
from tests.unit.store.test_schema import differences
from vigil.errors import StoreError
from vigil.model.alerts import AlertState, ClipState
from vigil.model.ids import ClipId, WindowId
from vigil.model.looks import Staffing, WindowStatus
from vigil.store.database import Database
from vigil.store.register_chain import Verdict, verify
from vigil.store.stores import Stores

DATABASES = Path(__file__).resolve().parents[2] / "data" / "databases"


@pytest.fixture(params=[1, 2, 3])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return made(tmp_path / "old.db", request.param)


def made(path: Path, version: int) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((DATABASES / f"version-{version}.sql").read_text(encoding="utf-8"))
    return f"sqlite:///{path}"


def test_is_as_if_it_had_begun_with_alembic(old: str, opened: Opened) -> None:
    assert opened(old).standing().ahead == ()
    assert differences(old) == []
    opened(old)


def test_keeps_what_is_in_it(old: str, opened: Opened) -> None:
    stores = Stores.over(opened(old))
    found = stores.alerts.find(alert().id)
    assert found is not None
    assert (found.alert, found.state) == (alert(), AlertState.ACKNOWLEDGED)
    assert [(step.by, step.note) for step in found.history] == [("li", "看到了")]
    clip = stores.clips.find(ClipId("clip-1"))
    assert clip is not None
    assert (clip.state, len(clip.gaps)) == (ClipState.PARTIAL, 1)
    assert [(entry.number, entry.subject) for entry in stores.register.page().items] == [(1, "clip clip-1")]
    assert verify(stores.register.all(), stores.register.head()) == Verdict(1, None)
    assert stores.observations.latest() == [WindowStatus(WindowId("window-1"), True, Staffing.STAFFED, T0)]
    assert [user.name for user in stores.users.all()] == ["李明"]


def test_its_footage_is_counted_by_the_hour(old: str, opened: Opened) -> None:
    (found,) = Stores.over(opened(old)).footage_hours.of_day(T0, at(3600))
    assert found.stored_s == pytest.approx(120.0, abs=0.01)


def test_what_was_append_only_is_so_still(old: str, opened: Opened) -> None:
    database = opened(old)
    Stores.over(database).suspensions.add(suspension())
    for statement in ("DELETE FROM register", "UPDATE register SET reason = ''", "DELETE FROM suspensions"):
        with pytest.raises(StoreError, match=r"append-only|are kept"), database.write() as session:
            session.execute(text(statement))


def test_an_older_vigil_does_not_take_it_for_its_own(old: str, opened: Opened) -> None:
    with opened(old).read() as session:
        assert session.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'")).scalar() == 0


def test_says_where_it_stands_before(tmp_path: Path) -> None:
    database = Database(made(tmp_path / "old.db", 2), upgrade=False)
    assert database.standing().found == "version 2"
    database.close()


def test_refuses_a_version_that_there_never_was(tmp_path: Path, opened: Opened) -> None:
    url = made(tmp_path / "old.db", 3)
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        connection.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match="version 99, and this vigil takes over 1 to 3"):
        opened(url)
