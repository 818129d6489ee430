"""Who may not call is told so before a byte of the body is read; who may is told what is wrong with it, and its limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import pytest
from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Message

from tests.unit.gateway.test_authorisation import API, MATRIX
from tests.unit.gateway.world import ORIGIN, World
from vigil.gateway.auth import COOKIE
from vigil.gateway.guards import MAX_BODY, GuardedRoute, Guards
from vigil.gateway.ledger_files import MAX_FILE
from vigil.gateway.site_versions import MAX_DOCUMENT
from vigil.model.people import Role

BROKEN: Final = {
    "no JSON": b'{"',
    "no text": b'{"note": "\xff"}',
    "of another shape": b"[[[]]]",
    "nothing": b"",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a request whose body nobody may read: reading it fails the test."""

    app: ASGIApp
    cookie: str = ""
    origin: str = ORIGIN

    async def status(self, method: str, path: str) -> int:
        sent: list[Message] = []

        async def receive() -> Message:
            raise AssertionError(f"{method} {path}: the body was read")

        async def send(message: Message) -> None:
            sent.append(message)

        headers = {
            "host": "centre.test",
            "origin": self.origin,
            "cookie": self.cookie,
            "content-type": "application/json",
            "content-length": str(10**12),
        }
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"limit=none",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("192.0.2.9", 50000),
            "server": ("centre.test", 443),
        }
        await self.app(scope, receive, send)
        return int(sent[0]["status"])


def secured(world: World) -> dict[tuple[str, str], str]:
    """Method and pattern of each call of the document that is not for everybody, and an address of it."""
    return {
        (method.upper(), path): re.sub(r"\{\w+\}", "none", path)
        for path, operations in world.app.openapi()["paths"].items()
        for method, operation in operations.items()
        if operation["security"]
    }


def test_every_call_of_the_api_has_the_door(world: World) -> None:
    """But live pictures, which are no request, and have their own."""
    contexts = [one for one in iter_route_contexts(world.app.routes) if str(one.path).startswith(API) and one.methods]
    assert len(contexts) > len(MATRIX) / 2
    assert [one.path for one in contexts if not isinstance(one.original_route, GuardedRoute)] == []
    guarded = {
        (method, str(one.path)) for one in contexts for method in one.methods or () if Guards.of(one.dependant).known
    }
    assert guarded - {("GET", f"{API}/openapi.json"), ("HEAD", f"{API}/clips/{{clip_id}}/video")} == set(secured(world))


async def test_nobody_is_told_so_before_the_body_is_read(world: World) -> None:
    asked = Asked(world.app)
    assert {key: await asked.status(key[0], path) for key, path in secured(world).items()} == dict.fromkeys(
        secured(world), 401
    )


@pytest.mark.parametrize("role", Role)
async def test_who_may_not_is_told_so_before_the_body_is_read(world: World, role: Role) -> None:
    refused = {
        key: path for key, path in secured(world).items() if role not in MATRIX[key].allowed | MATRIX[key].in_part
    }
    refused = {key: path for key, path in refused.items() if role not in MATRIX[key].readers}
    asked = Asked(world.app, f"{COOKIE}={world.log_in(role)}")
    assert len(refused) > 10
    assert {key: await asked.status(key[0], path) for key, path in refused.items()} == dict.fromkeys(refused, 403)


@pytest.mark.parametrize("role", [None, Role.SUPERVISOR])
async def test_another_origin_is_told_so_before_everything(world: World, role: Role | None) -> None:
    """Whoever is logged in: that he is would be something that another site's page learned."""
    cookie = "" if role is None else f"{COOKIE}={world.log_in(role)}"
    asked = Asked(world.app, cookie, "https://elsewhere.test")
    unsafe = {key: path for key, path in secured(world).items() if key[0] != "GET"}
    assert {key: await asked.status(key[0], path) for key, path in unsafe.items()} == dict.fromkeys(unsafe, 403)


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_who_may_is_told_what_is_wrong_with_the_body(world: World, body: bytes) -> None:
    world.raise_alert()
    answer = world.client(Role.SUPERVISOR).post(
        f"{API}/alerts/alert-1/comment", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == (400 if body == BROKEN["no text"] else 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "role", "limit", "inside"),
    [
        ("/alerts/alert-1/comment", Role.SUPERVISOR, MAX_BODY, 422),
        ("/ledger/e-1/files?name=a", Role.SUPERVISOR, MAX_FILE, 415),
        ("/site/proposals", Role.ADMIN, MAX_DOCUMENT, 422),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_has_its_limit(world: World, path: str, role: Role, limit: int, inside: int, *, announced: bool) -> None:
    """Whether its length is announced or not."""
    world.raise_alert()
    world.enter("e-1")
    client = world.client(role)

    def post(size: int) -> Any:
        body = b"x" * size
        parts = iter((body[: size // 2], body[size // 2 :]))
        return client.post(
            f"{API}{path}", content=body if announced else parts, headers={"Content-Type": "application/json"}
        )

    assert post(limit).status_code == inside
    answer = post(limit + 1)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == f"A body has at most {limit // 1024} KiB here."
