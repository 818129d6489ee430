"""PUT of objects at the centre, through the application and without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import ClientDisconnect

from tests.unit.uplink.samples import CAMERA, NODE, OWNERS, SITE, T0, content, segment
from vigil.archive.folder import FolderStore
from vigil.center import uplink_routes
from vigil.center.intake import CenterIntake
from vigil.center.uplink_routes import router
from vigil.clock import FakeClock
from vigil.gateway.board import StatusBoard
from vigil.gateway.events import EventBus
from vigil.store.stores import Stores
from vigil.uplink.hub import Hub
from vigil.uplink.live import LiveHub
from vigil.uplink.protocol import Offer

KEY = f"segments/{CAMERA}/2026/03/02/{segment().id}.mp4"


@pytest.fixture
def intake(stores: Stores, objects: FolderStore) -> CenterIntake:
    return CenterIntake(
        site=SITE,
        stores=stores,
        objects=objects,
        board=StatusBoard(),
        events=EventBus(),
        clock=FakeClock(T0),
        owners=OWNERS,
        wake_clips=lambda: None,
        arrived=lambda _: None,
    )


async def put(intake: CenterIntake, url: str, body: AsyncIterator[bytes] | bytes) -> int:
    app = FastAPI()
    app.include_router(router(Hub({}, intake, LiveHub({}), FakeClock(), lambda _: ()), intake))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://centre.test") as client:
        return (await client.put(url, content=body)).status_code


def offered(intake: CenterIntake) -> str:
    url = intake.offer(NODE, Offer(segment()))
    assert url is not None
    return url


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
        await asyncio.wait_for(asyncio.to_thread(intake.receive, ticket, body), 5)  # type: ignore[arg-type]
    assert list(objects.list()) == []
