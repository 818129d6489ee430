from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.archive.contract import sha256
from tests.unit.gateway.world import CAMERA, HALL, World
from vigil.gateway.cursors import from_text, to_text
from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import AlertId
from vigil.model.looks import Presence, Unknown
from vigil.model.trace import TracePoint

ALERTS = "/api/v1/alerts"


def test_an_alert_as_the_contract_draws_it(world: World) -> None:
    world.raise_alert()
    world.make_clip()
    answer = world.client("operator").get(f"{ALERTS}/alert-1").json()
    clip = answer.pop("clip")
    assert answer == {
        "id": "alert-1",
        "kind": "window-unstaffed",
        "state": "open",
        "hall": "ga",
        "group": None,
        "window": "ga-w-1",
        "camera": "ga-cam-1",
        "began_at": "2026-03-02T00:55:00.000Z",
        "raised_at": "2026-03-02T01:00:00.000Z",
        "escalated_at": None,
        "ended_at": None,
        "end_reason": None,
        "facts": {"absent_s": 300},
        "has_snapshot": False,
        "backfilled": False,
        "version": 0,
        "assigned": None,
        "level": 0,
        "received_at": "2026-03-02T01:00:00.000Z",
        "muted_until": None,
        "history": [],
    }
    assert (clip["id"], clip["alert"], clip["state"], clip["by"]) == ("clip-1", "alert-1", "ready", None)


def test_what_the_looks_said_before_an_alert(world: World) -> None:
    world.raise_alert()
    at = world.clock.now()
    seen = TracePoint(at, Presence.SEEN, 0.81, visitor=Presence.CLEAR)
    dark = TracePoint(at + timedelta(seconds=1), Presence.UNKNOWN, why=Unknown.DARK)
    world.stores.traces.add(AlertId("alert-1"), (seen, dark))
    client = world.client("operator")
    assert client.get(f"{ALERTS}/alert-1/trace").json()["points"] == [
        {"at": "2026-03-02T01:00:00.000Z", "presence": "seen", "score": 0.81, "why": None}
        | {"visitor": "clear", "waiting": None, "mark": None},
        {"at": "2026-03-02T01:00:01.000Z", "presence": "unknown", "score": None, "why": "dark"}
        | {"visitor": "unknown", "waiting": None, "mark": None},
    ]
    assert client.get(f"{ALERTS}/none/trace").status_code == 404


def test_pages_and_filters(world: World) -> None:
    for number in range(5):
        world.raise_alert(f"alert-{number}", number)
    client = world.client("operator")
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "hall": HALL, "active": "true"}
    while True:
        page = client.get(ALERTS, params=query).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [f"alert-{number}" for number in reversed(range(5))]
    assert client.get(ALERTS, params={"state": "confirmed"}).json() == {"items": [], "next": None}
    assert client.get(ALERTS, params={"kind": "camera-fault"}).json()["items"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "state=odd", "kind=odd", "active=odd", "cursor=odd", "cursor=YWJj", "colour=red"]
)
def test_an_odd_question_is_refused(world: World, query: str) -> None:
    assert world.client("operator").get(f"{ALERTS}?{query}").status_code == 422


def test_a_cursor_survives_its_text() -> None:
    at = datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC)
    assert from_text(to_text(at, "a|b")) == (at, "a|b")


def test_what_is_not_there(world: World) -> None:
    client = world.client("supervisor")
    assert client.get(f"{ALERTS}/none").status_code == 404
    assert client.get(f"{ALERTS}/none/snapshot").status_code == 404


def test_a_snapshot(world: World) -> None:
    world.raise_alert()
    client = world.client("operator")
    assert client.get(f"{ALERTS}/alert-1/snapshot").status_code == 404
    picture = b"\xff\xd8 a picture"
    world.deps.objects.put("snap/1.jpg", io.BytesIO(picture), size=len(picture), sha256=sha256(picture))
    world.stores.alerts.attach_snapshot(AlertId("alert-1"), "snap/1.jpg")
    answer = client.get(f"{ALERTS}/alert-1/snapshot")
    assert (answer.headers["content-type"], answer.content) == ("image/jpeg", picture)
    assert client.get(f"{ALERTS}/alert-1").json()["has_snapshot"]
    world.deps.objects.delete("snap/1.jpg")
    assert client.get(f"{ALERTS}/alert-1/snapshot").status_code == 404


def test_related_alerts_the_nearest_first(world: World) -> None:
    world.raise_alert("absence")
    world.raise_alert("again", seconds=400)
    at = world.clock.now()
    camera = Alert(AlertId("dark"), 1, AlertKind.CAMERA_FAULT, HALL, CAMERA, at, at)
    world.stores.alerts.upsert(camera)
    items = world.client("operator").get(f"{ALERTS}/absence/related").json()["items"]
    assert [(item["relation"], item["alert"]["id"]) for item in items] == [("window", "again"), ("camera", "dark")]
    assert world.client("operator").get(f"{ALERTS}/none/related").status_code == 404
