from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.unit.gateway.world import World
from vigil.gateway.events import AlertChanged
from vigil.model.ids import AlertId

ALERTS = "/api/v1/alerts"
ONE = f"{ALERTS}/alert-1"


@pytest.fixture
def world(world: World) -> World:
    world.raise_alert()
    return world


def test_the_way_of_an_alert_and_its_history(world: World) -> None:
    operator, supervisor = world.client("operator"), world.client("supervisor")
    assert operator.post(f"{ONE}/acknowledge").json()["state"] == "acknowledged"
    world.clock.advance(60)
    assert supervisor.post(f"{ONE}/confirm", json={"note": " 属实 "}).json()["state"] == "confirmed"
    answer = supervisor.post(f"{ONE}/rectify", json={"note": "已到岗"}).json()
    assert (answer["state"], answer["version"]) == ("rectified", 3)
    plain = {"reason": None, "to": None}
    assert answer["history"] == [
        {"at": "2026-03-02T01:00:00.000Z", "by": "operator", "step": "acknowledge", "note": None} | plain,
        {"at": "2026-03-02T01:01:00.000Z", "by": "supervisor", "step": "confirm", "note": "属实"} | plain,
        {"at": "2026-03-02T01:01:00.000Z", "by": "supervisor", "step": "rectify", "note": "已到岗"} | plain,
    ]


def test_a_dismissal_has_a_reason_of_the_list(world: World) -> None:
    client = world.client("supervisor")
    odd: list[Any] = [
        None,
        {},
        {"reason": ""},
        {"reason": "整理材料"},
        {"reason": "other"},
        {"reason": "other", "note": " "},
        {"reason": "other", "note": "x" * 2001},
        {"reason": "other", "note": "x", "more": 1},
    ]
    assert [client.post(f"{ONE}/dismiss", json=body).status_code for body in odd] == [422] * len(odd)
    step = client.post(f"{ONE}/dismiss", json={"reason": "approved-leave"}).json()["history"][0]
    assert (step["reason"], step["note"]) == ("approved-leave", None)


@pytest.mark.parametrize("step", ["rectify", "reopen", "comment"])
def test_these_need_words(world: World, step: str) -> None:
    client = world.client("supervisor")
    for body in (None, {}, {"note": " "}, {"note": "x" * 2001}):
        assert client.post(f"{ONE}/{step}", json=body).status_code == 422


def test_a_wrong_decision_is_reopened_by_a_supervisor(world: World) -> None:
    operator, supervisor = world.client("operator"), world.client("supervisor")
    supervisor.post(f"{ONE}/dismiss", json={"reason": "false-detection"})
    assert operator.post(f"{ONE}/reopen", json={"note": "看错"}).status_code == 403
    answer = supervisor.post(f"{ONE}/reopen", json={"note": "录像中确无人"}).json()
    assert (answer["state"], [step["step"] for step in answer["history"]]) == ("acknowledged", ["dismiss", "reopen"])


def test_a_step_that_the_state_does_not_allow_is_a_conflict_that_shows_the_alert(world: World) -> None:
    client = world.client("supervisor")
    client.post(f"{ONE}/dismiss", json={"reason": "false-detection"})
    for step, body in (("acknowledge", None), ("confirm", {}), ("dismiss", {"reason": "false-detection"})):
        answer = client.post(f"{ONE}/{step}", json=body)
        assert answer.status_code == 409
        assert answer.json()["alert"]["history"][0]["by"] == "supervisor"


def test_who_was_slower_is_told_what_the_other_did(world: World) -> None:
    client = world.client("supervisor")
    tag = client.get(ONE).headers["etag"]
    assert tag == '"0"'
    world.client("operator").post(f"{ONE}/acknowledge", headers={"If-Match": tag})
    answer = client.post(f"{ONE}/confirm", headers={"If-Match": tag})
    assert (answer.status_code, answer.headers["etag"]) == (412, '"1"')
    problem = answer.json()
    assert problem["detail"] == "operator took the step acknowledge first."
    assert (problem["alert"]["state"], problem["alert"]["version"]) == ("acknowledged", 1)
    assert client.post(f"{ONE}/confirm", headers={"If-Match": '"1"'}).headers["etag"] == '"2"'


@pytest.mark.parametrize("tag", ["1", 'W/"1"', '"x"', '""', '"1", "2"'])
def test_an_odd_condition_is_refused(world: World, tag: str) -> None:
    assert world.client("operator").post(f"{ONE}/acknowledge", headers={"If-Match": tag}).status_code == 422
    assert world.client("operator").get(ONE).json()["state"] == "open"


def test_of_two_who_decide_at_once_one_does(world: World) -> None:
    clients = [world.client("supervisor") for _ in range(4)]
    ready = threading.Barrier(len(clients))
    answers: list[int] = []

    def decide(client: Any, step: str) -> None:
        ready.wait()
        body = {"reason": "false-detection"} if step == "dismiss" else {}
        answers.append(client.post(f"{ONE}/{step}", json=body, headers={"If-Match": '"0"'}).status_code)

    steps = ["confirm", "dismiss", "confirm", "dismiss"]
    threads = [
        threading.Thread(target=decide, args=(client, step)) for client, step in zip(clients, steps, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 412, 412, 412]
    assert len(clients[0].get(ONE).json()["history"]) == 1


def test_a_step_that_is_sent_again_is_taken_once(world: World) -> None:
    client, key = world.client("operator"), {"Idempotency-Key": "3f0c", "If-Match": '"0"'}
    first = client.post(f"{ONE}/comment", json={"note": "已电话询问"}, headers=key)
    world.clock.advance(30)
    again = client.post(f"{ONE}/comment", json={"note": "已电话询问"}, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    other = client.post(f"{ONE}/comment", json={"note": "别的"}, headers=key)
    assert (other.status_code, "Idempotency-Key" in other.json()["detail"]) == (422, True)
    assert client.post(f"{ONE}/acknowledge", headers={"Idempotency-Key": "x" * 201}).status_code == 422


def test_an_alert_is_given_to_a_person_or_a_role(world: World) -> None:
    client = world.client("operator")
    answer = client.post(f"{ONE}/assign", json={"user": "supervisor", "note": "请核实"}).json()
    assert answer["assigned"] == {"user": "supervisor", "role": None}
    assert answer["history"][0]["to"] == {"user": "supervisor", "role": None}
    assert client.post(f"{ONE}/assign", json={"role": "operator"}).json()["assigned"]["role"] == "operator"
    assert [item["id"] for item in client.get(ALERTS, params={"assigned": "role:operator"}).json()["items"]] == [
        "alert-1"
    ]
    assert client.get(ALERTS, params={"assigned": "user:supervisor"}).json()["items"] == []
    assert client.get(ALERTS, params={"assigned": "odd"}).status_code == 422


NOBODY: list[dict[str, str]] = [
    {},
    {"user": "operator", "role": "operator"},
    {"user": "nobody"},
    {"user": "admin"},
    {"user": "investigator"},
    {"role": "admin"},
    {"role": "king"},
]


@pytest.mark.parametrize("body", NOBODY)
def test_an_alert_is_not_given_to_whoever_can_do_nothing(world: World, body: dict[str, str]) -> None:
    assert world.client("operator").post(f"{ONE}/assign", json=body).status_code == 422


def test_a_disabled_person_is_given_nothing(world: World) -> None:
    client = world.client("operator")
    world.stores.users.set_disabled("supervisor", True)
    assert client.post(f"{ONE}/assign", json={"user": "supervisor"}).status_code == 422
    assert [one["username"] for one in client.get("/api/v1/people").json()["items"]] == ["operator"]


async def test_a_step_is_told_to_every_screen_once(world: World) -> None:
    subscriber = world.deps.events.subscribe()
    client, key = world.client("operator"), {"Idempotency-Key": "1"}
    await asyncio.to_thread(client.post, f"{ONE}/acknowledge", headers=key)
    assert await subscriber.take(5) == [AlertChanged(AlertId("alert-1"))]
    await asyncio.to_thread(client.post, f"{ONE}/acknowledge", headers=key)  # taken before: nothing to tell
    await asyncio.to_thread(client.post, f"{ONE}/acknowledge")  # refused
    await asyncio.to_thread(client.post, f"{ONE}/comment", json={"note": "x"})
    assert await subscriber.take(5) == [AlertChanged(AlertId("alert-1"))]


def test_what_is_not_there(world: World) -> None:
    assert world.client("supervisor").post(f"{ALERTS}/none/acknowledge").status_code == 404
