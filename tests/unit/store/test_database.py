from __future__ import annotations

import sqlite3
import threading
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.unit.store.samples import T0, UNDO_4, alert, suspension
from vigil.errors import StoreError
from vigil.model.alerts import AlertState
from vigil.model.ids import WindowId
from vigil.model.looks import Staffing, WindowStatus
from vigil.model.steps import DismissReason, Step
from vigil.store.alert_steps import Taking
from vigil.store.alerts import StepTaken
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.tables import SCHEMA_VERSION, GapRow

OBSERVATION = WindowStatus(WindowId("window-1"), True, Staffing.STAFFED, T0)


def test_opens_again_with_what_was_written(tmp_path: Path) -> None:
    first = Database.in_file(tmp_path / "a.db")
    Stores.over(first).alerts.upsert(alert())
    first.close()
    second = Database.in_file(tmp_path / "a.db")
    assert Stores.over(second).alerts.find(alert().id) is not None
    second.close()


def test_refuses_another_version_naming_both(tmp_path: Path) -> None:
    Database.in_file(tmp_path / "a.db").close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match=f"version 99, this vigil needs {SCHEMA_VERSION}"):
        Database.in_file(tmp_path / "a.db")


def test_a_database_of_the_first_version_is_brought_up_with_what_is_in_it(tmp_path: Path) -> None:
    first = Database.in_file(tmp_path / "a.db")
    Stores.over(first).observations.add("r1", OBSERVATION)
    first.close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executescript(
            "DROP TABLE suspensions; ALTER TABLE observations DROP COLUMN suspended; "
            "ALTER TABLE observations DROP COLUMN confidence; " + UNDO_4 + "UPDATE schema_version SET version = 1;"
        )
    second = Database.in_file(tmp_path / "a.db")
    stores = Stores.over(second)
    assert stores.observations.latest() == [OBSERVATION]
    stores.suspensions.add(suspension())
    with pytest.raises(StoreError, match="are kept"), second.write() as session:
        session.execute(text("DELETE FROM suspensions"))
    second.close()
    Database.in_file(tmp_path / "a.db").close()


def test_what_was_decided_in_a_database_of_the_third_version_stays(tmp_path: Path) -> None:
    first = Database.in_file(tmp_path / "a.db")
    Stores.over(first).alerts.upsert(alert())
    Stores.over(first).alert_steps.take(alert().id, Taking(Step.DISMISS, "li", T0, "在窗口内弯腰"))
    first.close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executescript(UNDO_4 + "UPDATE schema_version SET version = 3;")
    second = Database.in_file(tmp_path / "a.db")
    record = Stores.over(second).alerts.find(alert().id)
    assert record is not None
    assert (record.state, record.level, record.received_at) == (AlertState.DISMISSED, 0, None)
    assert record.history == (StepTaken(T0, "li", Step.DISMISS, "在窗口内弯腰", DismissReason.OTHER),)
    second.close()


def test_refuses_a_database_of_somebody_else(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="not one of vigil's"):
        Database.in_file(tmp_path / "a.db")


@pytest.mark.lesson(13)
def test_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"not a database, however long it may be" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Database.in_file(tmp_path / "a.db")


@pytest.mark.lesson(13)
def test_writes_ahead_and_survives_a_power_cut(database: Database) -> None:
    with database.read() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_write_within_a_write_is_one_transaction(database: Database, stores: Stores) -> None:
    def fail_halfway() -> None:
        with database.write():
            assert stores.alerts.upsert(alert("other"))
            assert stores.alerts.upsert(alert())
            assert stores.alerts.find(alert().id) is not None
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()
    assert stores.alerts.find(alert().id) is None
    assert stores.alerts.find(alert("other").id) is None


def test_a_time_without_a_zone_is_refused_and_no_value_is_shown(database: Database) -> None:
    with pytest.raises(StoreError) as caught, database.write() as session:
        session.add(GapRow(camera="secret", start_at=datetime(2026, 1, 1), end_at=datetime(2026, 1, 2), cause="node"))
    assert "secret" not in str(caught.value)


def test_writers_in_several_threads_wait_for_each_other(stores: Stores) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            stores.alerts.upsert(alert(f"alert-{thread}-{number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(stores.alerts.find(alert(f"alert-{t}-{n}").id) for t in range(4) for n in range(20))
