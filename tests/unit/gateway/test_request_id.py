from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from fastapi.routing import APIRoute
from starlette.testclient import TestClient
from structlog.contextvars import merge_contextvars
from structlog.testing import LogCapture

from tests.unit.gateway.world import World
from vigil.gateway.request_id import HEADER, request_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.fixture
def lines() -> Any:
    """The log with what is bound to it, as the process writes it."""
    capture, before = LogCapture(), structlog.get_config()
    structlog.configure(processors=[merge_contextvars, capture], cache_logger_on_first_use=False)
    yield capture.entries
    structlog.configure(**before)


def route(world: World, path: str, endpoint: Callable[..., object]) -> TestClient:
    world.app.router.routes.insert(0, APIRoute(path, endpoint))
    return world.client()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({HEADER: "proxy-7.A_b123"}, "proxy-7.A_b123"),
        ({"traceparent": f"00-{TRACE}-{PARENT}-01"}, TRACE),
        ({HEADER: "mine-0001", "traceparent": f"00-{TRACE}-{PARENT}-01"}, "mine-0001"),
    ],
)
def test_an_id_that_is_well_formed_is_kept(world: World, headers: dict[str, str], expected: str) -> None:
    assert world.client().get("/healthz", headers=headers).headers[HEADER] == expected


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: "short"},
        {HEADER: "x" * 65},
        {HEADER: 'a"injected\tline'},
        {HEADER: "令牌令牌令牌令牌".encode()},
        {"traceparent": f"00-{'0' * 32}-{PARENT}-01"},
        {"traceparent": f"00-{TRACE}-{'0' * 16}-01"},
        {"traceparent": f"ff-{TRACE}-{PARENT}-01"},
        {"traceparent": f"00-{TRACE.upper()}-{PARENT}-01"},
    ],
)
def test_any_other_is_replaced(world: World, headers: dict[str, Any]) -> None:
    client = world.client()
    ids = [client.get("/healthz", headers=headers).headers[HEADER] for _ in range(2)]
    assert ids[0] != ids[1]
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)


def test_each_line_that_is_written_for_a_request_has_its_id_in_worker_threads_too(world: World, lines: Any) -> None:
    def in_a_thread() -> None:
        structlog.get_logger().info("thread")

    async def in_the_loop() -> None:
        structlog.get_logger().info("loop")

    client = route(world, "/thread", in_a_thread)
    route(world, "/loop", in_the_loop)
    client.get("/thread", headers={HEADER: "request-1"})
    client.get("/loop", headers={HEADER: "request-2"})
    assert [(line["event"], line["request"]) for line in lines] == [("thread", "request-1"), ("loop", "request-2")]
    assert request_id() is None


def test_a_defect_names_its_request_in_the_answer_and_in_the_log(world: World, lines: Any) -> None:
    def broken() -> None:
        raise RuntimeError("secret")

    answer = route(world, "/broken", broken).get("/broken")
    mine = answer.headers[HEADER]
    assert answer.status_code == 500
    assert answer.json()["request_id"] == mine
    assert [(line["event"], line["request"]) for line in lines] == [("request_failed", mine)]
    assert "secret" not in str(lines)


def test_a_refusal_by_the_guards_has_one_too(world: World) -> None:
    answer = world.client().post("/api/v1/session", headers={"Origin": "https://elsewhere.example"}, json={})
    assert answer.status_code == 403
    assert answer.json()["request_id"] == answer.headers[HEADER]
