"""What everybody does with his own account."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.unit.gateway.test_session import log_in
from tests.unit.gateway.world import PASSWORD, PASSWORD_HASH, PASSWORDS, World, problem
from vigil.gateway import totp
from vigil.gateway.auth import COOKIE
from vigil.model.people import Role
from vigil.sealing import Seal

SESSION = "/api/v1/session"
BETTER = "another horse entirely"


def enrol(world: World, user: str = "operator") -> tuple[bytes, list[str]]:
    """A second factor for the user: what its codes are made of, and the recovery codes."""
    client = world.client(user)
    begun = client.post(f"{SESSION}/second-factor", json={"password": PASSWORD})
    assert begun.status_code == 201
    known = world.stores.second_factors.find(user)
    assert known is not None
    assert world.deps.seal is not None
    secret = world.deps.seal.open(known.sealed, user)
    assert begun.json()["secret"] == totp.as_text(secret)
    confirmed = client.post(f"{SESSION}/second-factor/confirmation", json={"code": now(world, secret)})
    assert confirmed.status_code == 200
    world.clock.advance(totp.STEP_S)  # the code of now is used up
    return secret, confirmed.json()["recovery_codes"]


def now(world: World, secret: bytes) -> str:
    return totp.code_at(secret, totp.step_of(world.clock.now()))


def with_code(client: TestClient, code: str, user: str = "operator", password: str = PASSWORD) -> int:
    answer = client.post(SESSION, json={"username": user, "password": password, "code": code})
    return int(answer.status_code)


def test_a_new_password_needs_the_present_one(world: World) -> None:
    client = world.client("operator")
    wrong = client.post(f"{SESSION}/password", json={"present": "wrong", "password": BETTER})
    assert (wrong.status_code, log_in(world.client()).status_code) == (422, 200)
    right = client.post(f"{SESSION}/password", json={"present": PASSWORD, "password": BETTER})
    assert right.status_code == 200
    assert log_in(world.client()).status_code == 401
    assert log_in(world.client(), password=BETTER).status_code == 200


def test_guessing_the_present_password_is_slowed_down(world: World) -> None:
    client = world.client("operator")
    guess = {"present": "guess", "password": BETTER}
    codes = [client.post(f"{SESSION}/password", json=guess).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


def test_a_new_password_ends_all_other_sessions_and_renews_this_one(world: World) -> None:
    client, other = world.client(), world.client()
    log_in(client)
    log_in(other)
    before = client.cookies[COOKIE]
    client.post(f"{SESSION}/password", json={"present": PASSWORD, "password": BETTER})
    assert client.cookies[COOKIE] != before
    assert client.get(SESSION).status_code == 200
    assert other.get(SESSION).status_code == 401


@pytest.mark.parametrize("password", ["tiny", "password12345", PASSWORD, "operator12345", "x" * 129])
def test_a_password_that_breaks_a_rule_is_refused_and_not_repeated(world: World, password: str) -> None:
    answer = world.client("operator").post(f"{SESSION}/password", json={"present": PASSWORD, "password": password})
    assert answer.status_code == 422
    assert password not in answer.text
    assert log_in(world.client()).status_code == 200


def test_whoever_has_an_initial_password_does_nothing_but_change_it(world: World) -> None:
    world.stores.users.set_password("operator", PASSWORD_HASH, initial=True)
    client = world.client()
    assert log_in(client).json()["duties"] == ["change-password"]
    assert [client.get(f"/api/v1/{path}").status_code for path in ("status", "site", "alerts")] == [403] * 3
    assert (
        client.post(f"{SESSION}/tokens", json={"name": "x", "permissions": ["read-alerts"], "days": 1}).status_code
        == 403
    )
    changed = client.post(f"{SESSION}/password", json={"present": PASSWORD, "password": BETTER})
    assert changed.json()["duties"] == []
    assert client.get("/api/v1/status").status_code == 200


def test_a_code_is_asked_for_after_the_password(world: World) -> None:
    secret, _ = enrol(world)
    client = world.client()
    asked = log_in(client)
    assert (asked.status_code, asked.json()["needs"]) == (401, "code")
    assert "set-cookie" not in asked.headers
    assert with_code(client, "000000") == 401
    assert with_code(client, now(world, secret), password="wrong") == 401
    assert client.get(SESSION).status_code == 401
    assert with_code(client, now(world, secret)) == 200


def test_who_does_not_know_the_password_does_not_learn_of_a_second_factor(world: World) -> None:
    enrol(world)
    answers = [problem(log_in(world.client(), user, "wrong")) for user in ("operator", "supervisor", "nobody")]
    assert answers[0] == answers[1] == answers[2]


def test_a_code_is_good_once(world: World) -> None:
    secret, _ = enrol(world)
    code = now(world, secret)
    assert [with_code(world.client(), code) for _ in range(2)] == [200, 401]
    world.clock.advance(totp.STEP_S)
    assert with_code(world.client(), code) == 401  # still within its window
    assert with_code(world.client(), now(world, secret)) == 200


def test_the_code_that_confirmed_it_is_used_up(world: World) -> None:
    secret, _ = enrol(world)
    used = totp.code_at(secret, totp.step_of(world.clock.now()) - 1)
    assert with_code(world.client(), used) == 401


def test_a_recovery_code_is_good_once(world: World) -> None:
    _, recovery = enrol(world)
    assert len(set(recovery)) == 10
    assert [with_code(world.client(), code) for code in (recovery[0], recovery[0], recovery[1].upper())] == [
        200,
        401,
        200,
    ]
    assert world.client("operator").get(f"{SESSION}/second-factor").json()["recovery_left"] == 8


def test_guessing_codes_is_slowed_down(world: World) -> None:
    secret, _ = enrol(world)
    client = world.client()
    assert [with_code(client, f"{n:06d}") for n in range(6)] == [401] * 5 + [429]
    assert with_code(client, now(world, secret)) == 429


def test_neither_secret_nor_recovery_codes_are_in_the_database(world: World, tmp_path: Any) -> None:
    secret, recovery = enrol(world)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("vigil.db*"))
    plain = [secret, totp.as_text(secret).encode(), *(code.encode() for code in recovery)]
    plain += [code.replace("-", "").encode() for code in recovery]
    assert not any(text in kept for text in plain)


def test_without_a_key_nobody_can_enrol(make: Any) -> None:
    world: World = make(seal=None)
    client = world.client("operator")
    assert client.get(f"{SESSION}/second-factor").json()["possible"] is False
    assert client.post(f"{SESSION}/second-factor", json={"password": PASSWORD}).status_code == 409


def test_a_key_that_is_not_that_of_the_secret_lets_nobody_in(make: Any) -> None:
    world: World = make()
    enrol(world)
    other: World = make(seal=Seal.made())
    assert with_code(other.client(), "123456") == 503


def test_a_role_may_need_a_second_factor(make: Any) -> None:
    world: World = make(second_factor_roles=frozenset({Role.ADMIN}))
    client = world.client()
    assert log_in(client, "admin").json()["duties"] == ["enrol-second-factor"]
    assert client.get("/api/v1/register").status_code == 403
    assert log_in(world.client(), "operator").json()["duties"] == []
    secret, _ = enrol(world, "admin")
    late = world.client()
    assert with_code(late, now(world, secret), "admin") == 200
    assert late.get("/api/v1/register").status_code == 200
    removal = late.post(f"{SESSION}/second-factor/removal", json={"code": now(world, secret)})
    assert removal.status_code == 409


def test_enrolling_and_removing_need_more_than_an_open_screen(world: World) -> None:
    client = world.client("operator")
    assert client.post(f"{SESSION}/second-factor", json={"password": "wrong"}).status_code == 422
    secret, _ = enrol(world)
    client = world.client("operator")
    assert client.post(f"{SESSION}/second-factor", json={"password": PASSWORD}).status_code == 409
    assert client.post(f"{SESSION}/second-factor/removal", json={"code": "000000"}).status_code == 422
    assert client.post(f"{SESSION}/second-factor/removal", json={"code": now(world, secret)}).status_code == 204
    assert log_in(world.client()).status_code == 200


def test_one_sees_and_ends_ones_own_sessions(world: World) -> None:
    client, other = world.client(), world.client()
    log_in(client)
    log_in(other)
    items = client.get(f"{SESSION}/sessions").json()["items"]
    assert [(item["client"], item["current"]) for item in items].count(("testclient", False)) == 1
    mine = [item for item in items if not item["current"]]
    assert client.delete(f"{SESSION}/sessions/{mine[0]['id']}").status_code == 204
    assert other.get(SESSION).status_code == 401
    assert client.get(SESSION).status_code == 200
    foreign = world.client()
    log_in(foreign, "supervisor")
    (theirs,) = foreign.get(f"{SESSION}/sessions").json()["items"]
    assert client.delete(f"{SESSION}/sessions/{theirs['id']}").status_code == 404
    assert client.delete(f"{SESSION}/sessions/%25").status_code == 422
    assert foreign.get(SESSION).status_code == 200


def test_many_addresses_do_not_help_guessing(world: World) -> None:
    """ASVS 2.2.1: fewer than a hundred tries an hour at one account, from wherever they come."""
    codes = []
    for number in range(60):
        client = TestClient(world.app, base_url="https://centre.test", client=(f"192.0.2.{number}", 5000))
        client.headers["Origin"] = "https://centre.test"
        codes.append(log_in(client, password="guess").status_code)
    assert codes == [401] * 50 + [429] * 10


def test_an_unusable_hash_is_no_password() -> None:
    assert not PASSWORDS.matches("!", "!")
    assert not PASSWORDS.matches("!", "nobody's password")
