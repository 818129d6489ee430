"""Times that no hall ever had are refused as what they are, and overflow nowhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.unit.gateway.test_authorisation import MATRIX
from tests.unit.gateway.test_contract import operations
from tests.unit.gateway.test_examples import JSON, of
from tests.unit.gateway.world import World
from vigil.gateway.app import document
from vigil.model.people import Role

EXTREMES: Final = {
    "date": ("0001-01-01", "1999-12-31", "2200-01-01", "9999-12-31"),
    "date-time": (
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
    ),
}


def formats(schema: dict[str, Any]) -> set[str]:
    """Of the times that may stand there."""
    return {one["format"] for one in (schema, *schema.get("anyOf", ())) if one.get("format") in EXTREMES}


def calls() -> Iterator[tuple[str, str, str, str]]:
    """Method, path, where the time stands, and its format."""
    shapes = document()["components"]["schemas"]
    for method, path, operation in operations():
        for one in operation.get("parameters", ()):
            for kind in formats(one.get("schema", {})):
                yield method.upper(), path, one["name"], kind
        media = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
        shape = shapes.get(media.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1], {})
        for name, field in shape.get("properties", {}).items():
            for kind in formats(field):
                yield method.upper(), path, f"body.{name}", kind


CALLS: Final = list(calls())
BODIES: Final = {
    (method.upper(), path): of(operation["requestBody"]["content"][JSON])[0]
    for method, path, operation in operations()
    if JSON in operation.get("requestBody", {}).get("content", {})
}
IDS: Final = {"camera_id": "ga-cam-1", "window_id": "ga-w-1", "group_id": "ga-1", "entry_id": "e-1", "step": "change"}


def test_there_are_such_calls() -> None:
    assert len(CALLS) > 20


@pytest.mark.parametrize(
    ("method", "path", "where", "kind"), CALLS, ids=[f"{method} {path} {where}" for method, path, where, _ in CALLS]
)
def test_a_time_that_no_hall_had(world: World, method: str, path: str, where: str, kind: str) -> None:
    world.enter("e-1")
    allowed = MATRIX[method, path].allowed
    client = world.client(Role.SUPERVISOR if Role.SUPERVISOR in allowed else min(allowed))
    others = {name: EXTREMES[kind][0] for one, at, name, kind in CALLS if (one, at) == (method, path)}
    for extreme in EXTREMES[kind]:
        if where.startswith("body."):
            body = BODIES[method, path] | {where.removeprefix("body."): extreme}
            answer = client.request(method, path.format_map(IDS), json=body)
        else:
            query = {"kind": "month"} if "reports" in path else {}
            answer = client.request(method, path.format_map(IDS), params=query | others | {where: extreme})
            where_told = f"query.{where}"
            assert where_told in [fault["where"] for fault in answer.json()["errors"]]
        assert answer.status_code == 422, extreme
        assert "a year from 2000 to 2199" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/alerts", "/suspensions", "/ledger", "/reports"])
def test_a_cursor_of_such_a_time_is_none(world: World, path: str) -> None:
    client = world.client(Role.SUPERVISOR)
    for extreme in EXTREMES["date-time"]:
        cursor = base64.urlsafe_b64encode(f"{extreme.replace('Z', '+00:00')}|x".encode()).decode()
        assert client.get(f"/api/v1{path}", params={"cursor": cursor}).status_code == 422, extreme
