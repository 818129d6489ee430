from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import text

from tests.conftest import Opened
from tests.postgres import PostgresServer
from tests.unit.store.samples import alert
from vigil.errors import StoreError
from vigil.model.people import Role, everywhere
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.tables import AlertRow, GapRow
from vigil.store.users import User


def test_opens_again_with_what_was_written(new_url: str, opened: Opened) -> None:
    Stores.over(opened(new_url)).alerts.upsert(alert())
    assert Stores.over(opened(new_url)).alerts.find(alert().id) is not None


@pytest.mark.lesson(13)
def test_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"not a database, however long it may be" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Database.in_file(tmp_path / "a.db")


@pytest.mark.lesson(13)
def test_writes_ahead_and_survives_a_power_cut(tmp_path: Path, opened: Opened) -> None:
    with opened(f"sqlite:///{tmp_path / 'a.db'}").read() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(database: Database, stores: Stores) -> None:
    count = text("SELECT count(*) FROM alerts")
    with database.read() as session:
        assert session.execute(count).scalar_one() == 0
        written = threading.Thread(target=stores.alerts.upsert, args=(alert(),))
        written.start()
        written.join()
        assert session.execute(count).scalar_one() == 0
    with database.read() as session:
        assert session.execute(count).scalar_one() == 1


def test_what_is_refused_is_told_without_its_values(database: Database, stores: Stores) -> None:
    ada = User("geheim", "Ada", "unit", everywhere(Role.OPERATOR))
    stores.users.add(ada, "hash")
    with pytest.raises(StoreError, match="IntegrityError") as caught:
        stores.users.add(ada, "hash")
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_is_opened_beside_a_writer_without_waiting(database: Database, database_url: str, opened: Opened) -> None:
    with database.write() as session:
        session.execute(text("INSERT INTO gaps VALUES (1, 'c', '2026-03-02', '2026-03-02', 'node')"))
        assert opened(database_url).steps_taken == ()


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


def test_what_is_read_in_a_snapshot_is_of_one_moment_and_a_write_stands_apart(database: Database) -> None:
    users, li = Stores.over(database).users, User("li", "李明", "unit", everywhere(Role.OPERATOR))
    with database.snapshot():
        assert users.find("li") is None
        users.add(li, "hash")
        assert users.find("li") is None
    assert users.find("li") is not None


def test_what_is_asked_sees_what_the_snapshot_or_the_write_around_it_sees(database: Database, stores: Stores) -> None:
    stores.alerts.upsert(alert("a"))
    count, state = text("SELECT count(*) FROM alerts"), text("SELECT state FROM alerts")
    with database.snapshot():
        with database.ask() as connection:
            assert connection.execute(count).scalar_one() == 1
        stores.alerts.upsert(alert("b"))
        with database.ask() as connection:
            assert connection.execute(count).scalar_one() == 1
    with database.ask() as connection:
        assert connection.execute(count).scalar_one() == 2
    with database.write() as session:
        for row in session.query(AlertRow):
            row.state = "changed"
        with database.ask() as connection:
            assert set(connection.execute(state).scalars()) == {"changed"}


def test_what_is_asked_is_no_transaction_on_a_server(
    postgres: PostgresServer, postgres_database: str, opened: Opened
) -> None:
    with opened(postgres.url(postgres_database)).ask() as connection:
        begun = {connection.execute(text("SELECT now()")).scalar_one() for _ in range(3)}
        assert len(begun) == 3  # of one transaction it is one moment


def test_times_come_in_utc_whatever_the_server_s_own_zone_is(postgres: PostgresServer, opened: Opened) -> None:
    name = postgres.create()
    postgres.execute(sql.SQL("ALTER DATABASE {} SET timezone = 'Asia/Shanghai'").format(sql.Identifier(name)))
    stores = Stores.over(opened(postgres.url(name)))
    stores.alerts.upsert(alert())
    found = stores.alerts.find(alert().id)
    assert found is not None
    assert found.alert.raised_at == alert().raised_at
    assert found.alert.raised_at.tzinfo is UTC
