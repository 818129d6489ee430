"""The examples of the OpenAPI document are true: whole, of the shape that they stand for, taken by the gateway, or said by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import TypeAdapter

from tests.unit.gateway.conftest import MakeWorld
from tests.unit.gateway.test_api_tokens import token
from tests.unit.gateway.test_authorisation import MATRIX
from tests.unit.gateway.test_contract import PROBLEM, operations
from tests.unit.gateway.world import ORIGIN, PASSWORD, PASSWORDS, SEAL, World, problem
from vigil.config import load
from vigil.errors import StoreError
from vigil.gateway.app import document
from vigil.gateway.refusal_examples import REFUSALS
from vigil.model.people import Grant, Role
from vigil.roster.sheet import HEAD
from vigil.store.users import User

API: Final = "/api/v1"
DEMO: Final = Path(__file__).resolve().parents[3] / "configs" / "demo.yaml"
NOW: Final = datetime(2026, 11, 23, 1, 45, tzinfo=UTC)
JSON: Final = "application/json"


@cache
def examples() -> dict[str, Any]:
    return {name: one["value"] for name, one in document()["components"]["examples"].items()}


def of(media: dict[str, Any]) -> list[Any]:
    return [examples()[one["$ref"].rsplit("/", 1)[1]] for one in media.get("examples", {}).values()]


def parts(operation: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """What is brought and answered: `body` or a status, the kind, and what is said of it."""
    found = {"body": operation.get("requestBody", {}), **operation["responses"]}
    return [(name, kind, media) for name, part in found.items() for kind, media in part.get("content", {}).items()]


def test_every_body_every_answer_and_every_refusal_has_one() -> None:
    bare = [
        f"{operation['operationId']} {name}"
        for _, _, operation in operations()
        for name, kind, media in parts(operation)
        if kind in {JSON, PROBLEM} and not of(media)
    ]
    assert bare == []
    assert REFUSALS.keys() <= examples().keys()


def contexts(world: World) -> dict[str, RouteContext]:
    found = [one for one in iter_route_contexts(world.app.routes) if str(one.path).startswith(API)]
    return {str(one.name): one for one in found}


def test_answers_are_those_that_their_models_make(world: World) -> None:
    """Nothing is missing, nothing is there beside, and times and numbers are written as they are in answers."""
    routes, seen = contexts(world), 0
    for _, _, operation in operations():
        for name, kind, media in parts(operation):
            if kind == JSON and name.startswith("2"):
                shape = routes[operation["operationId"]].response_model
                model: TypeAdapter[Any] = TypeAdapter(shape)
                for example in of(media):
                    assert model.dump_python(model.validate_python(example), mode="json") == example
                    seen += 1
    assert seen > 50


@pytest.fixture
def demo(make: MakeWorld) -> World:
    """The halls of the examples, at their time; wang and li may do everything that a supervisor may."""
    world = make(site=load(DEMO).site)
    world.clock.advance((NOW - world.clock.now()).total_seconds())
    for username, name in (("wang", "王芳"), ("li", "李明")):
        user = User(username, name, "市政务服务中心", frozenset({Grant(Role.SUPERVISOR)}))
        world.stores.users.add(user, PASSWORDS.hash(PASSWORD))
    world.raise_alert()
    world.enter("e-1")
    return world


def bodies() -> list[tuple[str, str, Any]]:
    return [
        (method.upper(), path, example)
        for method, path, operation in operations()
        for name, kind, media in parts(operation)
        if (name, kind) == ("body", JSON)
        for example in of(media)
    ]


@pytest.mark.parametrize(("method", "path", "body"), bodies(), ids=[f"{method} {path}" for method, path, _ in bodies()])
def test_the_gateway_takes_each_body(demo: World, method: str, path: str, body: dict[str, Any]) -> None:
    """Whatever it then says of what the body is about, it finds nothing wrong with it."""
    allowed = MATRIX[method, path].allowed if (method, path) in MATRIX else frozenset(Role)
    role = Role.SUPERVISOR if Role.SUPERVISOR in allowed else min(allowed)
    demo.stores.users.set_grants("wang", {Grant(role)})
    demo.stores.users.set_password("wang", PASSWORDS.hash(body.get("present", body.get("password", PASSWORD))))
    ids = {"alert_id": "alert-1", "entry_id": "e-1", "step": "remark", "username": "li"}
    address = path.format_map(dict.fromkeys(("suspension_id", "mute_id", "hold_id"), "none") | ids)
    answer = demo.client("wang").request(method, address, json=body)
    assert answer.status_code in {200, 201, 202, 204, 404, 409, 428}, answer.text


def comment(world: World, **sent: Any) -> Any:
    return world.client("wang").post(f"{API}/alerts/alert-1/comment", headers={"Content-Type": JSON}, **sent)


def log_in(world: World, password: str = PASSWORD) -> Any:
    return world.client().post(f"{API}/session", json={"username": "wang", "password": password})


def with_factor(world: World) -> Any:
    world.stores.second_factors.begin("wang", SEAL.seal(b"x" * 20, "wang"))
    world.stores.second_factors.confirm("wang", 1, [])
    return log_in(world)


def by_token(world: World) -> Any:
    lent = token(world, "operator", "read-alerts")
    return world.client().delete(f"{API}/session", headers={"Authorization": f"Bearer {lent}"})


def from_elsewhere(world: World) -> Any:
    return world.client("wang").post(f"{API}/alerts/alert-1/confirm", headers={"Origin": "https://elsewhere.test"})


def without_purpose(world: World) -> Any:
    clip = world.make_clip()
    return world.client("investigator", None).get(f"{API}/clips/{clip}/video")


def ended_twice(world: World) -> Any:
    pause = world.pause("pause-1")
    world.client("wang").post(f"{API}/suspensions/{pause}/end")
    return world.client("wang").post(f"{API}/suspensions/{pause}/end")


def acknowledged(world: World, headers: dict[str, str] | None = None) -> Any:
    address = f"{API}/alerts/alert-1/acknowledge"
    world.client("wang").post(address)
    return world.client("li").post(address, headers=headers)


def remarked(world: World, headers: dict[str, str] | None = None) -> Any:
    world.client("li").post(f"{API}/ledger/e-1/remark", json={"note": "已通知分厅负责人"})
    return world.client("wang").post(f"{API}/ledger/e-1/accept", json={}, headers=headers)


def entered(world: World, tag: str | None = None) -> Any:
    admin = world.client("admin")
    now = admin.get(f"{API}/site/document").headers["etag"]
    headers = {} if tag is None else {"If-Match": tag or now}
    body = {"document": "site: {name: 梅州市政务服务中心}", "why": "搬迁"}
    return admin.post(f"{API}/site/versions", json=body, headers=headers)


def outside(world: World) -> Any:
    clip = world.make_clip()
    return world.client("wang").get(f"{API}/clips/{clip}/video", headers={"Range": "bytes=999999999-"})


def at_fault(world: World) -> Any:
    document = "site:\n  name: 梅州市政务服务中心\n  nmae: 梅州\n"
    return world.client("admin").post(f"{API}/site/proposals", json={"document": document})


def guessed(world: World) -> Any:
    return [log_in(world, "wrong") for _ in range(7)][-1]


def with_a_wrong_row(world: World) -> Any:
    row = "公安分厅,99号窗口,2026-11-24 09:00,2026-11-24 17:00,请假,年休假"
    content = f"{','.join(HEAD.values())}\n{row}\n".encode()
    return world.client("wang").post(f"{API}/rosters?dry_run=false", content=content)


def without_database(world: World) -> Any:
    def fail() -> None:
        raise StoreError("sqlite:///secret/path")

    world.app.router.routes.insert(0, APIRoute("/broken", fail))
    return world.client().get("/broken")


SAID: Final[dict[str, Callable[[World], Any]]] = {
    "NoText": lambda world: comment(world, content=b'{"note": "\xff"}'),
    "NobodyKnown": lambda world: world.client().get(f"{API}/status"),
    "WrongPassword": lambda world: log_in(world, "wrong"),
    "CodeNeeded": with_factor,
    "NotPermitted": lambda world: world.client("operator").post(f"{API}/alerts/alert-1/confirm"),
    "NotByHand": by_token,
    "AnotherOrigin": from_elsewhere,
    "PurposeNeeded": without_purpose,
    "NotThere": lambda world: world.client("wang").get(f"{API}/alerts/none"),
    "OverAlready": ended_twice,
    "AlertBeyond": acknowledged,
    "EntryNotSoFar": remarked,
    "WouldRemove": lambda world: entered(world, ""),
    "RosterInTheWay": with_a_wrong_row,
    "NoRoster": lambda world: world.client("wang").post(f"{API}/rosters", content=b"\x00\x01"),
    "AlertOvertaken": lambda world: acknowledged(world, {"If-Match": '"0"'}),
    "EntryOvertaken": lambda world: remarked(world, {"If-Match": '"1"'}),
    "SiteOvertaken": lambda world: entered(world, '"9-9"'),
    "TooLarge": lambda world: comment(world, json={"note": "x" * 70_000}),
    "OfNoKnownKind": lambda world: world.client("wang").post(f"{API}/ledger/e-1/files?name=a", content=b"text"),
    "OutsideTheClip": outside,
    "Malformed": lambda world: comment(world, json={}),
    "DocumentAtFault": at_fault,
    "VersionNotSaid": entered,
    "TooManyTries": guessed,
    "NoDatabase": without_database,
}


@pytest.mark.parametrize("name", REFUSALS)
def test_the_gateway_refuses_in_these_words(demo: World, name: str) -> None:
    refused, answer = REFUSALS[name], SAID[name](demo)
    assert answer.headers["content-type"] == PROBLEM
    said, shown = problem(answer), {field: examples()[name][field] for field in refused.showing}
    expected = {field: value for field, value in examples()[name].items() if field != "request_id"}
    assert said | shown == expected
    assert said.keys() == expected.keys()


def test_examples_are_of_the_demonstration() -> None:
    """A program can be tried with them."""
    text, site = json.dumps(examples(), ensure_ascii=False), load(DEMO).site
    assert site is not None
    known = {hall.id for hall in site.halls} | {camera.id for _, camera in site.cameras()}
    assert {"gongan", "gongan-counter"} <= known
    assert {"gongan-2", "gongan-3"} <= {window.id for hall in site.halls for _, window in hall.windows()}
    assert "ga-w-1" not in text
    assert ORIGIN not in text
