from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.routing import APIRoute

from tests.unit.gateway.world import World
from vigil.errors import ArchiveError, ObjectMissing, StoreError, UnstorableError


def fail(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (StoreError("sqlite:///secret/path"), 503, "The database does not answer."),
        (UnstorableError("value"), 422, "A value that the database cannot hold."),
        (ArchiveError("bucket at secret.host"), 503, "The archive does not answer."),
        (ObjectMissing("secret-key"), 404, "The archive has no such object."),
        (RuntimeError("secret"), 500, "An error in vigil; its log says more."),
    ],
)
def test_errors_become_problems_without_their_inside(world: World, error: Exception, status: int, detail: str) -> None:
    world.app.router.routes.insert(0, APIRoute("/broken", fail(error)))
    answer = world.client().get("/broken")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() | {"title": ""} == {
        "request_id": answer.headers["x-request-id"],
        "type": "about:blank",
        "title": "",
        "status": status,
        "detail": detail,
    }
    assert ("retry-after" in answer.headers) == (status == 503)


def test_a_malformed_request_says_where(world: World) -> None:
    answer = world.client("investigator").post("/api/v1/clips", json={"camera": "ga-cam-1", "reason": " "})
    assert answer.status_code == 422
    assert [fault["where"] for fault in answer.json()["errors"]] == ["body.from_at", "body.to_at", "body.reason"]


def test_a_text_that_no_database_could_hold_is_no_failure_of_it(world: World) -> None:
    """SQLite holds a NUL, and has no such alert; PostgreSQL holds none."""
    assert world.client("operator").get("/api/v1/alerts/%00").status_code in (404, 422)
