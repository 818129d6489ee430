"""The uploader over a transport in memory: one segment at a time, and what happens to one that will not go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from structlog.testing import capture_logs

from tests.unit.uplink.samples import at, content, segment, segment_file
from tests.unit.uplink.sockets import WITHIN_S
from vigil.clock import FakeClock
from vigil.model.ids import SegmentId
from vigil.uplink import upload
from vigil.uplink.outbox import Outbox
from vigil.uplink.pace import Pace
from vigil.uplink.protocol import Offer, Put, Rejected, Stored, Up, Uploaded
from vigil.uplink.spool import Spool
from vigil.uplink.upload import Answer, Uploader


class FakeCentre:
    """Answers offers and takes objects. `refuse` says what it will not have."""

    def __init__(self) -> None:
        self.heard: list[Up] = []
        self.objects: dict[str, bytes] = {}
        self.known: set[SegmentId] = set()
        self.status = 201
        self.from_byte = 0
        self.ranges: list[str | None] = []
        self.rate: float | None = None
        self.reject: Callable[[SegmentId], bool] = lambda _: False
        self.url = "/uplink/v1/objects/{}"
        self.changed = asyncio.Event()
        self.uploader: Uploader | None = None

    async def send(self, message: Up) -> None:
        self.heard.append(message)
        self.changed.set()
        answer = self._answer(message)
        if answer is not None and self.uploader is not None:
            self.uploader.take(answer)

    def _answer(self, message: Up) -> Answer | None:
        match message:
            case Offer(segment=one) if self.reject(one.id):
                return Rejected(one.id, "not of this node")
            case Offer(segment=one):
                place = Put(one.id, self.url.format(one.id), self.from_byte)
                return Stored(one.id) if one.id in self.known else place
            case Uploaded(segment=identity):
                return Stored(identity)
        return None

    def put(self, request: httpx.Request) -> httpx.Response:
        self.objects[request.url.path] = request.content
        self.ranges.append(request.headers.get("Content-Range"))
        return httpx.Response(self.status)

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not done():
                self.changed.clear()
                await self.changed.wait()

    @asynccontextmanager
    async def running(self, spool: Spool, clock: FakeClock) -> AsyncIterator[None]:
        async def handle(request: httpx.Request) -> httpx.Response:
            await request.aread()
            return self.put(request)

        transport = httpx.MockTransport(handle)
        async with httpx.AsyncClient(base_url="http://centre.test", transport=transport) as http:
            self.uploader = Uploader(spool, http, self.send, clock, Pace(lambda: self.rate, lambda: False, clock))
            running = asyncio.create_task(self.uploader.run())
            try:
                yield
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    def offered(self) -> list[SegmentId]:
        return [message.segment.id for message in self.heard if isinstance(message, Offer)]


@pytest.fixture
def centre() -> FakeCentre:
    return FakeCentre()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at(60))


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "_RETRY_S", 0.0)
    monkeypatch.setattr(upload, "_IDLE_S", 0.001)


def fill(spool: Spool, *starts: float) -> None:
    for start in starts:
        spool.add_segment(*segment_file(spool.folder, start))


def is_empty(spool: Spool) -> bool:
    return spool.next_to_bring() is None


async def test_brings_all_oldest_first_and_lets_go_of_what_is_stored(
    spool: Spool, centre: FakeCentre, clock: FakeClock
) -> None:
    fill(spool, 20, 0, 10)
    async with centre.running(spool, clock):
        await centre.until(lambda: len(centre.heard) == 6)
    assert centre.offered() == [segment(start).id for start in (0, 10, 20)]
    assert centre.objects == {f"/uplink/v1/objects/{segment(s).id}": content(s) for s in (0, 10, 20)}


@pytest.mark.lesson(11)
async def test_nothing_goes_before_the_centre_has_verified_it(
    spool: Spool, centre: FakeCentre, clock: FakeClock
) -> None:
    fill(spool, 0)
    async with centre.running(spool, clock):
        await centre.until(lambda: any(isinstance(message, Uploaded) for message in centre.heard))
    assert [type(message) for message in centre.heard][:2] == [Offer, Uploaded]
    spool.release(segment(0).id)
    fill(spool, 10)
    centre.status = 500
    async with centre.running(spool, clock):
        await centre.until(lambda: len(centre.offered()) >= 3)
    assert not is_empty(spool)


async def test_what_the_centre_has_already_is_not_sent_again(
    spool: Spool, centre: FakeCentre, clock: FakeClock
) -> None:
    fill(spool, 0)
    centre.known = {segment(0).id}
    async with centre.running(spool, clock):
        async with asyncio.timeout(WITHIN_S):
            while not is_empty(spool):
                await asyncio.sleep(0)
    assert centre.objects == {}


@pytest.mark.parametrize(("age_s", "backfilled"), [(60, False), (600, True)])
@pytest.mark.lesson(18)
async def test_what_comes_late_is_marked(
    spool: Spool, centre: FakeCentre, clock: FakeClock, age_s: float, backfilled: bool
) -> None:
    fill(spool, 0)
    clock.at = at(10 + age_s)
    async with centre.running(spool, clock):
        await centre.until(lambda: bool(centre.heard))
    first = centre.heard[0]
    assert isinstance(first, Offer)
    assert first.backfilled is backfilled


async def test_one_that_the_centre_will_not_have_stops_none_behind_it(
    spool: Spool, centre: FakeCentre, clock: FakeClock
) -> None:
    fill(spool, 0, 10, 20)
    centre.reject = lambda identity: identity == segment(0).id
    with capture_logs() as logs:
        async with centre.running(spool, clock):
            await centre.until(lambda: len(centre.offered()) > 8)
    assert centre.offered()[:4] == [segment(start).id for start in (0, 10, 20, 0)]
    spooled = spool.next_to_bring()
    assert spooled is not None
    assert spooled.segment.id == segment(0).id
    # Told once, and once more after others went well; tried for ever.
    assert len([line for line in logs if line["event"] == "segment_not_stored"]) == 2


@pytest.mark.parametrize("ruin", ["missing", "altered", "shorter"])
async def test_a_ruined_file_is_a_gap_and_stops_none_behind_it(
    spool: Spool, outbox: Outbox, centre: FakeCentre, clock: FakeClock, ruin: str
) -> None:
    fill(spool, 0, 10)
    path = next(spool.folder.glob(f"*/{segment(0).id}.mp4"))
    if ruin == "missing":
        path.unlink()
    else:
        path.write_bytes(b"x" * (1000 if ruin == "altered" else 10))
    centre.reject = lambda _: False
    real = centre._answer

    def verify(message: Up) -> Answer | None:
        if isinstance(message, Uploaded) and message.segment == segment(0).id:
            return Rejected(message.segment, "altered")
        return real(message)

    centre._answer = verify  # type: ignore[method-assign]
    async with centre.running(spool, clock):
        async with asyncio.timeout(WITHIN_S):
            while not is_empty(spool):
                await asyncio.sleep(0)
    assert [record.body["cause"] for record in outbox.pending(0, 9)] == ["disk"]
    assert f"/uplink/v1/objects/{segment(10).id}" in centre.objects


async def test_a_signed_address_is_not_repeated_in_the_log(spool: Spool, centre: FakeCentre, clock: FakeClock) -> None:
    fill(spool, 0)
    centre.url, centre.status = "http://store.test/{}?X-Amz-Signature=secret", 403
    with capture_logs() as logs:
        async with centre.running(spool, clock):
            await centre.until(lambda: len(centre.offered()) >= 2)
    assert "secret" not in str(logs)
    assert [(line["event"], line["reason"]) for line in logs] == [("upload_failed", "status 403")]


async def test_an_answer_about_another_segment_is_not_taken(spool: Spool, centre: FakeCentre, clock: FakeClock) -> None:
    fill(spool, 0)
    centre._answer = lambda message: Stored(SegmentId("another")) if isinstance(message, Offer) else None  # type: ignore[method-assign]
    async with centre.running(spool, clock):
        await centre.until(lambda: bool(centre.heard))
        for _ in range(10):
            await asyncio.sleep(0)
    assert not is_empty(spool)


async def test_no_answer_is_tried_again(
    spool: Spool, centre: FakeCentre, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "_ANSWER_S", 0.01)
    fill(spool, 0)
    centre._answer = lambda message: None  # type: ignore[method-assign]
    async with centre.running(spool, clock):
        await centre.until(lambda: len(centre.offered()) == 2)
    assert not is_empty(spool)


async def test_while_nothing_may_go_nothing_is_offered(spool: Spool, centre: FakeCentre, clock: FakeClock) -> None:
    fill(spool, 0)
    centre.rate = 0
    async with centre.running(spool, clock):
        await asyncio.sleep(0.05)
        assert centre.heard == []
        centre.rate = None
        await centre.until(lambda: len(centre.heard) == 2)


async def test_what_the_centre_holds_already_is_not_sent_again(
    spool: Spool, centre: FakeCentre, clock: FakeClock
) -> None:
    fill(spool, 0)
    centre.from_byte = 600
    async with centre.running(spool, clock):
        await centre.until(lambda: len(centre.heard) == 2)
    assert list(centre.objects.values()) == [content(0)[600:]]
    assert centre.ranges == ["bytes 600-999/1000"]


async def test_what_a_broken_line_cut_short_is_the_next_and_no_other(
    spool: Spool, centre: FakeCentre, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(spool, 0, 10)
    broken = iter([httpx.ReadError("cut"), httpx.WriteError("cut"), None, None])
    put = centre.put

    def breaking(request: httpx.Request) -> httpx.Response:
        if (error := next(broken)) is not None:
            raise error
        return put(request)

    monkeypatch.setattr(centre, "put", breaking)
    async with centre.running(spool, clock):
        await centre.until(lambda: len(centre.heard) == 6)
    assert centre.offered() == [segment(start).id for start in (0, 0, 0, 10)]


async def test_what_gets_further_at_each_try_is_never_given_up_for_others(
    spool: Spool, centre: FakeCentre, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what had come of it would be lost: the centre keeps one beginning a node."""
    monkeypatch.setattr(upload, "_INTERRUPTED_AT_MOST", 3)
    fill(spool, 0, 10)
    put = centre.put

    def breaking(request: httpx.Request) -> httpx.Response:
        if centre.from_byte < 900:
            centre.from_byte += 100
            raise httpx.WriteError("cut")
        return put(request)

    monkeypatch.setattr(centre, "put", breaking)
    async with centre.running(spool, clock):
        await centre.until(lambda: segment(10).id in centre.offered())
    assert centre.offered() == [segment(0).id] * 10 + [segment(10).id]


async def test_what_gets_no_further_stops_none_behind_it_for_ever(
    spool: Spool, centre: FakeCentre, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "_INTERRUPTED_AT_MOST", 3)
    fill(spool, 0, 10)

    def breaking(request: httpx.Request) -> httpx.Response:
        raise httpx.WriteError("cut")

    monkeypatch.setattr(centre, "put", breaking)
    async with centre.running(spool, clock):
        await centre.until(lambda: segment(10).id in centre.offered())
    assert centre.offered() == [segment(0).id] * 4 + [segment(10).id]
