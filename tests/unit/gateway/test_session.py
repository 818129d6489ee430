from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from tests.unit.gateway.world import PASSWORD, PASSWORDS, World
from vigil.gateway.auth import ABSOLUTE, COOKIE, IDLE

SESSION = "/api/v1/session"
IDLE_S, ABSOLUTE_S = IDLE.total_seconds(), ABSOLUTE.total_seconds()


def log_in(client: TestClient, username: str = "operator", password: str = PASSWORD) -> Any:
    return client.post(SESSION, json={"username": username, "password": password})


def test_logging_in_sets_a_cookie_that_scripts_cannot_read(world: World) -> None:
    client = world.client()
    answer = log_in(client)
    assert answer.status_code == 200
    assert answer.json() == {
        "username": "operator",
        "name": "某operator",
        "unit": "政务服务中心",
        "roles": ["operator"],
        "halls": None,
        "permissions": ["acknowledge", "pause-windows", "play-clips", "read-alerts", "read-ledger", "watch-live"],
        "duties": [],
        "inspects": [],
        "purpose": None,
        "site": "梅州市政务服务中心",
        "notice": "演示",
    }
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("__host-vigil_session=", "httponly", "samesite=strict", "secure", "path=/"))
    assert "domain" not in cookie
    assert client.get(SESSION).json() == answer.json()


def test_the_cookie_of_a_plain_site_is_not_secure(make: Any) -> None:
    world: World = make(secure_cookie=False)
    cookie = log_in(world.client()).headers["set-cookie"].lower()
    assert cookie.startswith("vigil_session=")
    assert "secure" not in cookie


def test_the_token_is_nowhere_in_the_database(world: World, tmp_path: Any) -> None:
    client = world.client()
    log_in(client)
    token = client.cookies[COOKIE]
    assert len(token) >= 43
    assert not any(token.encode() in path.read_bytes() for path in tmp_path.glob("vigil.db*"))


@pytest.mark.parametrize(("username", "password"), [("operator", "wrong"), ("nobody", PASSWORD), ("nobody", "")])
def test_wrong_is_wrong_and_does_not_say_what(world: World, username: str, password: str) -> None:
    answer = log_in(world.client(), username, password or "x")
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Wrong user name or password."
    assert "set-cookie" not in answer.headers


def test_an_unknown_user_costs_a_check_too() -> None:
    calls = []

    class Counting:
        def hash(self, password: str) -> str:
            return "hash"

        def verify(self, known: str, password: str) -> bool:
            calls.append(known)
            return True

    passwords = type(PASSWORDS)(Counting())  # type: ignore[arg-type]
    assert not passwords.matches(None, "x")
    assert passwords.matches("known", "x")
    assert len(calls) == 2


def test_a_disabled_user_cannot_log_in(world: World) -> None:
    world.stores.users.set_disabled("operator", True)
    assert log_in(world.client()).status_code == 401


def test_a_hash_of_another_cost_is_renewed(world: World) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    world.stores.users.set_password("operator", old)
    assert log_in(world.client()).status_code == 200
    found = world.stores.users.find("operator")
    assert found is not None
    assert found.password_hash != old
    assert log_in(world.client()).status_code == 200


def test_logging_out_ends_the_session_for_every_copy_of_the_cookie(world: World) -> None:
    client, copy = world.client(), world.client()
    log_in(client)
    copy.cookies[COOKIE] = client.cookies[COOKIE]
    assert client.delete(SESSION).status_code == 204
    assert COOKIE not in client.cookies
    assert copy.get(SESSION).status_code == 401


def test_logging_in_again_ends_the_session_before(world: World) -> None:
    client, copy = world.client(), world.client()
    log_in(client)
    copy.cookies[COOKIE] = client.cookies[COOKIE]
    log_in(client, "supervisor")
    assert client.get(SESSION).json()["username"] == "supervisor"
    assert copy.get(SESSION).status_code == 401


def test_an_idle_session_expires(world: World) -> None:
    client = world.client("operator")
    world.clock.advance(IDLE_S - 1)
    assert client.get(SESSION).status_code == 200
    world.clock.advance(IDLE_S - 1)
    assert client.get(SESSION).status_code == 200
    world.clock.advance(IDLE_S)
    assert client.get(SESSION).status_code == 401
    world.clock.advance(-IDLE_S)


def test_a_session_in_use_expires_in_the_end(world: World) -> None:
    client = world.client("operator")
    for _ in range(int(ABSOLUTE_S / 600) - 1):
        world.clock.advance(600)
        assert client.get(SESSION).status_code == 200
    world.clock.advance(600)
    assert client.get(SESSION).status_code == 401


def test_a_cookie_that_is_none_of_ours(world: World) -> None:
    client = world.client()
    client.cookies[COOKIE] = "guess"
    assert client.get(SESSION).status_code == 401


def test_guessing_is_slowed_down(world: World) -> None:
    client = world.client()
    assert [log_in(client, password="guess").status_code for _ in range(6)] == [401] * 5 + [429]
    refused = log_in(client)  # the right one waits as well: else the delay would tell it
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "5"
    assert log_in(client, "supervisor").status_code == 200
    world.clock.advance(5)
    assert log_in(client).status_code == 200
    assert log_in(client, password="guess").status_code == 401


def test_a_password_is_never_repeated(world: World) -> None:
    client = world.client()
    secret = "tell-nobody" * 100
    for body in (
        {"username": "operator", "password": secret},
        {"username": "operator", "passwort": secret},
        {"password": secret},
        [secret],
    ):
        answer = client.post(SESSION, json=body)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert "tell-nobody" not in answer.text
    answer = client.post(SESSION, content=f'{{"password": "{secret}"', headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert "tell-nobody" not in answer.text
