from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.gateway.world import World
from vigil.gateway.events import AlertChanged
from vigil.model.ids import AlertId

MUTES = "/api/v1/mutes"
ENTRY = {"window": "ga-w-1", "kind": "window-unstaffed", "to_at": "2026-03-02T02:00:00Z", "reason": " 窗口搬迁 "}


async def test_a_mute_concerns_the_alert_that_goes_on_and_is_told(world: World) -> None:
    world.raise_alert()
    subscriber = world.deps.events.subscribe()
    client = world.client("supervisor")
    answer = await asyncio.to_thread(client.post, MUTES, json=ENTRY)
    assert answer.status_code == 201
    entered = answer.json()
    assert (entered["hall"], entered["reason"], entered["by"]) == ("ga", "窗口搬迁", "supervisor")
    assert await subscriber.take(5) == [AlertChanged(AlertId("alert-1"))]
    told = client.get("/api/v1/alerts/alert-1").json()
    assert (told["muted_until"], told["state"]) == ("2026-03-02T02:00:00.000Z", "open")
    assert world.suspended == []  # nodes go on as they did


def test_a_mute_is_ended_and_kept(world: World) -> None:
    world.raise_alert()
    client = world.client("supervisor")
    name = client.post(MUTES, json=ENTRY).json()["id"]
    assert [one["id"] for one in client.get(MUTES, params={"active": True}).json()["items"]] == [name]
    world.clock.advance(600)
    ended = client.post(f"{MUTES}/{name}/end").json()
    assert (ended["ended_at"], ended["ended_by"]) == ("2026-03-02T01:10:00.000Z", "supervisor")
    assert client.get("/api/v1/alerts/alert-1").json()["muted_until"] == "2026-03-02T01:10:00.000Z"
    assert client.post(f"{MUTES}/{name}/end").status_code == 409
    assert client.get(MUTES, params={"active": True}).json()["items"] == []
    assert [one["id"] for one in client.get(MUTES, params={"window": "ga-w-1"}).json()["items"]] == [name]


def test_one_at_a_time(world: World) -> None:
    client = world.client("supervisor")
    assert client.post(MUTES, json=ENTRY).status_code == 201
    assert client.post(MUTES, json=ENTRY).status_code == 409
    assert client.post(MUTES, json=ENTRY | {"kind": "unserved-visitor"}).status_code == 201
    world.clock.advance(3600)
    later = world.client("supervisor").post(MUTES, json=ENTRY | {"to_at": "2026-03-02T03:00:00Z"})
    assert later.status_code == 201


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"to_at": "2026-03-02T01:00:00Z"}, 422),
        ({"to_at": "2026-05-02T01:00:00Z"}, 422),
        ({"reason": " "}, 422),
        ({"kind": "camera-fault"}, 422),
        ({"window": "none"}, 404),
    ],
)
def test_what_is_no_mute(world: World, change: dict[str, Any], status: int) -> None:
    assert world.client("supervisor").post(MUTES, json=ENTRY | change).status_code == status
    assert world.stores.mutes.newest() == []
