from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.unit.gateway.streaming import EventStream
from tests.unit.gateway.world import CAMERA, FAR, TWO_HALLS, World
from vigil.errors import StoreError
from vigil.gateway.auth import COOKIE, IDLE
from vigil.gateway.board import NodeLink, StatusBoard
from vigil.gateway.events import MAX_PENDING, AlertChanged, ClipChanged, StatusChanged, SuspensionChanged
from vigil.model.ids import AlertId, CameraId, GroupId, NodeId, WindowId
from vigil.model.looks import (
    CameraHealth,
    CameraStatus,
    QueueSource,
    QueueStatus,
    Staffing,
    Unknown,
    WaitEstimate,
    WindowStatus,
)
from vigil.model.people import Grant, Role
from vigil.store.alerts import Alerts
from vigil.store.users import User


def listen(world: World, user: str = "operator") -> EventStream:
    headers = {"Host": "centre.test", "Cookie": f"{COOKIE}={world.log_in(user)}"}
    return EventStream(world.app, "/api/v1/events", headers)


def fill(board: StatusBoard, world: World) -> None:
    now = world.clock.now()
    board.update_windows([WindowStatus(WindowId("ga-w-1"), True, Staffing.UNKNOWN, now, Unknown.DARK)])
    board.update_queues(
        [
            QueueStatus(GroupId("ga-1"), None, 1, 2, 3, now),
            QueueStatus(GroupId("ga-2"), 7, 2, 0, 3, now, WaitEstimate(720, 480, 1140), QueueSource.TICKETS, 900),
        ]
    )
    board.update_cameras([CameraStatus(CAMERA, CameraHealth.IMPAIRED, now, now, Unknown.DARK)])
    board.update_node(NodeId("node-1"), connected=True, at=now)


def test_the_status_as_the_contract_draws_it(world: World) -> None:
    fill(world.deps.statuses, world)
    now = "2026-03-02T01:00:00.000Z"
    assert world.client("operator").get("/api/v1/status").json() == {
        "at": now,
        "windows": [
            {
                "window": "ga-w-1",
                "in_service": True,
                "staffing": "unknown",
                "since_at": now,
                "why": "dark",
                "visitor": "unknown",
                "suspended": None,
                "confidence": None,
            }
        ],
        "queues": [
            {
                "group": "ga-1",
                "waiting": None,
                "staffed": 1,
                "unknown": 2,
                "in_service": 3,
                "at": now,
                "wait": None,
                "source": "lane",
                "longest_wait_s": None,
            },
            {
                "group": "ga-2",
                "waiting": 7,
                "staffed": 2,
                "unknown": 0,
                "in_service": 3,
                "at": now,
                "wait": {"median_s": 720, "low_s": 480, "high_s": 1140},
                "source": "tickets",
                "longest_wait_s": 900,
            },
        ],
        "cameras": [
            {
                "camera": "ga-cam-1",
                "health": "impaired",
                "since_at": now,
                "last_frame_at": now,
                "why": "dark",
                "drifting": False,
            },
        ],
        "nodes": [{"node": "node-1", "connected": True, "since_at": now, "clock_offset_s": None}],
    }


def test_the_board_keeps_the_last_word_in_the_order_of_ids(world: World) -> None:
    board, now = StatusBoard(), world.clock.now()
    for window, staffing in (("b", Staffing.STAFFED), ("a", Staffing.STAFFED), ("b", Staffing.UNSTAFFED)):
        board.update_windows([WindowStatus(WindowId(window), True, staffing, now)])
    assert [(s.window, s.staffing) for s in board.view().windows] == [("a", "staffed"), ("b", "unstaffed")]
    assert board.camera(CAMERA) is None


def test_a_node_link_keeps_the_time_of_its_last_change(world: World) -> None:
    board, now = StatusBoard(), world.clock.now()
    node = NodeId("node-1")
    for minute, connected in enumerate((True, True, False, False)):
        board.update_node(node, connected=connected, at=now + timedelta(minutes=minute))
    assert board.view().nodes == (NodeLink(node, False, now + timedelta(minutes=2)),)


async def test_the_stream_begins_with_the_status_and_tells_what_changes(world: World) -> None:
    stream = listen(world)
    assert await stream.status() == 200
    first = await stream.event()
    assert first is not None
    assert (first.name, first.data["windows"]) == ("status", [])
    world.raise_alert()
    world.deps.events.publish(AlertChanged(AlertId("alert-1")))
    second = await stream.event()
    assert second is not None
    assert (second.name, second.data["id"], second.data["state"]) == ("alert", "alert-1", "open")
    fill(world.deps.statuses, world)
    world.deps.events.publish(StatusChanged())
    third = await stream.event()
    assert third is not None
    assert (third.name, third.data["windows"][0]["window"]) == ("status", "ga-w-1")
    world.deps.events.publish(ClipChanged(world.make_clip()))
    fourth = await stream.event()
    assert fourth is not None
    assert (fourth.name, fourth.data["id"]) == ("clip", "clip-1")
    await stream.leave()
    assert len(world.deps.events) == 0


@pytest.mark.parametrize(("user", "names"), [("supervisor", ["clip-1"]), ("investigator", ["pull-1", "clip-1"])])
async def test_a_pull_is_told_to_investigators_only(world: World, user: str, names: list[str]) -> None:
    stream = listen(world, user)
    await stream.status()
    await stream.event()
    for clip in (world.make_pull(), world.make_clip()):
        world.deps.events.publish(ClipChanged(clip))
    told = [await stream.event() for _ in names]
    assert [event.data["id"] for event in told if event] == names
    await stream.leave()


async def test_a_stream_tells_of_its_readers_hall_alone(make: Any) -> None:
    world: World = make(site=TWO_HALLS, owners={CAMERA: NodeId("node-1"), CameraId("rs-cam-1"): NodeId("node-2")})
    world.stores.users.add(User("far", "某人", "人社局", frozenset({Grant(Role.HALL, FAR)})), "hash")
    fill(world.deps.statuses, world)
    now = world.clock.now()
    world.deps.statuses.update_windows([WindowStatus(WindowId("rs-w-1"), True, Staffing.STAFFED, now)])
    world.deps.statuses.update_node(NodeId("node-2"), connected=True, at=now)
    stream = listen(world, "far")
    await stream.status()
    first = await stream.event()
    assert first is not None
    assert [status["window"] for status in first.data["windows"]] == ["rs-w-1"]
    assert (first.data["queues"], first.data["cameras"]) == ([], [])
    assert [link["node"] for link in first.data["nodes"]] == ["node-2"]
    bus = world.deps.events
    bus.publish(AlertChanged(world.raise_alert()))
    bus.publish(ClipChanged(world.make_clip()))
    bus.publish(ClipChanged(world.make_pull()))
    bus.publish(SuspensionChanged(world.pause("pause-1")))
    bus.publish(StatusChanged())
    second = await stream.event()
    assert second is not None
    assert (second.name, second.data["windows"]) == ("status", first.data["windows"])
    await stream.leave()


async def test_the_stream_ends_with_its_session(make: Any) -> None:
    world: World = make(session_check_s=0.01)
    stream = listen(world)
    await stream.status()
    await stream.event()
    world.clock.advance(IDLE.total_seconds())
    assert await stream.event() is None
    await stream.leave()


async def test_an_open_stream_keeps_its_session(make: Any) -> None:
    world: World = make(session_check_s=60)
    stream = listen(world)
    await stream.status()
    await stream.event()
    for _ in range(4):
        world.clock.advance(IDLE.total_seconds() / 2)
        world.deps.events.publish(StatusChanged())
        event = await stream.event()
        assert event is not None
        assert event.name == "status"
    await stream.leave()


async def test_the_stream_ends_when_the_database_does_not_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the server is gone")

    stream = listen(world)
    await stream.status()
    await stream.event()
    with monkeypatch.context() as away, capture_logs() as logs:
        away.setattr(Alerts, "find", fail)
        world.deps.events.publish(AlertChanged(AlertId("alert-1")))
        assert await stream.event() is None
    assert [(line["event"], line["error"]) for line in logs] == [("store_failed", "the server is gone")]
    assert len(world.deps.events) == 0
    again = listen(world)
    assert await again.status() == 200
    await again.leave()


async def test_the_stream_ends_when_the_centre_stops(world: World) -> None:
    stream = listen(world)
    await stream.status()
    await stream.event()
    world.deps.events.close()
    assert await stream.event() is None
    late = listen(world)
    await late.status()
    await late.event()
    assert await late.event() is None


async def test_changes_that_nobody_has_read_yet_are_one(world: World) -> None:
    bus = world.deps.events
    subscriber = bus.subscribe()
    for _ in range(MAX_PENDING * 2):
        bus.publish(StatusChanged())
        bus.publish(AlertChanged(AlertId("alert-1")))
    assert await subscriber.take(5) == [StatusChanged(), AlertChanged(AlertId("alert-1"))]
    assert await subscriber.take(0) == []


async def test_a_reader_who_is_too_slow_is_closed_and_the_others_go_on(world: World) -> None:
    bus = world.deps.events
    slow, quick = bus.subscribe(), bus.subscribe()
    for number in range(MAX_PENDING + 1):
        bus.publish(AlertChanged(AlertId(f"alert-{number}")))
        assert await quick.take(5) == [AlertChanged(AlertId(f"alert-{number}"))]
    assert await slow.take(5) == []
    assert (slow.closed, quick.closed) == (True, False)


async def test_who_listens_while_the_site_changes_comes_again(world: World) -> None:
    one = world.deps.events.subscribe()
    world.deps.events.renew()
    assert await one.take(5) == []
    assert one.closed
    again = world.deps.events.subscribe()
    assert not again.closed
    world.deps.events.publish(StatusChanged())
    assert await again.take(5) == [StatusChanged()]


def test_the_board_forgets_what_the_site_has_no_more(world: World) -> None:
    fill(world.deps.statuses, world)
    world.deps.statuses.keep({WindowId("ga-w-1")}, set(), set())
    view = world.deps.statuses.view()
    assert [one.window for one in view.windows] == ["ga-w-1"]
    assert (view.queues, view.cameras) == ((), ())
    assert len(view.nodes) == 1
