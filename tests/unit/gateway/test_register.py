from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.gateway.world import BARE_CAMERA, CAMERA, HALL, World
from vigil.model.ids import CameraId
from vigil.model.register import Action
from vigil.store.register_chain import verify

ENTRIES = (
    ("supervisor", Action.WATCH, f"camera {CAMERA}, main", None, CAMERA),
    ("investigator", Action.PULL, f"clip pull-1: camera {BARE_CAMERA}, a/b", "投诉 100%", BARE_CAMERA),
    ("investigator", Action.PLAY, "clip pull-1", "=1+1", BARE_CAMERA),
    ("supervisor", Action.PLAY, "clip elsewhere", None, CameraId("elsewhere")),
)


@pytest.fixture
def world(world: World) -> World:
    for name, action, subject, reason, camera in ENTRIES:
        found = world.stores.users.find(name)
        assert found is not None
        world.stores.register.append(found.user, action, subject, at=world.clock.now(), reason=reason, camera=camera)
        world.clock.advance(60)
    return world


def found(world: World, **query: Any) -> list[int]:
    answer = world.client("admin").get("/api/v1/register", params=query)
    assert answer.status_code == 200
    return [entry["number"] for entry in answer.json()["items"]]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [4, 3, 2, 1]),
        ({"username": "supervisor"}, [4, 1]),
        ({"action": "play"}, [4, 3]),
        ({"hall": HALL}, [3, 2, 1]),
        ({"camera": CAMERA}, [1]),
        ({"hall": HALL, "camera": "elsewhere"}, []),
        ({"text": "投诉"}, [2]),
        ({"text": "100%"}, [2]),
        ({"text": "%"}, [2]),
        ({"text": "pull-1"}, [3, 2]),
        ({"username": "investigator", "action": "play"}, [3]),
    ],
)
def test_search(world: World, query: dict[str, Any], numbers: list[int]) -> None:
    assert found(world, **query) == numbers


def test_search_by_time_is_half_open(world: World) -> None:
    begin = world.clock.now() - timedelta(seconds=4 * 60)
    span = {
        "from_at": (begin + timedelta(seconds=60)).isoformat(),
        "to_at": (begin + timedelta(seconds=180)).isoformat(),
    }
    assert found(world, **span) == [3, 2]


def test_pages_of_a_search(world: World) -> None:
    client = world.client("admin")
    first = client.get("/api/v1/register", params={"limit": 1, "username": "supervisor"}).json()
    second = client.get(
        "/api/v1/register", params={"limit": 1, "username": "supervisor", "cursor": first["next"]}
    ).json()
    assert [first["items"][0]["number"], second["items"][0]["number"], second["next"]] == [4, 1, None]


def test_what_makes_no_sense_is_refused(world: World) -> None:
    client = world.client("admin")
    for query in (
        {"hall": "nowhere"},
        {"action": "eat"},
        {"text": ""},
        {"from_at": "2026-01-01T00:00:00"},
        {"more": "1"},
    ):
        assert client.get("/api/v1/register", params=query).status_code == 422


def test_the_head_is_that_of_the_chain(world: World) -> None:
    told = world.client("admin").get("/api/v1/register/head").json()
    assert told["number"] == 4
    assert verify(world.stores.register.all(), world.stores.register.head()).fault is None
    assert told["sha256"] == world.stores.register.head().sha256


def test_an_export_is_an_entry_itself_and_no_formula_is_in_it(world: World) -> None:
    answer = world.client("admin").get("/api/v1/register/export", params={"hall": HALL})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith("\ufeff编号".encode())
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert [row[0] for row in rows] == ["3", "2", "1"]
    assert header[8] == "事由"
    assert rows[0][8] == "'=1+1"
    assert rows[0][1].endswith("+08:00")
    assert rows[0][9] == list(world.stores.register.all())[2].sha256
    newest = world.stores.register.page().items[0]
    assert (newest.action, newest.username, newest.subject) == (Action.EXPORT, "admin", f"register, hall {HALL}")


def test_an_export_has_all_of_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigil.gateway.register._BATCH", 2)
    rows = list(csv.reader(io.StringIO(world.client("admin").get("/api/v1/register/export").text)))
    assert [row[0] for row in rows[1:]] == ["5", "4", "3", "2", "1"]
