"""`vigil database`, in this process, over both databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import BOTH
from tests.postgres import PASSWORD, PostgresServer
from tests.unit.config.files import GOOD
from tests.unit.store.test_takeover import DATABASES
from vigil import cli
from vigil.store.schema import MIGRATIONS

LAST = max(path.stem[:4] for path in MIGRATIONS.glob("0*.py"))
OBJECTS = "objects: {folder: objects}"


@pytest.fixture(params=BOTH)
def file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
    text = GOOD
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        address = server.address(server.create())
        section = f"database: {{url: '{address}', password: {{file: db.password}}}}"
        text = GOOD.replace(OBJECTS, f"{OBJECTS}\n  {section}")
    (tmp_path / "db.password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    (tmp_path / "vigil.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "vigil.yaml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments)


def test_an_empty_database_is_brought_up(file: Path) -> None:
    before = run("database", "status", "-c", str(file))
    assert before.exit_code == 1
    assert f"empty, {LAST} is needed" in before.stdout
    assert "to come: 0003_every_table" in before.stderr
    done = run("database", "upgrade", "-c", str(file))
    assert done.exit_code == 0
    assert "done: 0003_every_table" in done.stdout
    for _ in range(2):
        after = run("database", "status", "-c", str(file))
        assert (after.exit_code, after.stderr) == (0, "")
        assert after.stdout.endswith(f": {LAST}\n")
    again = run("database", "upgrade", "-c", str(file))
    assert "done" not in again.stdout
    assert PASSWORD not in before.output + done.output + after.output


def test_other_commands_find_the_same_database(file: Path) -> None:
    (file.parent / "password").write_text("a long password\n")
    who = ("zhang", "--name", "张三", "--unit", "政务中心", "--role", "operator")
    added = run("user", "add", "-c", str(file), *who, "--password-file", str(file.parent / "password"))
    assert added.exit_code == 0, added.output
    assert "张三" in run("user", "list", "-c", str(file)).stdout


def test_a_database_of_the_scheme_before_is_named_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
    (tmp_path / "vigil.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "center").mkdir()
    with closing(sqlite3.connect(tmp_path / "center" / "vigil.db")) as connection:
        connection.executescript((DATABASES / "version-1.sql").read_text(encoding="utf-8"))
    found = run("database", "status", "-c", str(tmp_path / "vigil.yaml"))
    assert f"version 1, {LAST} is needed" in found.stdout


@pytest.mark.parametrize("secret", ["wrong-secret", ""])
def test_a_wrong_password_is_told_without_it(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
    address = postgres.address("postgres")
    section = f"database: {{url: '{address}', password: {{file: db.password}}}}"
    (tmp_path / "vigil.yaml").write_text(GOOD.replace(OBJECTS, f"{OBJECTS}\n  {section}"), encoding="utf-8")
    (tmp_path / "db.password").write_text(secret)
    found = run("database", "status", "-c", str(tmp_path / "vigil.yaml"))
    assert found.exit_code == 1
    assert "Traceback" not in found.output
    assert ("password authentication failed" if secret else "db.password is empty") in found.output
    assert "wrong-secret" not in found.output


def test_rows_of_the_embedded_database_are_copied_to_the_server(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
    file = tmp_path / "vigil.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert "names no server" in run("database", "copy", "-c", str(file)).output
    section = f"database: {{url: '{postgres.address(postgres.create())}', password: {{file: db.password}}}}"
    file.write_text(GOOD.replace(OBJECTS, f"{OBJECTS}\n  {section}"), encoding="utf-8")
    (tmp_path / "db.password").write_text(PASSWORD, encoding="utf-8")
    assert "there is no database" in run("database", "copy", "-c", str(file)).output
    (tmp_path / "center").mkdir()
    with closing(sqlite3.connect(tmp_path / "center" / "vigil.db")) as connection:
        connection.executescript((DATABASES / "version-2.sql").read_text(encoding="utf-8"))
    copied = run("database", "copy", "-c", str(file))
    assert copied.exit_code == 0, copied.output
    assert "users\t1\n" in copied.output
    assert "李明" in run("user", "list", "-c", str(file)).stdout
    again = run("database", "copy", "-c", str(file), "--from", str(tmp_path / "center" / "vigil.db"))
    assert again.exit_code == 1
    assert "has rows already" in again.output
