"""The client against the real gateway over loopback, on a line that breaks where a test says."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.unit.gateway.test_api_tokens import token
from tests.unit.gateway.world import VIDEO, VIDEO_SHA256, World, make_world, populate
from vigil.client import AsyncClient, BytesDiffer, CallError, CallRefused, Client
from vigil.gateway.app import document
from vigil.gateway.events import AlertChanged
from vigil.model.ids import AlertId
from vigil.store.database import Database

client_answers: Any = import_module("scripts.client_answers")
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "api-client.md"
SCOPES = ("read-alerts", "acknowledge", "decide", "play-clips", "export-clips", "read-ledger", "keep-ledger")


@dataclass(frozen=True, slots=True)
class Centre:
    address: str
    world: World


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    database = Database.in_file(tmp_path / "vigil.db")
    populate(database)
    world = make_world(tmp_path, database)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield Centre(f"http://127.0.0.1:{listener.getsockname()[1]}", world)
    world.deps.events.close()
    server.should_exit = True
    thread.join(10)
    listener.close()
    database.close()


class Awaited:
    """An AsyncClient under the names of a Client, so that every test is one of both."""

    def __init__(self, client: AsyncClient) -> None:
        self._client, self._runner = client, asyncio.Runner()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(*args: Any, **values: Any) -> Any:
            found = method(*args, **values)
            return self._each(found) if isinstance(found, AsyncIterator) else self._runner.run(found)

        return call

    def end(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()

    def _each(self, found: AsyncIterator[Any]) -> Iterator[Any]:
        async def next_of() -> Any:
            return await anext(found, None)

        while (item := self._runner.run(next_of())) is not None:
            yield item


KINDS = ("waits", "awaits")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def speaking(kind: str, address: str, token: str, line: Breaking | None = None, **values: Any) -> Iterator[Any]:
    """A client; `waited` has what it would have slept."""
    waited = values.pop("waited", [])

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    if kind == "waits":
        http = None if line is None else httpx.Client(base_url=address, transport=line, timeout=10)
        with Client(address, token, http=http, sleep=waited.append, **values) as client:
            yield client
    else:
        own = None if line is None else httpx.AsyncClient(base_url=address, transport=line, timeout=10)
        awaited = Awaited(AsyncClient(address, token, http=own, sleep=sleep, **values))
        yield awaited
        awaited.end()


@pytest.fixture
def client(centre: Centre, kind: str) -> Iterator[Any]:
    with speaking(kind, centre.address, judge(centre)) as one:
        yield one


class Breaking(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A line that `lose` says when to break: after the request was answered, so that the centre did what it says."""

    def __init__(self, lose: Callable[[httpx.Request], bool]) -> None:
        self._lose = lose
        self._waits, self._awaits = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._waits.handle_request(request)
        if self._breaks(request):
            answer.close()
            raise httpx.ReadError("the line broke", request=request)
        return answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._awaits.handle_async_request(request)
        if self._breaks(request):
            await answer.aclose()
            raise httpx.ReadError("the line broke", request=request)
        return answer

    def _breaks(self, request: httpx.Request) -> bool:
        self.asked.append(request)
        return self._lose(request)


def judge(centre: Centre) -> str:
    return token(centre.world, "supervisor", *SCOPES)


def test_who_the_token_speaks_for(client: Client) -> None:
    assert client.me()["username"] == "supervisor"
    assert client.site()["halls"][0]["id"] == "ga"
    assert client.status()["windows"] == []


def test_all_pages_of_a_list(centre: Centre, client: Client) -> None:
    for number in range(7):
        centre.world.raise_alert(f"alert-{number}", seconds=-number)
    assert [alert["id"] for alert in client.alerts(hall="ga", limit=3)] == [f"alert-{number}" for number in range(7)]


def test_a_step_is_taken_once_though_its_answer_is_lost(centre: Centre, kind: str) -> None:
    name = centre.world.raise_alert()
    lost: list[None] = []

    def first_step(request: httpx.Request) -> bool:
        if request.method == "POST" and not lost:
            lost.append(None)
            return True
        return False

    line, waited = Breaking(first_step), list[float]()
    with speaking(kind, centre.address, judge(centre), line, waited=waited) as client:
        after = client.take_step(name, "comment", note="已电话核实")
    assert [step["note"] for step in after["history"]] == ["已电话核实"]
    assert len({request.headers["Idempotency-Key"] for request in line.asked}) == 1
    assert (len(line.asked), waited) == (2, [0.5])


def test_what_has_no_key_is_asked_once(centre: Centre, kind: str) -> None:
    line = Breaking(lambda request: request.method == "POST")
    with (
        speaking(kind, centre.address, judge(centre), line) as client,
        pytest.raises(CallError, match="the line broke"),
    ):
        client.call("POST", "/ledger/none/remark", body={"note": "x"})
    assert len(line.asked) == 1


def test_a_step_upon_what_is_no_longer_so(centre: Centre, client: Client) -> None:
    seen = client.alert(centre.world.raise_alert())
    client.take_step(seen, "acknowledge")
    with pytest.raises(CallRefused) as refused:
        client.take_step(seen, "confirm")
    assert refused.value.status == 412
    assert refused.value.told["alert"]["state"] == "acknowledged"
    assert client.take_step(client.alert(seen["id"]), "confirm")["state"] == "confirmed"


def test_a_malformed_call_says_where(client: Client) -> None:
    with pytest.raises(CallRefused) as refused:
        next(client.alerts(limit=1000))
    assert (refused.value.status, [where for where, _ in refused.value.faults]) == (422, ["query.limit"])


def test_a_token_that_is_none(centre: Centre, kind: str) -> None:
    with (
        speaking(kind, centre.address, "vigil_none") as one,
        pytest.raises(CallRefused, match="Log in first") as refused,
    ):
        one.status()
    assert refused.value.status == 401


def test_nobody_answers(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    waited: list[float] = []
    with speaking(kind, address, "x", waited=waited) as one, pytest.raises(CallError, match="GET /api/v1/status"):
        one.status()
    assert waited == [0.5, 1.0, 2.0]


def test_a_clip_is_there_whole_or_not_at_all(centre: Centre, client: Client, tmp_path: Path) -> None:
    centre.world.raise_alert()
    clip = centre.world.make_clip()
    target = tmp_path / "clip.mp4"
    assert client.download_clip(clip, target) == VIDEO_SHA256
    assert target.read_bytes() == VIDEO
    assert [action for _, action, _ in centre.world.register()] == ["export"]
    target.unlink()
    stored = next(
        path for path in (tmp_path / "archive").rglob("*") if path.is_file() and path.stat().st_size == len(VIDEO)
    )
    stored.write_bytes(VIDEO[:-1] + b"?")
    with pytest.raises(BytesDiffer, match=VIDEO_SHA256):
        client.download_clip(clip, target)
    assert [path.name for path in tmp_path.glob("clip.mp4*")] == []
    assert hashlib.sha256(stored.read_bytes()).hexdigest() != VIDEO_SHA256


def test_events_go_on_after_the_line_broke(centre: Centre, kind: str) -> None:
    name = centre.world.raise_alert()
    waited: list[float] = []
    opened = list[httpx.Request]()

    def first_stream(request: httpx.Request) -> bool:
        opened.append(request)
        return len(opened) == 1

    with speaking(kind, centre.address, judge(centre), Breaking(first_stream), waited=waited) as client:
        events = client.events()
        assert next(events).name == "status"
        centre.world.deps.events.publish(AlertChanged(AlertId(name)))
        told = next(events)
    assert (told.name, told.data["id"]) == ("alert", name)
    assert (len(opened), waited) == (2, [2.0])


def test_events_end_with_the_token(centre: Centre, client: Client) -> None:
    centre.world.stores.users.set_disabled("supervisor", True)
    with pytest.raises(CallRefused):
        next(client.events())


def test_a_program_of_an_inspector_says_what_for(centre: Centre, kind: str, tmp_path: Path) -> None:
    centre.world.raise_alert()
    clip, lent = centre.world.make_clip(), token(centre.world, "investigator", "play-clips", "export-clips")
    with speaking(kind, centre.address, lent) as client, pytest.raises(CallRefused) as refused:
        client.download_clip(clip, tmp_path / "clip.mp4")
    assert refused.value.told["needs"] == "purpose"
    with speaking(kind, centre.address, lent, purpose="核查投诉", number="2026-153") as client:
        client.download_clip(clip, tmp_path / "clip.mp4")
    (entry,) = centre.world.stores.register.page().items
    assert entry.reason == "[2026-153] 核查投诉"


def test_both_clients_have_the_same_calls() -> None:
    """Of the same parameters, and of answers that differ in nothing but that they are awaited."""
    renamed = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
    names = {name for name in vars(Client) if not name.startswith("_")}
    assert names == {name for name in vars(AsyncClient) if not name.startswith("_")}
    for name in (*names, *renamed):
        mine, other = (inspect.signature(getattr(Client, name)), getattr(AsyncClient, renamed.get(name, name)))
        theirs = inspect.signature(other)
        assert list(mine.parameters.values()) == list(theirs.parameters.values()), name
        assert mine.return_annotation == str(theirs.return_annotation).removeprefix("Async"), name


def test_the_client_is_light() -> None:
    """Who installs it for a script waits for no gateway."""
    heavy = "fastapi", "starlette", "sqlalchemy", "av", "numpy", "vigil.gateway", "vigil.store"
    code = f"import sys, vigil.client; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_types_are_those_of_the_document() -> None:
    written = client_answers.module(document())
    assert client_answers.TARGET.read_text(encoding="utf-8") == written, "run scripts/client_answers.py"


def test_the_guide_is_right(centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All its code, from above downwards."""
    name = centre.world.raise_alert()
    told = {
        "address": centre.address,
        "token": token(centre.world, "supervisor", *SCOPES),
        "clip_id": centre.world.make_clip(),
        "folder": tmp_path,
    }
    teller = threading.Thread(target=tell, args=(centre.world, name))
    teller.start()
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 7
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), told)
    teller.join()
    assert told["sha256"] == VIDEO_SHA256
    printed = capsys.readouterr().out.splitlines()
    assert f"{name} acknowledged" in printed
    assert printed[-1] == "status"


def tell(world: World, alert: AlertId) -> None:
    """As soon as somebody listens."""
    for _ in range(600):
        if len(world.deps.events):
            world.deps.events.publish(AlertChanged(alert))
            return
        time.sleep(0.05)
