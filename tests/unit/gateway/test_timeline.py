from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.gateway.world import CAMERA, World
from tests.unit.store.samples import segment
from vigil.gateway.times import rfc3339
from vigil.model.media import Gap, GapCause


def ask(world: World, minutes: float, camera: str = CAMERA, **changes: str) -> Any:
    start = world.clock.now()
    query = {"from_at": rfc3339(start), "to_at": rfc3339(start + timedelta(minutes=minutes))} | changes
    return world.client("investigator").get(f"/api/v1/cameras/{camera}/timeline", params=query)


def test_stretches_and_gaps(world: World) -> None:
    start = world.clock.now()
    for number in (0, 1, 3):
        world.stores.footage.announce(segment(number, camera=CAMERA), f"s/{number}.mp4")
    world.stores.footage.add_gap(
        Gap(CAMERA, start + timedelta(minutes=2), start + timedelta(minutes=3), GapCause.CAMERA)
    )
    assert ask(world, 3.5).json() == {
        "segments": [
            {"start_at": "2026-03-02T01:00:00.000Z", "end_at": "2026-03-02T01:02:00.000Z"},
            {"start_at": "2026-03-02T01:03:00.000Z", "end_at": "2026-03-02T01:03:30.000Z"},
        ],
        "gaps": [
            {"start_at": "2026-03-02T01:02:00.000Z", "end_at": "2026-03-02T01:03:00.000Z", "cause": "camera"},
        ],
    }


@pytest.mark.parametrize("minutes", [0, -1, 31 * 24 * 60 + 1])
def test_an_odd_span(world: World, minutes: float) -> None:
    assert ask(world, minutes).status_code == 422


def test_a_time_without_a_zone(world: World) -> None:
    assert ask(world, 1, from_at="2026-03-02T00:00:00").status_code == 422


def test_a_camera_that_is_not_there(world: World) -> None:
    assert ask(world, 1, camera="none").status_code == 404


def test_the_register_in_pages(world: World) -> None:
    user = world.stores.users.all()[0]
    for number in range(5):
        world.stores.register.append(user, "play", f"clip {number}", at=world.clock.now())  # type: ignore[arg-type]
    client, seen = world.client("admin"), []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = client.get("/api/v1/register", params=query).json()
        seen += [entry["subject"] for entry in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [f"clip {number}" for number in reversed(range(5))]
    assert client.get("/api/v1/register?cursor=odd").status_code == 422
