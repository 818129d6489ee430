"""API tokens: what a program may do in somebody's name, and what never."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.unit.gateway.world import CAMERA, ORIGIN, SOCKETS, TWO_HALLS, World
from vigil.gateway import bearer
from vigil.model.people import everywhere

API = "/api/v1"
TOKENS = f"{API}/session/tokens"


def token(world: World, user: str, *permissions: str, **more: Any) -> str:
    wish = {"name": "wall", "permissions": list(permissions), "days": 30} | more
    made = world.client(user).post(TOKENS, json=wish)
    assert made.status_code == 201, made.text
    return str(made.json()["token"])


def program(world: World, text: str) -> TestClient:
    """No browser: neither cookie nor Origin."""
    return TestClient(
        world.app, base_url=ORIGIN, headers={"Authorization": f"Bearer {text}"}, raise_server_exceptions=False
    )


def test_a_token_does_what_its_scope_names_and_nothing_else(world: World) -> None:
    world.raise_alert()
    client = program(world, token(world, "supervisor", "read-alerts", "acknowledge"))
    assert client.get(f"{API}/alerts/alert-1").status_code == 200
    assert client.post(f"{API}/alerts/alert-1/confirm").status_code == 403
    assert client.post(f"{API}/alerts/alert-1/acknowledge").status_code == 200
    assert client.get(f"{API}/clips").status_code == 403
    assert client.get(f"{API}/session").json()["permissions"] == ["acknowledge", "read-alerts"]


def test_what_needs_a_persons_decision_is_in_a_scope_only_when_it_is_named(world: World) -> None:
    world.raise_alert()
    assert (
        program(world, token(world, "supervisor", "read-alerts")).post(f"{API}/alerts/alert-1/confirm").status_code
        == 403
    )
    named = program(world, token(world, "supervisor", "read-alerts", "decide"))
    assert named.post(f"{API}/alerts/alert-1/confirm").status_code == 200


def test_a_token_is_of_some_halls_alone(make: Any) -> None:
    world: World = make(site=TWO_HALLS)
    world.raise_alert()
    client = program(world, token(world, "operator", "read-alerts", halls=["rs"]))
    assert client.get(f"{API}/alerts").json()["items"] == []
    assert client.get(f"{API}/alerts/alert-1").status_code == 404
    assert client.get(f"{API}/session").json()["halls"] == ["rs"]


@pytest.mark.parametrize(
    ("user", "wish"),
    [
        ("operator", {"permissions": ["decide"]}),
        ("admin", {"permissions": ["manage-accounts"]}),
        ("hall", {"permissions": ["read-alerts"], "halls": ["rs"]}),
        ("operator", {"permissions": []}),
        ("operator", {"permissions": ["read-alerts"], "days": 367}),
        ("operator", {"permissions": ["read-alerts"], "days": 0}),
        ("operator", {"permissions": ["read-alerts"], "halls": []}),
    ],
)
def test_nobody_lends_what_he_has_not_or_what_nobody_may(make: Any, user: str, wish: dict[str, Any]) -> None:
    world: World = make(site=TWO_HALLS)
    answer = world.client(user).post(TOKENS, json={"name": "x", "days": 30} | wish)
    assert answer.status_code == 422
    assert world.stores.api_tokens.of(user) == []


def test_what_the_owner_loses_the_token_loses(world: World) -> None:
    client = program(world, token(world, "operator", "read-alerts"))
    assert client.get(f"{API}/alerts").status_code == 200
    world.stores.users.set_grants("operator", everywhere())
    assert client.get(f"{API}/alerts").status_code == 403
    world.stores.users.set_disabled("operator", True)
    assert client.get(f"{API}/alerts").status_code == 401


def test_a_token_expires_and_says_when_it_was_used(world: World) -> None:
    client = program(world, token(world, "operator", "read-alerts", days=1))
    (about,) = world.client("operator").get(TOKENS).json()["items"]
    assert about["used_at"] is None
    assert client.get(f"{API}/alerts").status_code == 200
    (about,) = world.client("operator").get(TOKENS).json()["items"]
    assert about["used_at"] == "2026-03-02T01:00:00.000Z"
    world.clock.advance(timedelta(days=1).total_seconds())
    assert client.get(f"{API}/alerts").status_code == 401


def test_a_revoked_token_is_worth_nothing_and_only_its_owner_revokes_it(world: World) -> None:
    client = program(world, token(world, "operator", "read-alerts"))
    (about,) = world.client("operator").get(TOKENS).json()["items"]
    assert world.client("supervisor").delete(f"{TOKENS}/{about['id']}").status_code == 404
    assert client.get(f"{API}/alerts").status_code == 200
    assert world.client("operator").delete(f"{TOKENS}/{about['id']}").status_code == 204
    assert client.get(f"{API}/alerts").status_code == 401


def test_a_token_changes_nothing_of_who_its_owner_is(world: World) -> None:
    client = program(world, token(world, "operator", "read-alerts"))
    wish = {"name": "x", "permissions": ["read-alerts"], "days": 1}
    answers = [
        client.post(TOKENS, json=wish),
        client.get(TOKENS),
        client.post(f"{API}/session/password", json={"present": "x", "password": "y"}),
        client.post(f"{API}/session/second-factor", json={"password": "x"}),
        client.get(f"{API}/session/sessions"),
        client.delete(f"{API}/session"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 6


def test_whoever_brings_a_token_is_judged_by_it_alone(world: World) -> None:
    """Else another site's page could skip the check of its Origin by a token of any kind, and use our cookie."""
    world.raise_alert()
    client = world.client("operator")
    client.headers["Origin"] = "https://evil.test"
    forged = {"Authorization": "Bearer anything"}
    assert client.post(f"{API}/alerts/alert-1/acknowledge", headers=forged).status_code == 401
    assert client.post(f"{API}/alerts/alert-1/acknowledge").status_code == 403


def test_the_token_is_nowhere_in_the_database(world: World, tmp_path: Any) -> None:
    text = token(world, "operator", "read-alerts")
    assert not any(text.encode() in path.read_bytes() for path in tmp_path.glob("vigil.db*"))
    assert text not in world.client("operator").get(TOKENS).text


def test_a_program_watches_live_under_its_owners_name(world: World) -> None:
    text = token(world, "operator", "watch-live")
    headers = {"Authorization": f"Bearer {text}"}
    with TestClient(world.app).websocket_connect(f"{SOCKETS}{API}/cameras/{CAMERA}/live", headers=headers):
        pass
    assert [entry[:2] for entry in world.register()] == [("operator", "watch")]


def test_twenty_are_enough(world: World) -> None:
    for _ in range(20):
        token(world, "operator", "read-alerts")
    wish = {"name": "x", "permissions": ["read-alerts"], "days": 1}
    assert world.client("operator").post(TOKENS, json=wish).status_code == 409


def test_a_token_is_known_by_its_looks() -> None:
    texts = {bearer.make() for _ in range(50)}
    assert len(texts) == 50
    text = texts.pop()
    assert text.startswith("vigil_")
    assert len(text) == 52
    assert bearer.is_one(text)
    changed = text[:10] + ("a" if text[10] != "a" else "b") + text[11:]
    assert not any(bearer.is_one(wrong) for wrong in (changed, text[:-1], text + "0", "", "vigil_", text[6:]))
