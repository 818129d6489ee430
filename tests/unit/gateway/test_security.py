from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter, WebSocket
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tests.unit.gateway.world import CAMERA, ORIGIN, SOCKETS, World
from vigil.gateway.app import create_app

ACKNOWLEDGE = "/api/v1/alerts/alert-1/acknowledge"


def post(world: World, origin: str | None, host: str | None = None) -> int:
    client = world.client("operator")
    del client.headers["Origin"]
    headers = {} if origin is None else {"Origin": origin}
    headers |= {} if host is None else {"Host": host}
    return int(client.post(ACKNOWLEDGE, headers=headers).status_code)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "https://evil.test",
        "https://centre.test.evil.test",
        "https://centre.test:8443",
        "centre.test",
        "file://centre.test",
        "http://[",
        "https://centre.test/path",
        "https://user@centre.test",
    ],
)
def test_an_unsafe_request_of_another_origin_is_refused(world: World, origin: str | None) -> None:
    world.raise_alert()
    assert post(world, origin) == 403
    assert world.client("operator").get("/api/v1/alerts/alert-1").json()["state"] == "open"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (ORIGIN, None),
        ("http://centre.test", None),  # TLS ends at a proxy
        ("https://CENTRE.test", None),
        ("https://centre.test:8443", "centre.test:8443"),
        ("https://centre.test", "centre.test:443"),
        ("http://10.0.0.1:8080", "10.0.0.1:8080"),
    ],
)
def test_our_own_origin_passes(world: World, origin: str, host: str | None) -> None:
    world.raise_alert()
    assert post(world, origin, host) == 200


def test_an_allowed_origin_passes(make: Any) -> None:
    world: World = make(origins=("https://screen.test/",))
    world.raise_alert()
    assert post(world, "https://screen.test") == 200


def test_logging_in_needs_the_origin_too(world: World) -> None:
    client = world.client()
    client.headers["Origin"] = "https://evil.test"
    answer = client.post("/api/v1/session", json={"username": "operator", "password": "x"})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


def test_reading_needs_no_origin(world: World) -> None:
    client = world.client("operator")
    del client.headers["Origin"]
    assert client.get("/api/v1/status").status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.test", "null", ""])
def test_a_socket_of_another_origin_is_never_accepted(world: World, origin: str) -> None:
    client = world.client("operator")
    with (
        pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)),
        client.websocket_connect(f"{SOCKETS}/api/v1/cameras/{CAMERA}/live", headers={"Origin": origin}),
    ):
        pass
    assert world.register() == []
    assert world.live.asked == []


def test_nodes_bring_neither_cookie_nor_origin(world: World) -> None:
    router = APIRouter(prefix="/uplink")

    @router.put("/segments/{name}")
    async def take(name: str) -> dict[str, str]:
        return {"taken": name}

    @router.websocket("")
    async def link(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")

    client = TestClient(create_app(world.deps, [router]), base_url=ORIGIN)
    assert client.put("/uplink/segments/one", content=b"x" * 1_000_000).json() == {"taken": "one"}
    with client.websocket_connect("/uplink") as socket:
        assert socket.receive_text() == "hello"
    assert client.put("/uplinked", content=b"").status_code == 403


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/nothing", "/", "/healthz", "/metrics"])
def test_every_answer_is_guarded(world: World, path: str) -> None:
    headers = world.client("operator").get(path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'self';" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert all(f"{power}=()" in headers["permissions-policy"] for power in ("camera", "microphone", "geolocation"))
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers
    assert (headers.get("cache-control") == "no-store") == path.startswith(("/api", "/metrics"))


def test_without_tls_nothing_is_promised_of_it(make: Any) -> None:
    world: World = make(secure_cookie=False)
    assert "strict-transport-security" not in world.client().get("/healthz").headers


def test_no_script_runs_that_is_not_ours(world: World) -> None:
    rules = dict(rule.split(" ", 1) for rule in world.client().get("/").headers["content-security-policy"].split("; "))
    assert (rules["default-src"], rules["script-src"], rules["base-uri"]) == ("'self'", "'self'", "'none'")
    assert (rules["style-src"], rules["object-src"]) == ("'self'", "'none'")
    assert (rules["require-trusted-types-for"], rules["trusted-types"]) == ("'script'", "vue")
    assert not any(word in rule for rule in rules.values() for word in ("unsafe-", "http:", "https:", "*"))


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "OPTIONS", "FOO"])
def test_methods_that_nobody_needs_are_refused(world: World, method: str) -> None:
    assert world.client("operator").request(method, "/api/v1/status").status_code in {403, 405}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_of_another_kind_is_refused(world: World, kind: str) -> None:
    """Those that a form of another site can send without asking are among them."""
    world.raise_alert()
    answer = world.client("supervisor").post(
        "/api/v1/alerts/alert-1/dismiss", content=b'{"reason": "x"}', headers={"Content-Type": kind}
    )
    assert answer.status_code == 422


def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    answer = world.client().post("/api/v1/session", json={"username": "x", "password": "x" * 100_000})
    assert answer.status_code == 413


def test_there_are_no_pages_about_the_api(world: World) -> None:
    client = world.client()
    assert client.get("/openapi.json").status_code == 503  # the screen, not built
    assert client.get("/api/v1/openapi.json").status_code == 401
    schema = world.client("admin").get("/api/v1/openapi.json").json()
    assert "/api/v1/clips/{clip_id}/video" in schema["paths"]
