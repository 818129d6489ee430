"""`vigil backup` of a centre at work, and `vigil restore` into an empty place, from either database into either."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.conftest import BOTH
from tests.integration.conftest import S3Server
from tests.integration.test_uplink import WINDOW, PlayedNode, key_of, stores_of, until
from tests.postgres import PostgresServer
from tests.system import DemoSystem
from tests.unit.center.backup.evidence import EVIDENCE, FOOTAGE, SEGMENT, archive_of, fill, has
from tests.unit.center.backup.place import Place
from tests.unit.store.samples import alert
from vigil.demo import make_keys
from vigil.store.database import Database

Change = Callable[[dict[str, Any]], None]
SEALING = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


class CentreWithoutPeople(DemoSystem):
    """With a database that nothing has touched: people come from the backup."""

    def _enter_people(self) -> None:
        make_keys(self.configuration)


def vigil(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vigil", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def change_of(kind: str, server: PostgresServer, folder: Path) -> Change:
    """The configuration of a centre with an empty database of this kind."""
    (folder / "sealing.key").write_text(SEALING)
    into_server = server.configure(server.create(), folder) if kind == "postgresql" else None

    def change(values: dict[str, Any]) -> None:
        values["center"]["identity"] = {"key": {"file": "sealing.key"}}
        if into_server is not None:
            into_server(values)

    return change


def backed_up(system: DemoSystem, out: Path, *options: str) -> tuple[Path, str]:
    done = vigil("backup", "-c", system.file, "--out", out, *options)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip()), done.stderr


def playable(system: DemoSystem) -> dict[str, Any] | None:
    for one in system.get("alerts")["items"]:
        if one["has_snapshot"] and one["clip"] and one["clip"]["state"] in ("ready", "partial"):
            return dict(one)
    return None


def all_of_the_register(system: DemoSystem) -> list[Any]:
    with stores_of(system) as stores:
        return list(stores.register.all())


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_a_centre_at_work_is_backed_up_and_goes_on_from_there_elsewhere(
    server: PostgresServer, tmp_path: Path, source: str, target: str
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with DemoSystem(here, change=change_of(source, server, here)) as system:
        found = system.wait_for(lambda: playable(system), 90, "an alert with picture and clip")
        assert system.api("operator").get(f"clips/{found['clip']['id']}/video").status_code == 200
        system.api("operator").post(f"alerts/{found['id']}/acknowledge").raise_for_status()
        before = all_of_the_register(system)
        backup, remarks = backed_up(system, tmp_path / "backups")
        after = all_of_the_register(system)
        assert system.api("operator").get(f"clips/{found['clip']['id']}/video").status_code == 200
        assert system.running("center")
        assert "Traceback" not in system.log_of("center")
        cookie = dict(system.api("operator").cookies)
    assert before == after
    assert before
    head = f"{before[-1].number}:{before[-1].sha256}"
    assert head in remarks
    assert json.loads((backup / "manifest.json").read_text())["register"] == head

    shutil.copytree(here / "objects", there / "objects")
    new = CentreWithoutPeople(there, change=change_of(target, server, there), whole=False)
    done = vigil("restore", "-c", new.file, backup)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"The register is whole: {len(before)} entries" in done.stdout
    restored = all_of_the_register(new)
    assert restored[:-1] == before
    assert restored[-1].action == "restore"
    verified = vigil("audit", "verify", "-c", new.file, "--kept", head)
    assert verified.returncode == 0, verified.stderr
    with new:
        stolen = httpx.get(f"{new.address}/api/v1/alerts", cookies=cookie)
        assert stolen.status_code == 401, "a session of before is open again"
        again = new.get(f"alerts/{found['id']}")
        assert again["raised_at"] == found["raised_at"]
        assert [step["step"] for step in again["history"]] == ["acknowledge"]
        video = new.api("operator").get(f"clips/{found['clip']['id']}/video")
        assert video.content[4:8] == b"ftyp"
        entries = new.get("register", "admin")["items"]
        assert [one["action"] for one in entries][:2] == ["play", "restore"]


@pytest.mark.parametrize("source", BOTH)
async def test_what_was_acknowledged_before_a_backup_is_in_it_and_nobody_waits_for_it(
    server: PostgresServer, tmp_path: Path, source: str
) -> None:
    with DemoSystem(tmp_path, change=change_of(source, server, tmp_path), whole=False) as system:
        node = PlayedNode(system.folder, system.center_port, key_of(system))
        numbers = itertools.count()
        async with node.running():
            for _ in range(200):
                node.observe(next(numbers))
            await until(lambda: len(node.outbox.acknowledged) > 50, what="acknowledgements")
            writing = asyncio.create_task(_keep_writing(node, numbers))
            held = set(node.outbox.acknowledged)
            backup, _ = await asyncio.to_thread(backed_up, system, tmp_path / "backups")
            await until(lambda: len(node.outbox.acknowledged) > len(held) + 20, what="more of them")
            writing.cancel()
            await until(node.is_empty, 60, "everything to arrive")
        assert "intake_failed" not in system.log_of("center")
    with closing(sqlite3.connect(backup / "database.db")) as copy:
        rows = copy.execute("SELECT since_at FROM observations").fetchall()
    assert len(rows) >= len(held)
    assert len(rows) < next(numbers)
    with closing(Database.in_file(_copied(backup, tmp_path))) as database, database.read() as session:
        times = session.execute(text("SELECT count(*), count(DISTINCT since_at) FROM observations")).one()
        assert times[0] == times[1] == len(rows)
    assert held <= {f"window_{WINDOW}_{number}" for number in range(len(rows))}


@pytest.mark.parametrize(("source", "target"), [("folder", "bucket"), ("bucket", "folder")])
def test_objects_go_along_out_of_either_archive_into_either(
    s3_server: S3Server, tmp_path: Path, source: str, target: str
) -> None:
    (tmp_path / "access").write_text(s3_server.access_key)
    (tmp_path / "secret").write_text(s3_server.secret_key)
    bucket = (
        f"objects: {{s3: {{endpoint: '{s3_server.endpoint}', bucket: vigil-backup-{source}, "
        "access_key: {file: ../access}, secret_key: {file: ../secret}}}"
    )
    kinds = {"folder": "objects: {folder: objects}", "bucket": bucket}
    here, there = Place(tmp_path / "here", None, kinds[source]), Place(tmp_path / "there", None, kinds[target])
    with here.stores() as stores:
        stores.alerts.upsert(alert(), snapshot_key="snapshots/alert-1.jpg")
    fill(here)
    backup = here.backup("--footage")
    done = there.run("restore", backup)
    assert done.exit_code == 0, done.output
    assert "The archive has 5 of 5 objects" in done.stdout
    assert all(has(archive_of(there), key, data) for key, data in {**EVIDENCE, SEGMENT: FOOTAGE}.items())


def _copied(backup: Path, folder: Path) -> Path:
    return Path(shutil.copy(backup / "database.db", folder / "look.db"))


async def _keep_writing(node: PlayedNode, numbers: Iterator[int]) -> None:
    while True:
        node.observe(next(numbers))
        await asyncio.sleep(0.005)
