"""A centre over a real PostgreSQL: a whole system, servers that go away and come back, and what is said of one that is wrong."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.conftest import Opened
from tests.integration import certificates
from tests.integration.test_uplink import WINDOW, PlayedNode, at, key_of, stores_of, until
from tests.postgres import ELSEWHERE, PASSWORD, PostgresServer
from tests.system import DemoSystem, wait_for
from tests.unit.store.samples import alert, suspension
from vigil.errors import StoreError
from vigil.store import patient
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.uplink import client as client_module


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Our own: it is stopped and started."""
    with PostgresServer() as running:
        yield running


def playable(system: DemoSystem) -> dict[str, Any] | None:
    for one in system.get("alerts")["items"]:
        if one["has_snapshot"] and one["clip"] and one["clip"]["state"] in ("ready", "partial"):
            return dict(one)
    return None


def segments(server: PostgresServer, name: str) -> int:
    return int(server.execute("SELECT count(*) FROM segments WHERE state = 'stored'", name)[0][0])


def test_a_whole_system_outlives_its_database_being_away(server: PostgresServer, tmp_path: Path) -> None:
    name = server.create()
    with DemoSystem(tmp_path, change=server.configure(name, tmp_path)) as system:
        found = system.wait_for(lambda: playable(system), 90, "an alert with picture and clip")
        video = system.api("operator").get(f"clips/{found['clip']['id']}/video")
        assert video.content[4:8] == b"ftyp"
        acknowledged = system.api("operator").post(f"alerts/{found['id']}/acknowledge")
        assert acknowledged.status_code == 200, acknowledged.text
        server.stop()
        refused = system.api("operator").get("alerts")
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["detail"] == "The database does not answer."
        assert int(refused.headers["retry-after"]) > 0
        assert httpx.get(f"{system.address}/healthz").status_code == 200
        system.wait_for(lambda: "intake_failed" in system.log_of("center"), 30, "a node's record to be refused")
        assert system.running("center")
        server.start()
        before = segments(server, name)
        # The same session, the same centre, the same connections: nobody was started anew.
        system.wait_for(lambda: system.api("operator").get("alerts").status_code == 200, 20, "the centre to go on")
        system.wait_for(lambda: segments(server, name) > before + 1, 60, "footage to arrive again")
        again = system.get(f"alerts/{found['id']}")
        assert [step["step"] for step in again["history"]] == ["acknowledge"]
        assert system.running("center")
        assert "Traceback" not in system.log_of("center")
        assert PASSWORD not in system.log_of("center")
    numbers = [row[0] for row in server.execute("SELECT number FROM register ORDER BY number", name)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
    assert not (tmp_path / "center" / "vigil.db").exists()


async def test_nothing_is_acknowledged_that_a_database_that_stops_and_crashes_has_not(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_BACKOFF_S", (0.05, 0.1))
    name = server.create()
    with DemoSystem(tmp_path, change=server.configure(name, tmp_path), whole=False) as system:
        node = PlayedNode(system.folder, system.center_port, key_of(system))
        numbers = itertools.count()
        async with node.running():
            for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGINT):
                enough = len(node.outbox.acknowledged) + 20
                for _ in range(100):
                    node.observe(next(numbers))
                await until(partial(has_acknowledged, node, enough), what="acknowledgements")
                await asyncio.to_thread(server.stop, how)
                held = {int(one.rpartition("_")[2]) for one in node.outbox.acknowledged}
                node.observe(next(numbers))  # it comes while nobody can take it
                await until(lambda: "intake_failed" in system.log_of("center"), what="the centre to notice")
                server.start()  # in this thread, with which it ends
                assert held <= entered(system)
            await until(node.is_empty, 60, "everything to arrive")
        number = next(numbers)
        assert entered(system) == set(range(number))
        with stores_of(system) as stores:
            assert len(stores.observations.between(WINDOW, at(-1), at(100_000))) == number  # once each


async def test_a_frozen_database_is_said_within_seconds_and_what_nodes_send_meanwhile_arrives_once(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_BACKOFF_S", (0.05, 0.1))
    name = server.create()
    with DemoSystem(tmp_path, change=server.configure(name, tmp_path), whole=False) as system:
        node = PlayedNode(system.folder, system.center_port, key_of(system))
        operator = await asyncio.to_thread(system.api, "operator")
        admin = await asyncio.to_thread(system.api, "admin")
        async with node.running():
            first = node.alert(0)
            await until(node.is_empty, what="the first alert to be taken")
            server.freeze()
            try:
                during = [node.alert(number * 30) for number in range(1, 4)]
                refused = await asyncio.to_thread(partial(operator.get, "alerts"))
                ready = await asyncio.to_thread(partial(admin.get, f"{system.address}/readyz"))
                held = set(node.outbox.acknowledged)
            finally:
                server.thaw()
            for answer in (refused, ready):
                assert answer.status_code == 503
            assert refused.json()["detail"] == "The database does not answer."
            assert int(refused.headers["retry-after"]) > 0
            assert held == {f"{first}/1"}
            await until(node.is_empty, 60, "the others to arrive")
        listed = await asyncio.to_thread(partial(operator.get, "alerts"))
        assert listed.status_code == 200, "the same session goes on"
        assert sorted(one["id"] for one in listed.json()["items"]) == sorted([first, *during])
        assert "Traceback" not in system.log_of("center")
    assert server.execute("SELECT count(*), count(DISTINCT alert) FROM clips", name) == [(4, 4)]


def test_a_statement_that_takes_long_on_a_server_that_is_there_is_waited_for(
    server: PostgresServer, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient, "SILENT_S", 0.1)
    with opened(server.url(server.create())).read() as session:
        assert session.execute(text("SELECT 7 FROM pg_sleep(1)")).scalar_one() == 7


@pytest.mark.parametrize("limit", [0, 1])
def test_a_connection_is_given_up_once_its_server_answers_nobody_and_not_because_it_lends_no_more(
    server: PostgresServer, opened: Opened, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(patient, "SILENT_S", 0.1)
    database = opened(server.url(server.create()))
    if limit:
        server.execute("ALTER ROLE vigil CONNECTION LIMIT 1")
        try:
            with database.read() as session:
                assert session.execute(text("SELECT 7 FROM pg_sleep(1)")).scalar_one() == 7
        finally:
            server.execute("ALTER ROLE vigil CONNECTION LIMIT -1")
        return
    with pytest.raises(StoreError, match="does not answer"), database.read() as session:
        session.execute(text("SELECT 1"))
        server.freeze()
        try:
            session.execute(text("SELECT 1"))
        finally:
            server.thaw()
    assert Stores.over(database).alerts.upsert(alert())


def has_acknowledged(node: PlayedNode, count: int) -> bool:
    return len(node.outbox.acknowledged) >= count


def entered(system: DemoSystem) -> set[int]:
    with stores_of(system) as stores:
        found = stores.observations.between(WINDOW, at(-1), at(100_000))
    return {round((one.since_at - at(0)).total_seconds()) for one in found}


def test_several_processes_that_start_at_once_bring_an_empty_database_up_once(
    server: PostgresServer, tmp_path: Path
) -> None:
    name = server.create()
    system = DemoSystem(tmp_path, change=server.configure(name, tmp_path))
    command = [sys.executable, "-m", "vigil", "database", "upgrade", "-c", str(system.file)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
    told = [one.communicate(timeout=60)[0].decode() for one in started]
    assert [one.returncode for one in started] == [0, 0, 0], told
    assert "".join(told).count("done: 0003_every_table") == 1


def test_a_centre_without_its_database_does_not_start_and_says_why(server: PostgresServer, tmp_path: Path) -> None:
    def nowhere(values: dict[str, Any]) -> None:
        server.configure("vigil_nowhere", tmp_path)(values)

    system = DemoSystem(tmp_path, change=nowhere)
    with pytest.raises(AssertionError, match="center ended"):
        system.start_center()
    said = system.log_of("center")
    assert 'database "vigil_nowhere" does not exist' in said
    assert "Traceback" not in said
    assert PASSWORD not in said


def test_errors_of_the_server_are_told_on_one_line_without_the_password(server: PostgresServer) -> None:
    name = server.create()
    with pytest.raises(StoreError, match="password authentication failed") as wrong:
        Database.on_server(server.address(name), "wrong-secret")
    address = server.address(name).replace(str(server.port), "1")
    with pytest.raises(StoreError, match="Connection refused") as nobody:
        Database.on_server(address, "wrong-secret")
    for caught in (wrong, nobody):
        assert "wrong-secret" not in str(caught.value)
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith("database postgresql+psycopg://vigil@127.0.0.1:")


def test_a_role_that_may_not_make_tables_is_told_so(server: PostgresServer) -> None:
    name = server.create()
    server.execute("ALTER SCHEMA public OWNER TO postgres", name)
    with pytest.raises(StoreError, match="permission denied for schema public"):
        Database(server.url(name))


def test_a_database_that_keeps_no_utf8_is_refused(server: PostgresServer) -> None:
    name = server.create(template="template0", encoding="SQL_ASCII")
    with pytest.raises(StoreError, match="keeps text as SQL_ASCII"):
        Database(server.url(name))


def test_a_commit_is_on_the_disk_though_the_database_would_not_wait(server: PostgresServer, opened: Opened) -> None:
    name = server.create()
    show = text("SHOW synchronous_commit")
    for setting, kept in (("off", "on"), ("remote_apply", "remote_apply")):
        server.execute(f"ALTER DATABASE {name} SET synchronous_commit = {setting}")
        with opened(server.url(name)).write() as session:
            assert session.execute(show).scalar_one() == kept


def test_what_stands_idle_within_a_transaction_is_ended_by_the_server(server: PostgresServer, opened: Opened) -> None:
    database = opened(server.url(server.create()))
    with pytest.raises(StoreError, match=r"idle-in-transaction|closed the connection"), database.write() as session:
        assert session.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "1min"
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
        session.execute(text("LOCK TABLE alerts"))
        held = text("SELECT count(*) FROM pg_locks WHERE relation = 'alerts'::regclass AND granted")
        with opened(server.url(_name_of(database))).read() as other:
            wait_for(lambda: other.execute(held).scalar_one() == 0, 20, "the server to let the table go")
        session.execute(text("SELECT 1"))
    assert Stores.over(database).alerts.upsert(alert())


def _name_of(database: Database) -> str:
    return database.where.rpartition("/")[2]


def test_nobody_meets_a_connection_that_died(server: PostgresServer, opened: Opened) -> None:
    database = opened(server.url(server.create()))
    with ExitStack() as lent:
        for _ in range(3):
            lent.enter_context(_connected(database))
    server.stop()  # and nobody asks meanwhile, who would notice
    server.start()
    with ExitStack() as lent:
        for _ in range(3):
            lent.enter_context(_connected(database))


@contextmanager
def _connected(database: Database) -> Iterator[None]:
    with database.read() as session:
        session.execute(text("SELECT 1"))
        yield


def test_a_server_elsewhere_must_prove_who_it_is(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = server.create()
    address = server.address(name, ELSEWHERE)
    with pytest.raises(StoreError, match="server does not support SSL"):
        Database.on_server(address, PASSWORD)
    Database.on_server(f"{address}?sslmode=disable", PASSWORD).close()
    ours, theirs = certificates.authority(tmp_path, "ours"), certificates.authority(tmp_path, "theirs")
    shown = certificates.server(tmp_path, ours, f"IP:{ELSEWHERE}")
    server.show_certificate(shown, shown)
    with pytest.raises(StoreError, match="certificate verify failed"):
        Database.on_server(address, PASSWORD)
    with pytest.raises(StoreError, match="certificate verify failed"):
        Database.on_server(address, PASSWORD, theirs.certificate)
    database = Database.on_server(address, PASSWORD, ours.certificate)
    with closing(database), database.read() as session:
        in_tls = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert session.execute(in_tls).scalar_one() is True
    with monkeypatch.context() as trusting:
        trusting.setenv("SSL_CERT_FILE", str(ours.certificate))  # as if the system did
        Database.on_server(address, PASSWORD).close()
    other = certificates.server(tmp_path, ours, "IP:127.0.0.9")
    server.show_certificate(other, other)
    with pytest.raises(StoreError, match="does not match host name"):
        Database.on_server(address, PASSWORD, ours.certificate)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_as_the_guide_says_comes_back_whole_and_guarded(
    server: PostgresServer, opened: Opened, tmp_path: Path, kind: str
) -> None:
    name = server.create()
    url = server.url(name) if kind == "postgresql" else f"sqlite:///{tmp_path / 'vigil.db'}"
    database = opened(url)
    stores = Stores.over(database)
    stores.alerts.upsert(alert())
    stores.suspensions.add(suspension())
    back = opened(_dumped(server, name) if kind == "postgresql" else _copied(tmp_path))
    again = Stores.over(back)
    assert back.standing() == database.standing()
    found = again.alerts.find(alert().id)
    assert found is not None
    assert found.alert == alert()
    with pytest.raises(StoreError, match="are kept"), back.write() as session:
        session.execute(text("DELETE FROM suspensions"))
    assert again.alerts.upsert(alert("alert-2"))


def _dumped(server: PostgresServer, name: str) -> str:
    dump, restored = server.folder / f"{name}.dump", server.create(template="template0")
    where = [f"--host={server.folder}", f"--port={server.port}"]
    programs = shutil.which("pg_dump") and shutil.which("pg_restore")
    assert programs is not None, "postgresql-client is not installed"
    for command in (
        ["pg_dump", "--format=custom", f"--file={dump}", "--username=vigil", *where, name],
        [
            *("pg_restore", "--exit-on-error", "--no-owner", "--role=vigil", "--username=postgres", *where),
            *(f"--dbname={restored}", str(dump)),
        ],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return server.url(restored)


def _copied(folder: Path) -> str:
    """What sqlite3's .backup does."""
    with (
        closing(sqlite3.connect(folder / "vigil.db")) as source,
        closing(sqlite3.connect(folder / "back.db")) as target,
    ):
        source.backup(target)
    return f"sqlite:///{folder / 'back.db'}"


def test_a_server_that_lends_too_few_connections_refuses_and_goes_on(server: PostgresServer, opened: Opened) -> None:
    database = opened(server.url(server.create()))
    stores = Stores.over(database)
    server.execute("ALTER ROLE vigil CONNECTION LIMIT 1")
    try:
        with database.read() as session:
            session.execute(text("SELECT 1"))
            with ThreadPoolExecutor(1) as threads, pytest.raises(StoreError, match="too many connections"):
                threads.submit(stores.users.all).result()
        assert stores.alerts.upsert(alert())
    finally:
        server.execute("ALTER ROLE vigil CONNECTION LIMIT -1")
