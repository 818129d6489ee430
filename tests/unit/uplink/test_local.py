from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from vigil.errors import StoreError
from vigil.uplink import local
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.spool import Spool


def test_keeps_notes(tmp_path: Path) -> None:
    database = LocalDatabase(tmp_path / "deep" / "node.db")
    assert database.note("welcome") is None
    database.set_note("welcome", "a")
    database.set_note("welcome", "b")
    database.close()
    again = LocalDatabase(tmp_path / "deep" / "node.db")
    assert again.note("welcome") == "b"
    again.close()


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    database = LocalDatabase(tmp_path / "node.db")
    done: list[str] = []
    with pytest.raises(ValueError, match="half way"), database.write():
        database.set_note("a", "1")
        database.on_commit(lambda: done.append("lost"))
        raise ValueError("half way")
    with database.write():
        database.set_note("b", "2")
        database.on_commit(lambda: done.append("kept"))
        assert done == []
    assert (database.note("a"), database.note("b"), done) == (None, "2", ["kept"])
    database.close()


def test_the_first_version_is_brought_up_to_date_with_what_it_holds(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "node.db")
    connection.executescript(local._STEPS[0] + "PRAGMA user_version = 1;")
    connection.execute(
        "INSERT INTO outbox (id, kind, made_at, body) VALUES ('a', 'gap', '2026-03-02T01:00:00+00:00', '{}')"
    )
    connection.commit()
    connection.close()
    database = LocalDatabase(tmp_path / "node.db")
    outbox = Outbox(database, max_bytes=1000)
    assert [record.id for record in outbox.pending(0, 9)] == ["a"]
    assert outbox.aside() == []
    assert Spool(database, outbox, tmp_path / "spool", max_bytes=1000).next_to_bring() is None
    database.close()


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "node.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="Upgrade vigil"):
        LocalDatabase(tmp_path / "node.db")


def test_a_file_that_is_no_database_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "node.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        LocalDatabase(tmp_path / "node.db")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        LocalDatabase(tmp_path / "file" / "node.db")


def test_after_close_everything_is_a_store_error(tmp_path: Path) -> None:
    database = LocalDatabase(tmp_path / "node.db")
    database.close()
    with pytest.raises(StoreError):
        database.set_note("a", "b")
    with pytest.raises(StoreError):
        database.note("a")
