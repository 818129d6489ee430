from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.unit.gateway.world import BARE_CAMERA, CAMERA, SOCKETS, World
from vigil.errors import StoreError
from vigil.gateway.auth import IDLE
from vigil.model.live import LiveDropped, LiveInit, LiveState
from vigil.model.looks import CameraHealth
from vigil.model.media import Fragment, StreamKind
from vigil.model.people import Role, everywhere

INIT = LiveInit('video/mp4; codecs="avc1.64001F"', 1920, 1080, b"ftypmoov")


def address(camera: str = CAMERA, stream: str = "main") -> str:
    return f"{SOCKETS}/api/v1/cameras/{camera}/live?stream={stream}"


def close_code(client: TestClient, path: str) -> int:
    """Of a socket that is accepted and closed without a word."""
    with client.websocket_connect(path) as socket, pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_text()
    return int(closed.value.code)


def test_the_messages_in_the_order_of_the_contract(world: World) -> None:
    world.live.script = [
        LiveState(CameraHealth.OFFLINE),
        INIT,
        Fragment(b"moofmdat-1", key=True),
        Fragment(b"moofmdat-2", key=False),
        LiveDropped(3),
    ]
    with world.client("operator").websocket_connect(address()) as socket:
        assert socket.receive_json() == {"type": "state", "health": "offline"}
        assert socket.receive_json() == {
            "type": "init",
            "mime": 'video/mp4; codecs="avc1.64001F"',
            "width": 1920,
            "height": 1080,
        }
        assert socket.receive_bytes() == b"ftypmoov"
        assert socket.receive_bytes() == b"moofmdat-1"
        assert socket.receive_bytes() == b"moofmdat-2"
        assert socket.receive_json() == {"type": "dropped", "gops": 3}
    assert world.live.asked == [(CAMERA, StreamKind.MAIN)]
    assert world.live.subscriptions[0].closed


def test_watching_is_entered_before_anything_is_seen(world: World) -> None:
    world.live.script = [INIT]
    with world.client("operator").websocket_connect(address(stream="sub")) as socket:
        socket.receive_json()
        assert world.register() == [("operator", "watch", "camera ga-cam-1, sub")]
    assert world.live.asked == [(CAMERA, StreamKind.SUB)]


@pytest.mark.parametrize(("role", "code"), [(None, 4401), (Role.INVESTIGATOR, 4403), (Role.ADMIN, 4403)])
def test_nobody_else_watches(world: World, role: Role | None, code: int) -> None:
    world.live.script = [INIT]
    assert close_code(world.client(role), address()) == code
    assert close_code(world.client(role), address("none")) == code  # nor learns which cameras there are
    assert (world.live.asked, world.register()) == ([], [])


@pytest.mark.parametrize("path", [address("none"), address(BARE_CAMERA, "sub")])
def test_a_camera_or_stream_that_is_not_there(world: World, path: str) -> None:
    assert close_code(world.client("operator"), path) == 4404
    assert (world.live.asked, world.register()) == ([], [])


def test_a_stream_that_is_none_is_never_accepted(world: World) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        world.client("operator").websocket_connect(address(stream="both")),
    ):
        pass


def _idle(world: World) -> None:
    world.clock.advance(IDLE.total_seconds())


def _disable(world: World) -> None:
    world.stores.users.set_disabled("operator", True)


def _demote(world: World) -> None:
    world.stores.users.set_grants("operator", everywhere(Role.ADMIN))


@pytest.mark.parametrize(("happens", "code"), [(_idle, 4401), (_disable, 4401), (_demote, 4403)])
def test_the_picture_ends_with_the_right_to_it(make: Any, happens: Callable[[World], None], code: int) -> None:
    world: World = make(session_check_s=0.01)
    world.live.script = [INIT]
    with world.client("operator").websocket_connect(address()) as socket:
        socket.receive_json()
        socket.receive_bytes()
        happens(world)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == code
    assert world.live.subscriptions[0].closed


def test_a_source_that_ends_says_try_again(world: World) -> None:
    world.live.open_end = False
    assert close_code(world.client("operator"), address()) == 1001


def test_a_viewer_who_goes_is_let_go(world: World) -> None:
    world.live.script = [INIT]
    with world.client("operator").websocket_connect(address()) as socket:
        socket.send_text("whatever he says")
        socket.receive_json()
    assert world.live.subscriptions[0].closed
    assert world.deps.metrics.registry.get_sample_value("vigil_live_viewers") == 0


def test_no_picture_without_an_entry(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **values: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(type(world.stores.register), "append", refuse)
    assert close_code(world.client("operator"), address()) == 1011
    assert world.live.asked == []
