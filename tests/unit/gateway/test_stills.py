"""Pictures to draw zones over: who gets which, and what the register says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.unit.gateway.world import CAMERA, FAR, HALL, PASSWORD_HASH, TWO_HALLS, World
from vigil.gateway.stills import COARSE, FINE
from vigil.model.ids import CameraId, HallId
from vigil.model.media import Still
from vigil.model.people import Grant, Role
from vigil.store.users import User

AT = datetime(2026, 3, 2, 1, 2, 3, 456_000, tzinfo=UTC)
URL = f"/api/v1/cameras/{CAMERA}/still"


class FakeStills:
    """Each picture says how wide it is."""

    def newest(self, camera: CameraId, width: int) -> Still | None:
        return Still(b"\xff\xd8%d" % width, AT) if camera == CAMERA else None


@pytest.fixture
def world(make: Any) -> World:
    world: World = make(site=TWO_HALLS, stills=FakeStills())
    return world


def width(client: TestClient) -> int:
    answer = client.get(URL)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    return int(answer.content.removeprefix(b"\xff\xd8"))


def grant(world: World, *grants: Grant) -> None:
    world.stores.users.add(User("somebody", "某人", "某单位", frozenset(grants)), PASSWORD_HASH)


def test_who_keeps_the_site_sees_a_coarse_one_and_the_register_says_so(world: World) -> None:
    client = world.client("admin")
    assert width(client) == COARSE
    assert client.get(URL).headers["Last-Modified"] == "Mon, 02 Mar 2026 01:02:03 GMT"
    subject = f"picture of camera {CAMERA} of 2026-03-02T01:02:03+00:00, for its zones"
    assert world.register() == [("admin", "play", subject)] * 2
    assert [entry.camera for entry in world.stores.register.page().items] == [CAMERA, CAMERA]


@pytest.mark.parametrize(("hall", "wide"), [(None, FINE), (HALL, FINE), (FAR, COARSE)])
def test_who_may_watch_that_hall_sees_a_fine_one(world: World, hall: HallId | None, wide: int) -> None:
    grant(world, Grant(Role.ADMIN), Grant(Role.OPERATOR, hall))
    assert width(world.client("somebody")) == wide


def test_who_inspects_there_says_what_for(world: World) -> None:
    grant(world, Grant(Role.ADMIN), Grant(Role.INVESTIGATOR, HALL))
    answer = world.client("somebody", None).get(URL)
    assert (answer.status_code, answer.json()["needs"]) == (403, "purpose")
    assert world.register() == []
    assert width(world.client("somebody")) == COARSE
    (entry,) = world.stores.register.page().items
    assert entry.reason == "[2026-7] 专项检查"


def test_what_is_not_recorded_or_not_there_is_no_look(world: World) -> None:
    client = world.client("admin")
    assert client.get("/api/v1/cameras/ga-cam-2/still").status_code == 404
    assert client.get("/api/v1/cameras/none/still").status_code == 404
    assert world.register() == []
