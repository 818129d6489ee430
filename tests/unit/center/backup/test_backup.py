"""`vigil backup` and `vigil restore` in this process, over both databases: what is in one, and what is refused."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import threading
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from tests.postgres import PASSWORD, PostgresServer
from tests.unit.center.backup.place import KEY, LI, Place, kept_objects
from tests.unit.store.samples import alert, at
from tests.unit.store.test_takeover import DATABASES
from vigil import cli
from vigil.archive.folder import FolderStore
from vigil.center.backup import manifest as form
from vigil.model.ids import NodeId
from vigil.model.register import Action
from vigil.sealing import Seal


def test_what_was_there_is_there_again_on_either_database(place: Place, target: Place) -> None:
    backup = place.backup()
    target.write_key()
    kept_objects(target)
    done = target.run("restore", backup)
    assert done.exit_code == 0, done.output
    with place.stores() as old, target.stores() as new:
        assert new.alerts.find(alert().id) == old.alerts.find(alert().id)
        assert new.users.all() == old.users.all()
        entries = list(new.register.all())
        assert entries[:2] == list(old.register.all())
        assert (entries[2].action, entries[2].subject.split(",")[1]) == (Action.RESTORE, f" {backup.name}")
        factor = new.second_factors.find("li")
        assert factor is not None
        assert Seal(KEY).open(factor.sealed, "li") == b"secret"
        # What may have been ended since is not open again.
        assert new.sessions.find("token") is None
        assert not new.node_keys.enrol(NodeId("node"), "leave to enrol", "key", at(0))
        with pytest.raises(Exception, match="are kept"), new.database.write() as session:
            session.execute(text("DELETE FROM suspensions"))
    head = json.loads((backup / "manifest.json").read_text())["register"]
    assert CliRunner().invoke(cli.main, ["audit", "verify", "-c", str(target.file), "--kept", head]).exit_code == 0


def test_only_its_owner_may_read_it_and_there_is_no_secret_in_it(place: Place) -> None:
    backup = place.backup()
    assert backup.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in backup.iterdir()} == {"configuration.yaml", "database.db", "manifest.json"}
    assert {path.stat().st_mode & 0o777 for path in backup.iterdir()} == {0o600}
    held = b"".join(path.read_bytes() for path in backup.iterdir())
    assert KEY.encode() not in held
    assert PASSWORD.encode() not in held


def test_the_key_is_in_it_only_when_asked_for_and_both_are_said(place: Place, target: Place) -> None:
    without = place.run("backup", "--out", place.folder / "backups")
    assert "identity.key is NOT in it" in without.stderr
    refused = target.run("restore", "--with-key", without.stdout.strip())
    assert "has no key in it" in refused.output
    within = place.run("backup", "--out", place.folder / "others", "--with-key")
    assert "identity.key IS in it" in within.stderr
    backup = Path(within.stdout.strip())
    kept_objects(target)
    done = target.run("restore", "--with-key", backup)
    assert done.exit_code == 0, done.output
    assert target.key.read_text().strip() == KEY
    assert target.key.stat().st_mode & 0o777 == 0o600
    other = target.run("restore", "--check", "--with-key", backup)
    assert other.exit_code == 0, "the same key may be there already"
    target.write_key("another key, as long as it must be....")
    assert "is another key" in target.run("restore", "--check", "--with-key", backup).output


@pytest.mark.parametrize("key", [None, "o" * 64])
def test_a_key_that_opens_nothing_is_said(place: Place, key: str | None) -> None:
    backup = place.backup()
    place.key.unlink()
    if key is not None:
        place.write_key(key)
    found = place.run("restore", "--check", backup)
    assert found.exit_code == 1
    assert "The centre will not start" in found.stderr


def test_objects_that_the_database_names_and_the_archive_lacks_are_named(place: Place, target: Place) -> None:
    target.write_key()
    store = FolderStore(target.folder / "objects")
    for key, data in (("segments/one.mp4", b"cut short"), ("segments/newer.mp4", b"1"), ("segments/newest.mp4", b"2")):
        store.put(key, BytesIO(data), size=len(data), sha256=hashlib.sha256(data).hexdigest())
    done = target.run("restore", place.backup())
    assert done.exit_code == 1
    assert "missing: snapshots/alert-1.jpg" in done.stderr
    assert "of another size: segments/one.mp4" in done.stderr
    assert "2 segments that are newer" in done.stderr
    with target.stores() as stores:
        assert stores.users.all() != []  # it is restored all the same


def test_a_place_that_is_not_empty_is_left_as_it_is(place: Place) -> None:
    backup = place.backup()
    with place.stores() as stores:
        before = list(stores.register.all())
    refused = place.run("restore", backup)
    assert refused.exit_code == 1
    assert "move it away" in refused.output or "has rows already" in refused.output
    assert "Traceback" not in refused.output
    with place.stores() as stores:
        assert list(stores.register.all()) == before


def test_a_check_puts_nothing_in_place(place: Place, target: Place) -> None:
    backup = place.backup()
    target.write_key()
    kept_objects(target)
    done = target.run("restore", "--check", backup)
    assert done.exit_code == 0, done.output
    assert not (target.folder / "center").exists()
    again = target.run("restore", backup)
    assert again.exit_code == 0, again.output  # so it was empty


@pytest.mark.parametrize("name", ["database.db", "configuration.yaml", "manifest.json"])
@pytest.mark.parametrize("how", ["altered", "shorter", "gone"])
def test_a_damaged_backup_is_refused(place: Place, name: str, how: str) -> None:
    backup = place.backup()
    data = (backup / name).read_bytes()
    (backup / name).unlink()
    if how != "gone":
        (backup / name).write_bytes(b"?" + data[1:] if how == "altered" else data[:-3])
    refused = place.run("restore", "--check", backup)
    assert refused.exit_code == 1
    assert str(backup) in refused.output
    assert "Traceback" not in refused.output


def rewritten(backup: Path, **changes: Any) -> None:
    """As if it had been made so: with hashes that are right."""
    values = json.loads((backup / "manifest.json").read_text()) | changes
    values["files"] = [vars_of(form.describe(backup / file["name"])) for file in values["files"]]
    (backup / "manifest.json").write_text(json.dumps(values))


def vars_of(file: form.File) -> dict[str, Any]:
    return {"name": file.name, "size": file.size, "sha256": file.sha256}


def test_a_backup_of_a_later_vigil_is_refused(place: Place) -> None:
    backup = place.backup()
    with closing(sqlite3.connect(backup / "database.db")) as copy, copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
    rewritten(backup)
    assert "A later vigil brought it up" in place.run("restore", "--check", backup).output
    rewritten(backup, format=2)
    assert "Use the vigil that made it" in place.run("restore", "--check", backup).output


def test_a_name_that_leads_out_of_the_backup_is_refused(place: Place) -> None:
    backup = place.backup()
    values = json.loads((backup / "manifest.json").read_text())
    values["files"][0]["name"] = "../vigil.yaml"
    (backup / "manifest.json").write_text(json.dumps(values))
    assert "is no name of a file of a backup" in place.run("restore", "--check", backup).output


def test_a_register_that_was_altered_is_found(place: Place, target: Place) -> None:
    backup = place.backup()
    with closing(sqlite3.connect(backup / "database.db")) as copy, copy:
        for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            copy.execute(f"DROP TRIGGER {name}")
        copy.execute("UPDATE register SET subject = 'nothing' WHERE number = 1")
    rewritten(backup)
    found = target.run("restore", "--check", backup)
    assert found.exit_code == 1
    assert "entry 1 is not what was entered" in found.stderr


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_schema_is_backed_up_as_it_is_and_brought_up_when_it_is_restored(
    tmp_path: Path, target: Place, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
    old = Place(tmp_path / "old", None)
    old.write_key()
    (old.folder / "center").mkdir()
    with closing(sqlite3.connect(old.folder / "center" / "vigil.db")) as connection:
        connection.executescript((DATABASES / f"version-{version}.sql").read_text(encoding="utf-8"))
    backup = old.backup()
    assert json.loads((backup / "manifest.json").read_text())["schema"] == str(version)
    with closing(sqlite3.connect(old.folder / "center" / "vigil.db")) as left:
        assert left.execute("SELECT version FROM schema_version").fetchone() == (version,)
    done = target.run("restore", backup)
    assert "brought up: 0005_register_chain" in done.stdout
    with target.stores() as stores:
        assert [user.name for user in stores.users.all()] == ["李明"]


def test_an_empty_database_and_one_of_an_older_server_say_what_to_do(postgres: PostgresServer, tmp_path: Path) -> None:
    empty = Place(tmp_path / "empty", postgres)
    refused = empty.run("backup", "--out", tmp_path / "backups")
    assert "there is nothing to back up" in refused.output
    with empty.stores() as stores, stores.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    assert "go the steps first" in empty.run("backup", "--out", tmp_path / "backups").output
    assert form.whole_backups(tmp_path / "backups") == []


def test_as_many_as_wanted_are_kept_and_nothing_else_is_touched(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    backups = place.folder / "backups"
    for other in ("mine", "vigil-20000101T000000Z"):
        (backups / other).mkdir(parents=True)  # the second is no backup: it has no manifest
    for day in ("20010101T000000Z", "20020101T000000Z"):
        (backups / f"vigil-{day}").mkdir()
        (backups / f"vigil-{day}" / "manifest.json").write_text("{}")
    (backups / ".unfinished-vigil-20020101T000000Z").mkdir()  # somebody was killed
    made = place.backup("--keep", "2")
    left = {path.name for path in backups.iterdir()}
    assert left == {"mine", "vigil-20000101T000000Z", "vigil-20020101T000000Z", made.name}


def test_two_at_once_are_refused(place: Place) -> None:
    backups = place.folder / "backups"
    backups.mkdir()
    held = os.open(backups, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        assert "another backup is being made" in place.run("backup", "--out", backups).output
    finally:
        os.close(held)


def test_a_backup_waits_for_no_writer_and_has_nothing_of_what_is_not_committed(place: Place) -> None:
    with place.stores() as stores, stores.database.write():
        stores.register.append(LI, Action.PLAY, "not committed", at=at(3))
        found: list[Path] = []
        thread = threading.Thread(target=lambda: found.append(place.backup()))
        thread.start()
        thread.join(60)
        assert found, "it waits"
    with closing(sqlite3.connect(found[0] / "database.db")) as copy:
        assert copy.execute("SELECT count(*) FROM register").fetchone() == (2,)
