"""Accounts, kept by administrators."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gateway.test_own import BETTER, enrol
from tests.unit.gateway.test_session import log_in
from tests.unit.gateway.world import PASSWORD, World

ACCOUNTS = "/api/v1/accounts"
LI = {"username": "li", "name": "李明", "unit": "人社局", "roles": ["hall@ga"]}


def test_a_person_is_entered_and_must_change_the_password(world: World) -> None:
    added = world.client("admin").post(ACCOUNTS, json=LI)
    assert added.status_code == 201
    assert added.json()["account"] == LI | {
        "disabled": False,
        "initial_password": True,
        "second_factor": False,
        "external": False,
    }
    client = world.client()
    assert log_in(client, "li", added.json()["password"]).json()["duties"] == ["change-password"]
    changed = client.post("/api/v1/session/password", json={"present": added.json()["password"], "password": BETTER})
    assert (changed.status_code, changed.json()["halls"]) == (200, ["ga"])
    assert world.register() == [("admin", "account", "account li: added, 李明, 人社局, roles hall@ga")]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"roles": ["king"]}, "no role"),
        ({"roles": ["hall@nowhere"]}, "no hall"),
        ({"roles": ["hall@ga", "investigator"]}, "no other role"),
        ({"username": "a b"}, "username"),
        ({"username": "a/b"}, "username"),
        ({"username": ""}, "username"),
        ({"name": " "}, "name"),
        ({"password": "mine"}, "password"),
    ],
)
def test_what_cannot_be_entered(world: World, change: dict[str, Any], what: str) -> None:
    answer = world.client("admin").post(ACCOUNTS, json=LI | change)
    assert answer.status_code == 422
    assert what in answer.json()["detail"]
    assert world.register() == []


def test_a_name_is_taken_once(world: World) -> None:
    client = world.client("admin")
    assert [client.post(ACCOUNTS, json=LI).status_code for _ in range(2)] == [201, 409]


def test_changes_are_in_force_at_once_and_in_the_register(world: World) -> None:
    operator, admin = world.client("operator"), world.client("admin")
    admin.patch(f"{ACCOUNTS}/operator", json={"roles": ["investigator@ga"], "unit": "督查组"})
    assert operator.get("/api/v1/session").json()["roles"] == ["investigator"]
    assert operator.get("/api/v1/session").json()["unit"] == "督查组"
    admin.patch(f"{ACCOUNTS}/operator", json={"disabled": True})
    assert operator.get("/api/v1/session").status_code == 401
    admin.patch(f"{ACCOUNTS}/operator", json={"disabled": False})
    assert operator.get("/api/v1/session").status_code == 401
    assert log_in(world.client()).status_code == 200
    assert [subject for _, _, subject in world.register()] == [
        "account operator: 某operator, 政务服务中心 → 某operator, 督查组",
        "account operator: roles operator → investigator@ga",
        "account operator: disabled",
        "account operator: enabled",
    ]


def test_a_change_of_nothing_is_no_change(world: World) -> None:
    answer = world.client("admin").patch(f"{ACCOUNTS}/operator", json={"roles": ["operator"], "disabled": False})
    assert (answer.status_code, world.register()) == (200, [])


def test_nobody_changes_his_own_account(world: World) -> None:
    client = world.client("admin")
    answers = [
        client.patch(f"{ACCOUNTS}/admin", json={"roles": ["admin", "investigator"]}),
        client.post(f"{ACCOUNTS}/admin/password"),
        client.delete(f"{ACCOUNTS}/admin/second-factor"),
        client.delete(f"{ACCOUNTS}/admin/tokens"),
    ]
    assert [answer.status_code for answer in answers] == [409] * 4
    assert world.register() == []


def test_a_reset_password_ends_sessions_and_tokens(world: World) -> None:
    operator = world.client("operator")
    wish = {"name": "wall", "permissions": ["read-alerts"], "days": 1}
    token = operator.post("/api/v1/session/tokens", json=wish).json()["token"]
    made = world.client("admin").post(f"{ACCOUNTS}/operator/password").json()["password"]
    assert operator.get("/api/v1/session").status_code == 401
    assert world.client().get("/api/v1/session", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert log_in(world.client(), password=PASSWORD).status_code == 401
    assert log_in(world.client(), password=made).json()["duties"] == ["change-password"]


def test_a_lost_telephone(world: World) -> None:
    enrol(world)
    admin = world.client("admin")
    listed = {item["username"]: item["second_factor"] for item in admin.get(ACCOUNTS).json()["items"]}
    assert listed["operator"]
    assert not listed["supervisor"]
    assert admin.delete(f"{ACCOUNTS}/operator/second-factor").status_code == 204
    assert log_in(world.client()).status_code == 200


def test_an_administrator_ends_a_session(world: World) -> None:
    operator, admin = world.client(), world.client("admin")
    log_in(operator)
    (session,) = admin.get(f"{ACCOUNTS}/operator/sessions").json()["items"]
    assert session["client"] == "testclient"
    assert admin.delete(f"{ACCOUNTS}/operator/sessions/{session['id']}").status_code == 204
    assert operator.get("/api/v1/session").status_code == 401


def test_nothing_of_a_password_is_told(world: World) -> None:
    enrol(world)
    text = world.client("auditor").get(ACCOUNTS).text
    assert not any(word in text for word in ("argon2", "hash", "sealed", "v1."))


def test_there_is_no_account_of_that_name(world: World) -> None:
    admin = world.client("admin")
    assert admin.patch(f"{ACCOUNTS}/nobody", json={"disabled": True}).status_code == 404
    assert admin.get(f"{ACCOUNTS}/nobody/sessions").status_code == 404
    assert admin.post(f"{ACCOUNTS}/nobody/password").status_code == 404
