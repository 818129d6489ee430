"""Who may call what. A route that this table does not know fails the test: decide first, then add it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from tests.unit.gateway.world import CAMERA, World
from vigil.model.people import Role

EVERYONE = frozenset(Role)
READERS = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.INVESTIGATOR})
WATCHERS = frozenset({Role.OPERATOR, Role.SUPERVISOR})
DECIDERS = frozenset({Role.SUPERVISOR})
EXPORTERS = frozenset({Role.SUPERVISOR, Role.INVESTIGATOR})
INVESTIGATORS = frozenset({Role.INVESTIGATOR})
HOLDERS = frozenset({Role.INVESTIGATOR, Role.SUPERVISOR})
ADMINS = frozenset({Role.ADMIN})

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Call:
    """`path` fills the route's pattern in; `ok` is what those who may are answered."""

    allowed: frozenset[Role]
    path: str
    ok: int = 200
    body: Any = None


SPAN = {"from_at": "2026-03-02T00:00:00Z", "to_at": "2026-03-02T00:10:00Z"}
PAUSE = {"window": "ga-w-1", "kind": "paused", "to_at": "2026-03-02T02:00:00Z", "note": "设备维修"}
COMPLAINT = {
    "kind": "complaint",
    "title": "群众反映窗口无人",
    "hall": "ga",
    "unit": "公安局",
    "deadline": "2026-03-09T01:00:00Z",
}
MUTE = {"window": "ga-w-1", "kind": "window-unstaffed", "to_at": "2026-03-02T02:00:00Z", "reason": "窗口搬迁"}
MATRIX: dict[tuple[str, str], Call] = {
    ("GET", f"{API}/session"): Call(EVERYONE, "/session"),
    ("DELETE", f"{API}/session"): Call(EVERYONE, "/session", 204),
    ("GET", f"{API}/site"): Call(EVERYONE, "/site"),
    ("GET", f"{API}/openapi.json"): Call(EVERYONE, "/openapi.json"),
    ("GET", f"{API}/status"): Call(READERS, "/status"),
    ("GET", f"{API}/events"): Call(READERS, "/events"),
    ("GET", f"{API}/alerts"): Call(READERS, "/alerts"),
    ("GET", f"{API}/alerts/{{alert_id}}"): Call(READERS, "/alerts/alert-1"),
    ("GET", f"{API}/alerts/{{alert_id}}/snapshot"): Call(READERS, "/alerts/alert-1/snapshot", 404),
    ("GET", f"{API}/alerts/{{alert_id}}/trace"): Call(READERS, "/alerts/alert-1/trace"),
    ("POST", f"{API}/alerts/{{alert_id}}/acknowledge"): Call(WATCHERS, "/alerts/alert-1/acknowledge"),
    ("POST", f"{API}/alerts/{{alert_id}}/confirm"): Call(DECIDERS, "/alerts/alert-1/confirm", body={}),
    ("POST", f"{API}/alerts/{{alert_id}}/dismiss"): Call(
        DECIDERS, "/alerts/alert-1/dismiss", body={"reason": "other", "note": "x"}
    ),
    ("POST", f"{API}/alerts/{{alert_id}}/rectify"): Call(DECIDERS, "/alerts/alert-1/rectify", 409, {"note": "x"}),
    ("POST", f"{API}/alerts/{{alert_id}}/reopen"): Call(DECIDERS, "/alerts/alert-1/reopen", 409, {"note": "x"}),
    ("POST", f"{API}/alerts/{{alert_id}}/comment"): Call(WATCHERS, "/alerts/alert-1/comment", body={"note": "x"}),
    ("POST", f"{API}/alerts/{{alert_id}}/assign"): Call(WATCHERS, "/alerts/alert-1/assign", body={"user": "operator"}),
    ("GET", f"{API}/alerts/{{alert_id}}/related"): Call(READERS, "/alerts/alert-1/related"),
    ("GET", f"{API}/mutes"): Call(READERS, "/mutes"),
    ("POST", f"{API}/mutes"): Call(DECIDERS, "/mutes", 201, MUTE),
    ("POST", f"{API}/mutes/{{mute_id}}/end"): Call(DECIDERS, "/mutes/none/end", 404),
    ("GET", f"{API}/ledger"): Call(READERS, "/ledger"),
    ("POST", f"{API}/ledger"): Call(DECIDERS, "/ledger", 201, COMPLAINT),
    ("GET", f"{API}/ledger/candidates"): Call(DECIDERS, "/ledger/candidates"),
    ("GET", f"{API}/ledger.csv"): Call(DECIDERS, "/ledger.csv"),
    ("GET", f"{API}/ledger/{{entry_id}}"): Call(READERS, "/ledger/e-1"),
    ("POST", f"{API}/ledger/{{entry_id}}/{{step}}"): Call(DECIDERS, "/ledger/e-1/remark", body={"note": "x"}),
    ("POST", f"{API}/ledger/{{entry_id}}/files"): Call(DECIDERS, "/ledger/e-1/files?name=a", 415),
    ("GET", f"{API}/ledger/{{entry_id}}/files/{{evidence_id}}"): Call(READERS, "/ledger/e-1/files/none", 404),
    ("GET", f"{API}/people"): Call(WATCHERS, "/people"),
    ("GET", f"{API}/suspensions"): Call(READERS, "/suspensions"),
    ("POST", f"{API}/suspensions"): Call(WATCHERS, "/suspensions", 201, PAUSE),
    ("POST", f"{API}/suspensions/{{suspension_id}}/end"): Call(WATCHERS, "/suspensions/pause-1/end"),
    ("GET", f"{API}/clips"): Call(READERS, "/clips"),
    ("POST", f"{API}/clips"): Call(INVESTIGATORS, "/clips", 201, {"camera": CAMERA, "reason": "x", **SPAN}),
    ("GET", f"{API}/clips/{{clip_id}}"): Call(READERS, "/clips/clip-1"),
    ("GET", f"{API}/clips/{{clip_id}}/video"): Call(READERS, "/clips/clip-1/video"),
    ("HEAD", f"{API}/clips/{{clip_id}}/video"): Call(READERS, "/clips/clip-1/video"),
    ("GET", f"{API}/cameras/{{camera_id}}/timeline"): Call(
        INVESTIGATORS, f"/cameras/{CAMERA}/timeline?from_at={SPAN['from_at']}&to_at={SPAN['to_at']}"
    ),
    ("GET", f"{API}/completeness"): Call(READERS, "/completeness?day=2026-03-02"),
    ("GET", f"{API}/windows/{{window_id}}/minutes"): Call(
        INVESTIGATORS, f"/windows/ga-w-1/minutes?from_at={SPAN['from_at']}&to_at={SPAN['to_at']}"
    ),
    ("GET", f"{API}/groups/{{group_id}}/minutes"): Call(
        INVESTIGATORS, f"/groups/ga-1/minutes?from_at={SPAN['from_at']}&to_at={SPAN['to_at']}"
    ),
    ("GET", f"{API}/register"): Call(ADMINS, "/register"),
    ("GET", f"{API}/register/head"): Call(ADMINS, "/register/head"),
    ("GET", f"{API}/register/export"): Call(ADMINS, "/register/export"),
    ("GET", f"{API}/retention"): Call(ADMINS, "/retention", 503),
    ("GET", f"{API}/holds"): Call(HOLDERS, "/holds"),
    ("POST", f"{API}/holds"): Call(HOLDERS, "/holds", 201, {"camera": CAMERA, "case": "x", **SPAN}),
    ("POST", f"{API}/holds/{{hold_id}}/release"): Call(HOLDERS, "/holds/none/release", 404),
    ("GET", "/metrics"): Call(ADMINS, "/metrics"),
    ("GET", "/readyz"): Call(ADMINS, "/readyz"),
}
OPEN = {
    ("POST", f"{API}/session"),
    ("GET", "/healthz"),
    ("GET", "/{path:path}"),
    ("HEAD", "/{path:path}"),
}
SOCKETS = {f"{API}/cameras/{{camera_id}}/live"}  # their table is in test_live.py


def url(route: str, call: Call) -> str:
    return f"{API}{call.path}" if route.startswith(API) else call.path


@pytest.fixture
def world(world: World) -> World:
    world.raise_alert()
    world.make_clip()
    world.pause("pause-1")
    world.enter("e-1")
    world.deps.events.close()  # so that an event stream ends
    return world


def test_every_route_is_in_the_table(world: World) -> None:
    routes = list(iter_route_contexts(world.app.routes))
    calls = {(method, str(route.path)) for route in routes for method in getattr(route, "methods", None) or ()}
    sockets = {route.path for route in routes if not getattr(route, "methods", None)}
    assert calls == set(MATRIX) | OPEN
    assert sockets == SOCKETS


@pytest.mark.parametrize(("method", "route"), MATRIX, ids=" ".join)
def test_nobody_without_a_session(world: World, method: str, route: str) -> None:
    call = MATRIX[method, route]
    assert world.client().request(method, url(route, call), json=call.body).status_code == 401


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("method", "route"), MATRIX, ids=" ".join)
def test_each_role_to_what_it_may(world: World, method: str, route: str, role: Role) -> None:
    call = MATRIX[method, route]
    answer = world.client(role).request(method, url(route, call), json=call.body)
    assert answer.status_code == (call.ok if role in call.allowed else 403)


@pytest.mark.parametrize("role", Role)
def test_a_download_needs_more_than_playing(world: World, role: Role) -> None:
    answer = world.client(role).get(f"{API}/clips/clip-1/video?download=1")
    assert answer.status_code == (200 if role in EXPORTERS else 403)


def test_what_is_refused_changes_nothing(world: World) -> None:
    client = world.client("operator")
    client.post(f"{API}/alerts/alert-1/dismiss", json={"reason": "false-detection"})
    client.post(f"{API}/clips", json={"camera": CAMERA, "reason": "x", **SPAN})
    assert client.get(f"{API}/alerts/alert-1").json()["state"] == "open"
    assert world.register() == []
    assert world.clips_asked == []


def test_the_metrics_token_opens_the_metrics_only(make: Any) -> None:
    world: World = make(metrics_token="scraper")
    client = world.client()
    client.headers["Authorization"] = "Bearer scraper"
    assert "vigil_requests_total" in client.get("/metrics").text
    assert client.get(f"{API}/status").status_code == 401
    client.headers["Authorization"] = "Bearer other"
    assert client.get("/metrics").status_code == 401


def test_a_disabled_user_is_out_at_once(world: World) -> None:
    client = world.client("operator")
    assert client.get(f"{API}/status").status_code == 200
    world.stores.users.set_disabled("operator", True)
    assert client.get(f"{API}/status").status_code == 401


def test_a_role_that_is_taken_away_is_gone_at_once(world: World) -> None:
    client = world.client("operator")
    world.stores.users.set_roles("operator", {Role.ADMIN})
    world.clock.advance(timedelta(minutes=1).total_seconds())
    assert client.get(f"{API}/status").status_code == 403
