"""Decree 799, article 16: who inspects says what for before the first look, and each look's entry says it too."""

from __future__ import annotations

import hashlib
import io
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.unit.gateway.test_live import INIT
from tests.unit.gateway.world import CAMERA, FAR, HALL, PASSWORD_HASH, SOCKETS, TWO_HALLS, VIDEO, World
from vigil.gateway.live import GONE, NO_PURPOSE
from vigil.model.ids import AlertId, HallId
from vigil.model.people import Grant, Role
from vigil.model.purposes import Purpose
from vigil.store.users import User

API = "/api/v1"
VIDEO_URL = f"{API}/clips/clip-1/video"
SNAPSHOT = f"{API}/alerts/alert-1/snapshot"
LIVE = f"{SOCKETS}{API}/cameras/{CAMERA}/live"
CASE = {"text": "核查 11 月 20 日投诉", "number": "2026-153"}
SAID = "[2026-153] 核查 11 月 20 日投诉"
JPEG = b"\xff\xd8\xff jpeg"


@pytest.fixture
def world(make: Any) -> World:
    world: World = make(site=TWO_HALLS, session_check_s=0.01)
    world.raise_alert()
    world.make_clip()
    world.deps.objects.put("picture", io.BytesIO(JPEG), size=len(JPEG), sha256=hashlib.sha256(JPEG).hexdigest())
    world.stores.alerts.attach_snapshot(AlertId("alert-1"), "picture")
    world.live.script = [INIT]
    return world


def inspector(world: World) -> TestClient:
    return world.client("investigator", None)


def reasons(world: World) -> list[str | None]:
    return [entry.reason for entry in reversed(world.stores.register.page().items)]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", VIDEO_URL), ("HEAD", VIDEO_URL), ("GET", f"{VIDEO_URL}?download=1"), ("GET", SNAPSHOT)]
)
def test_without_it_nothing_is_seen(world: World, method: str, path: str) -> None:
    answer = inspector(world).request(method, path, headers={"Range": "bytes=5-"})
    assert answer.status_code == 403
    if method == "GET":
        assert answer.json()["needs"] == "purpose"
        assert "what you look for" in answer.json()["detail"]
    assert world.register() == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.HALL])
def test_duty_needs_none(world: World, role: Role) -> None:
    client = world.client(role)
    assert client.get(VIDEO_URL).status_code == 200
    assert client.get(SNAPSHOT).content == JPEG
    assert reasons(world) == [None]  # the picture of an alert is part of it to them
    me = client.get(f"{API}/session").json()
    assert (me["inspects"], me["purpose"]) == ([], None)


def test_every_look_says_it(world: World) -> None:
    client = inspector(world)
    assert client.get(f"{API}/session").json()["inspects"] is None  # all halls
    me = client.post(f"{API}/session/purpose", json=CASE).json()
    assert me["purpose"] == client.get(f"{API}/session").json()["purpose"] == CASE
    assert client.get(VIDEO_URL).content == VIDEO
    assert client.get(f"{VIDEO_URL}?download=1").content == VIDEO
    assert client.get(SNAPSHOT).content == JPEG
    assert reasons(world) == [SAID] * 3
    assert world.register()[-1] == ("investigator", "play", "picture of alert alert-1")


def test_it_stands_before_the_reason_of_a_pull_and_the_case_of_a_hold(world: World) -> None:
    client = inspector(world)
    client.post(f"{API}/session/purpose", json=CASE)
    span = {"from_at": "2026-03-02T00:00:00Z", "to_at": "2026-03-02T00:10:00Z"}
    client.post(f"{API}/clips", json={"camera": CAMERA, "reason": "开门时间", **span})
    held = client.post(f"{API}/holds", json={"camera": CAMERA, "case": "存档", **span}).json()["id"]
    client.post(f"{API}/holds/{held}/release", json={"reason": "办结"})
    pull = world.make_pull()
    client.get(f"{API}/clips/{pull}/video")
    assert reasons(world) == [f"{SAID}; {own}" for own in ("开门时间", "存档", "存档; 办结", "暗访")]


def test_another_purpose_is_another_viewing(world: World) -> None:
    """Also for whoever goes on in the middle of what he saw."""
    client = inspector(world)
    for number in ("1", "2"):
        client.post(f"{API}/session/purpose", json={"text": "核查", "number": number})
        for begin in (0, 100, 200):
            client.get(VIDEO_URL, headers={"Range": f"bytes={begin}-{begin + 9}"})
    assert client.get(VIDEO_URL, headers={"Range": "bytes=5-"}).status_code == 206
    assert reasons(world) == ["[1] 核查", "[2] 核查"]


def test_who_lays_it_down_sees_nothing_until_the_next(world: World) -> None:
    client = inspector(world)
    client.post(f"{API}/session/purpose", json=CASE)
    assert client.delete(f"{API}/session/purpose").json()["purpose"] is None
    assert client.get(VIDEO_URL).status_code == 403


def test_it_is_of_one_session(world: World) -> None:
    client = inspector(world)
    client.post(f"{API}/session/purpose", json=CASE)
    world.clock.advance(1)
    assert inspector(world).get(VIDEO_URL).status_code == 403
    assert client.get(VIDEO_URL).status_code == 200


@pytest.mark.parametrize(
    "saying",
    [{}, {"text": ""}, {"text": " \n"}, {"text": "x" * 501}, {"text": "两\n行"}, {"text": "x", "number": "1" * 65}],
)
def test_what_is_no_purpose(world: World, saying: dict[str, str]) -> None:
    client = inspector(world)
    assert client.post(f"{API}/session/purpose", json=saying).status_code == 422
    assert client.get(VIDEO_URL).status_code == 403


@pytest.mark.parametrize(("inspects", "status"), [(HALL, 403), (FAR, 200)])
def test_an_operator_who_inspects_one_hall_says_it_there(world: World, inspects: HallId, status: int) -> None:
    enter(world, Grant(Role.OPERATOR), Grant(Role.INVESTIGATOR, inspects))
    client = world.client("somebody", None)
    assert client.get(VIDEO_URL).status_code == status
    assert client.get(f"{API}/session").json()["inspects"] == [inspects]


def test_live_pictures(world: World) -> None:
    enter(world, Grant(Role.OPERATOR), Grant(Role.INVESTIGATOR, HALL))
    client = world.client("somebody", None)
    assert closed_with(client) == NO_PURPOSE
    assert (world.live.asked, world.register()) == ([], [])
    client.post(f"{API}/session/purpose", json=CASE)
    with client.websocket_connect(LIVE) as socket:
        assert socket.receive_json()["type"] == "init"
        client.post(f"{API}/session/purpose", json={"text": "另案"})
        socket.receive_bytes()
        assert socket.receive()["code"] == GONE  # and the screen connects again, which is entered for the other case
    with client.websocket_connect(LIVE) as socket:
        assert socket.receive_json()["type"] == "init"
        client.delete(f"{API}/session/purpose")
        socket.receive_bytes()
        assert socket.receive()["code"] == NO_PURPOSE
    assert reasons(world) == [SAID, "另案"]


def test_a_files_download_from_the_ledger(world: World) -> None:
    world.enter("e-1")
    added = world.client("supervisor").post(f"{API}/ledger/e-1/files?name=a.jpg", content=JPEG).json()
    url = f"{API}/ledger/e-1/files/{added['evidence'][0]['id']}"
    client = inspector(world)
    assert client.get(url).json()["needs"] == "purpose"
    client.post(f"{API}/session/purpose", json=CASE)
    assert client.get(url).content == JPEG
    assert reasons(world) == [SAID]


class TestTokens:
    def test_a_program_says_it_with_each_request(self, world: World) -> None:
        client = program(world)
        headers = {"Vigil-Purpose": quote(CASE["text"]), "Vigil-Purpose-Number": CASE["number"]}
        assert client.get(VIDEO_URL, headers=headers).content == VIDEO
        assert reasons(world) == [SAID]
        answer = client.get(VIDEO_URL)
        assert (answer.status_code, answer.json()["needs"]) == (403, "purpose")
        assert "Vigil-Purpose" in answer.json()["detail"]

    @pytest.mark.parametrize("text", ["", "%20", "%FF", quote("两\n行"), quote("长" * 501)])
    def test_one_that_cannot_be_read_is_none(self, world: World, text: str) -> None:
        assert program(world).get(VIDEO_URL, headers={"Vigil-Purpose": text}).status_code == 403
        assert world.register() == []

    def test_it_does_not_ask_the_session_of_its_owner(self, world: World) -> None:
        inspector(world).post(f"{API}/session/purpose", json=CASE)
        client = program(world)
        assert client.get(VIDEO_URL).status_code == 403
        assert client.post(f"{API}/session/purpose", json=CASE).status_code == 403

    def test_a_browser_says_it_by_no_header(self, world: World) -> None:
        assert inspector(world).get(VIDEO_URL, headers={"Vigil-Purpose": "x"}).status_code == 403


def test_as_the_register_says_it() -> None:
    assert str(Purpose.said(" 核查 ", " 7 ")) == "[7] 核查"
    assert str(Purpose.said("核查")) == "核查"


def program(world: World) -> TestClient:
    """By a token that may play clips alone: nobody says of it that it may inspect."""
    wish = {"name": "取证", "permissions": ["play-clips"], "days": 1}
    token = inspector(world).post(f"{API}/session/tokens", json=wish).json()["token"]
    client = world.client()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def enter(world: World, *grants: Grant) -> None:
    world.stores.users.add(User("somebody", "某人", "某单位", frozenset(grants)), PASSWORD_HASH)


def closed_with(client: TestClient) -> int:
    with client.websocket_connect(LIVE) as socket, pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_text()
    return int(closed.value.code)
