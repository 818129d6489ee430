from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.gateway.world import CAMERA, PURPOSE, World
from vigil.model.ids import CameraId
from vigil.model.register import Action
from vigil.model.retention import CameraPlan, RetentionPlan

LIFTED = {"reason": " 案件已办结 "}


def span(world: World, **changes: Any) -> dict[str, Any]:
    now = world.clock.now()
    wanted = {
        "camera": CAMERA,
        "from_at": (now - timedelta(hours=2)).isoformat(),
        "to_at": (now - timedelta(hours=1)).isoformat(),
        "case": "案件 2026-7",
    }
    return wanted | changes


@pytest.mark.parametrize("role", ["investigator", "supervisor"])
def test_footage_is_held_and_released_and_the_register_says_so(world: World, role: str) -> None:
    client = world.client(role)
    made = client.post("/api/v1/holds", json=span(world))
    assert made.status_code == 201
    held = made.json()
    assert (held["camera"], held["case"], held["by"], held["until_at"]) == (CAMERA, "案件 2026-7", role, None)
    assert client.get("/api/v1/holds", params={"active": True}).json()["items"] == [held]
    world.clock.advance(60)
    released = client.post(f"/api/v1/holds/{held['id']}/release", json=LIFTED).json()
    assert (released["released_by"], released["released_why"]) == (role, "案件已办结")
    assert client.get("/api/v1/holds", params={"active": True}).json()["items"] == []
    assert client.get("/api/v1/holds").json()["items"] == [released]
    entries = world.stores.register.page().items
    reason = f"{PURPOSE}; 案件 2026-7" if role == "investigator" else "案件 2026-7"
    assert [(entry.action, entry.username, entry.reason) for entry in entries] == [
        (Action.RELEASE, role, f"{reason}; 案件已办结"),
        (Action.HOLD, role, reason),
    ]
    assert entries[0].subject == entries[1].subject
    assert entries[0].subject.startswith(f"hold {held['id']}: camera {CAMERA}, ")


def test_a_hold_is_released_once(world: World) -> None:
    client = world.client("investigator")
    name = client.post("/api/v1/holds", json=span(world)).json()["id"]
    for body in ({}, {"reason": " "}, {"reason": "x" * 501}):
        assert client.post(f"/api/v1/holds/{name}/release", json=body).status_code == 422
    client.post(f"/api/v1/holds/{name}/release", json=LIFTED)
    assert client.post(f"/api/v1/holds/{name}/release", json=LIFTED).status_code == 409
    assert client.post("/api/v1/holds/none/release", json=LIFTED).status_code == 404
    assert len(world.stores.register.page().items) == 2


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"camera": "nobody"}, 404, "no such camera"),
        ({"case": "  "}, 422, "case"),
        ({"to_at": "2020-01-01T00:00:00Z"}, 422, "to_at"),
        ({"from_at": "2010-01-01T00:00:00Z"}, 422, "to_at"),
        ({"until_at": "2020-01-01T00:00:00Z"}, 422, "until_at"),
        ({"more": 1}, 422, "more"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(world: World, changes: dict[str, Any], status: int, says: str) -> None:
    answer = world.client("investigator").post("/api/v1/holds", json=span(world, **changes))
    assert answer.status_code == status
    assert says in answer.text
    assert world.stores.holds.all() == []
    assert world.stores.register.page().items == ()


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_others_may_not(world: World, role: str) -> None:
    client = world.client(role)
    assert client.get("/api/v1/holds").status_code == 403
    assert client.post("/api/v1/holds", json=span(world)).status_code == 403
    assert client.post("/api/v1/holds/x/release", json=LIFTED).status_code == 403


def test_the_plan_is_the_administrators(world: World) -> None:
    now = world.clock.now()
    camera = CameraPlan(CameraId("c"), 30, 90, 100, 10, now - timedelta(days=10))
    deps = replace(world.deps, retention=lambda: RetentionPlan(now, (camera,), 150))
    world.app.state.deps = deps
    told = world.client("admin").get("/api/v1/retention").json()
    assert (told["bytes"], told["room_bytes"], told["least_bytes"], told["most_bytes"]) == (100, 150, 300, 900)
    assert told["full_at"] == (now + timedelta(days=6)).strftime("%Y-%m-%dT%H:%M:%S.") + "000Z"
    assert told["cameras"][0]["day_bytes"] == 10
    assert world.client("operator").get("/api/v1/retention").status_code == 403


def test_before_the_first_plan_it_says_to_come_again(world: World) -> None:
    answer = world.client("admin").get("/api/v1/retention")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
