"""The way in for nodes that nobody knows yet, through the application and without a socket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.unit.uplink.samples import NODE, T0
from vigil.center.enrolment import router, who_knows
from vigil.clock import FakeClock
from vigil.store.stores import Stores
from vigil.throttle import FIRST_DELAY_S, FREE_TRIES
from vigil.uplink import protocol

KEY = "k" * 64
RIGHT = {"node": NODE, "token": "the token", "key": KEY}


class Centre:
    def __init__(self, stores: Stores) -> None:
        self.stores, self.clock = stores, FakeClock(T0)
        self._app = FastAPI()
        self._app.include_router(router(stores.node_keys, self.clock))
        stores.node_keys.allow(NODE, "the token", T0 + timedelta(days=1))

    async def ask(self, **request: Any) -> int:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://centre.test") as client:
            return (await client.post(protocol.ENROL, **request)).status_code


@pytest.fixture
def centre(stores: Stores) -> Centre:
    return Centre(stores)


async def test_a_node_with_its_token_is_known_from_then_on(centre: Centre) -> None:
    knows = who_knows({}, centre.stores.node_keys)
    assert not knows(NODE, KEY)
    assert await centre.ask(json=RIGHT) == 204
    assert knows(NODE, KEY)


async def test_a_key_in_the_file_goes_before_one_that_was_enrolled(centre: Centre) -> None:
    await centre.ask(json=RIGHT)
    knows = who_knows({NODE: "another"}, centre.stores.node_keys)
    assert not knows(NODE, KEY)
    assert knows(NODE, "another")


@pytest.mark.parametrize(
    "request_", [{"json": RIGHT | {"key": "short"}}, {"json": RIGHT | {"more": 1}}, {"json": []}, {"content": b"{"}]
)
async def test_what_is_no_enrolment_is_refused(centre: Centre, request_: dict[str, Any]) -> None:
    assert await centre.ask(**request_) == 422


async def test_who_is_not_known_cannot_fill_our_memory(centre: Centre) -> None:
    assert await centre.ask(json=RIGHT | {"token": "x" * 10_000}) == 413


async def test_who_guesses_waits(centre: Centre) -> None:
    wrong = RIGHT | {"token": "a guess"}
    assert [await centre.ask(json=wrong) for _ in range(FREE_TRIES)] == [403] * FREE_TRIES
    assert await centre.ask(json=RIGHT) == 429
    centre.clock.advance(FIRST_DELAY_S)
    assert await centre.ask(json=RIGHT) == 204
