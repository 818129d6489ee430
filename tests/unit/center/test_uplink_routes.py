"""PUT of objects at the centre, through the application and without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import ClientDisconnect

from tests.unit.uplink.samples import CAMERA, NODE, OWNERS, SITE, T0, content, segment
from vigil.archive.folder import FolderStore
from vigil.center import uplink_routes
from vigil.center.intake import CenterIntake
from vigil.center.landing import Landing
from vigil.center.notices import NoNotices
from vigil.center.uplink_routes import router
from vigil.clock import FakeClock
from vigil.gateway.board import StatusBoard
from vigil.gateway.events import EventBus
from vigil.store.stores import Stores
from vigil.uplink.hub import Hub, Place
from vigil.uplink.live import LiveHub
from vigil.uplink.protocol import Offer

KEY = f"segments/{CAMERA}/2026/03/02/{segment().id}.mp4"


@pytest.fixture
def intake(stores: Stores, objects: FolderStore, tmp_path: Path) -> CenterIntake:
    return CenterIntake(
        site=SITE,
        stores=stores,
        objects=objects,
        board=StatusBoard(),
        events=EventBus(),
        clock=FakeClock(T0),
        landing=Landing(tmp_path / "landing"),
        owners=OWNERS,
        wake_clips=lambda: None,
        arrived=lambda _: None,
        notices=NoNotices(),
    )


async def put(
    intake: CenterIntake, url: str, body: AsyncIterator[bytes] | bytes, content_range: str | None = None
) -> int:
    app = FastAPI()
    app.include_router(router(Hub({}, lambda node, key: False, intake, LiveHub({}), FakeClock(), lambda _: ()), intake))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://centre.test") as client:
        headers = {} if content_range is None else {"Content-Range": content_range}
        return (await client.put(url, content=body, headers=headers)).status_code


def offered(intake: CenterIntake) -> str:
    return place(intake, resumes=False).url


def place(intake: CenterIntake, *, resumes: bool = True) -> Place:
    found = intake.offer(NODE, Offer(segment()), resumes=resumes)
    assert found is not None
    return found


async def in_pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("size", [1, 7, 1000, 5000])
async def test_an_object_is_taken_once_in_whatever_pieces_it_comes(
    intake: CenterIntake, objects: FolderStore, size: int
) -> None:
    url = offered(intake)
    assert await put(intake, url, in_pieces(content(0), size)) == 201
    assert objects.verify(KEY, segment().sha256)
    assert await put(intake, url, content(0)) == 404


@pytest.mark.parametrize("body", [b"", content(0)[:-1], content(0) + b"x", b"y" * 1000])
async def test_another_object_than_announced_is_not_kept(
    intake: CenterIntake, objects: FolderStore, body: bytes
) -> None:
    url = offered(intake)
    assert await put(intake, url, body) == 409
    assert list(objects.list()) == []
    assert await put(intake, url, content(0)) == 404  # the ticket is used: the node offers again
    assert await put(intake, offered(intake), content(0)) == 201


@pytest.mark.parametrize("ticket", ["x", "..%2f..%2fetc", "%00"])
async def test_without_a_ticket_nothing_is_taken(intake: CenterIntake, ticket: str) -> None:
    assert await put(intake, f"/uplink/v1/objects/{ticket}", b"x") == 404


@pytest.mark.parametrize("end", ["silent", "gone"])
async def test_a_node_that_falls_silent_or_goes_does_not_hold_a_thread(
    intake: CenterIntake, objects: FolderStore, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(uplink_routes, "_SILENT_S", 0.05)
    ticket = intake.tickets.take(offered(intake).rpartition("/")[2])
    assert ticket is not None

    async def half() -> AsyncIterator[bytes]:
        yield content(0)[:500]
        if end == "gone":
            raise ClientDisconnect
        await asyncio.Event().wait()

    body = uplink_routes._Body(half(), asyncio.get_running_loop())
    with pytest.raises(Exception, match="did not send all"):
        await asyncio.wait_for(asyncio.to_thread(intake.receive, ticket, body), 5)
    assert list(objects.list()) == []


class TestResumed:
    """What a broken line cut short goes on where it ended."""

    async def test_only_the_rest_is_sent(self, intake: CenterIntake, objects: FolderStore) -> None:
        assert await put(intake, place(intake).url, content(0)[:600]) == 409
        again = place(intake)
        assert again.from_byte == 600
        assert await put(intake, again.url, content(0)[600:], "bytes 600-999/1000") == 201
        assert objects.verify(KEY, segment().sha256)
        assert intake.offer(NODE, Offer(segment()), resumes=True) is None

    async def test_a_node_that_cannot_begins_anew(self, intake: CenterIntake) -> None:
        assert await put(intake, place(intake).url, content(0)[:600]) == 409
        again = place(intake, resumes=False)
        assert again.from_byte == 0
        assert await put(intake, again.url, content(0)) == 201

    async def test_a_beginning_that_was_altered_costs_one_try(self, intake: CenterIntake) -> None:
        assert await put(intake, place(intake).url, b"x" * 600) == 409
        again = place(intake)
        assert await put(intake, again.url, content(0)[600:], "bytes 600-999/1000") == 409
        assert place(intake).from_byte == 0
        assert await put(intake, place(intake).url, content(0)) == 201

    @pytest.mark.parametrize(
        ("content_range", "status"),
        [
            ("bytes 599-999/1000", 409),
            ("bytes 700-999/1000", 409),
            ("bytes 600-998/1000", 400),
            ("bytes 600-999/1001", 400),
            ("bytes */1000", 400),
            ("pictures 0-9/10", 400),
        ],
    )
    async def test_a_range_that_does_not_fit_is_refused(
        self, intake: CenterIntake, content_range: str, status: int
    ) -> None:
        assert await put(intake, place(intake).url, content(0)[:600]) == 409
        assert await put(intake, place(intake).url, content(0)[600:], content_range) == status
        assert place(intake).from_byte == 600

    async def test_the_beginning_of_what_comes_no_more_goes(self, intake: CenterIntake, tmp_path: Path) -> None:
        assert await put(intake, place(intake).url, content(0)[:600]) == 409
        other = intake.offer(NODE, Offer(segment(10)), resumes=True)
        assert other is not None
        assert await put(intake, other.url, content(10)[:10]) == 409
        assert [path.name for path in (tmp_path / "landing" / NODE).iterdir()] == [segment(10).sha256]
