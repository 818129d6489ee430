from __future__ import annotations

import shutil
from pathlib import Path

from tests.unit.gateway.conftest import MakeWorld
from tests.unit.gateway.world import World


def test_ready(world: World) -> None:
    answer = world.client("admin").get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "database": "ok", "archive": "ok"})


def test_with_the_token_of_the_metrics(make: MakeWorld) -> None:
    client = make(metrics_token="scraper").client()
    client.headers["Authorization"] = "Bearer scraper"
    assert client.get("/readyz").status_code == 200


def test_an_archive_that_is_away(world: World, tmp_path: Path) -> None:
    client = world.client("admin")
    shutil.rmtree(tmp_path / "archive")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert "No such file" in answer.json()["archive"]
    assert answer.json()["database"] == "ok"


def test_a_database_that_is_away(make: MakeWorld) -> None:
    world = make(metrics_token="scraper")
    client = world.client()
    client.headers["Authorization"] = "Bearer scraper"
    rename(world, "register_head", "elsewhere")
    answer = client.get("/readyz")
    rename(world, "elsewhere", "register_head")
    assert answer.status_code == 503
    assert answer.json()["database"].startswith("database ")


def rename(world: World, table: str, name: str) -> None:
    with world.stores.database.write() as session:
        session.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")
