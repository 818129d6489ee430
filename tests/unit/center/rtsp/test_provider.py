"""Who gets what: only his own cameras, and nothing before the register has its entry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.media import AT, footage
from tests.unit.center.rtsp.test_archive import COUNTER, World
from tests.unit.config.files import GOOD, read
from vigil.center.rtsp.accounts import accounts, passwords
from vigil.center.rtsp.entries import Entries
from vigil.center.rtsp.live import LiveChannels
from vigil.center.rtsp.provider import CenterProvider
from vigil.clock import FakeClock
from vigil.errors import SecretError, StoreError
from vigil.forward.rtsp import Limits
from vigil.forward.rtsp.source import Ask, Refusal
from vigil.gateway.live_source import LiveSubscription
from vigil.model.ids import CameraId
from vigil.model.media import Codec, StreamKind
from vigil.model.register import Action
from vigil.store.database import Database
from vigil.store.register import Register

RTSP = """\
  rtsp:
    users:
      - {name: platform, password: {env: PLATFORM}, unit: 市大数据中心, reason: 综合平台接入, halls: [gongan]}
      - {name: other, password: {env: OTHER}, unit: 市公安局, reason: 指挥中心, cameras: [counter]}
      - {name: stranger, password: {env: OTHER}, unit: 市公安局, reason: 指挥中心, cameras: [lobby]}
"""
LOBBY = "      cameras:\n        - {id: lobby, name: 大厅, url: rtsp://192.0.2.8/1}\n"
TEXT = GOOD.replace("nodes:", f"{RTSP}nodes:").replace("      cameras:\n", LOBBY)
RANGE = f"from={AT.isoformat()}&to={(AT + timedelta(seconds=2)).isoformat()}"


class Center:
    def __init__(self, folder: Path, database: Database) -> None:
        configuration = read(TEXT)
        assert configuration.site is not None
        assert configuration.center is not None
        assert configuration.center.rtsp is not None
        self.world = World(folder / "objects")
        self.world.store(footage(Codec.H264, seconds=2), 0)
        self.register = Register(database)
        self.clock = FakeClock(AT + timedelta(days=1))
        executor = ThreadPoolExecutor(1)

        def subscribe(camera: CameraId, stream: StreamKind) -> LiveSubscription:
            raise AssertionError("the hub is not asked for what nobody may see")

        self.provider = CenterProvider(
            accounts=accounts(configuration.center.rtsp, configuration.site),
            substreams=frozenset(),
            live=LiveChannels(subscribe, self.clock, Limits()),
            index=self.world.index,
            objects=self.world.objects,
            entries=Entries(self.register, self.clock, executor),
            executor=executor,
            clock=self.clock,
        )

    async def refusal(self, path: str, query: str = "", user: str = "platform") -> int:
        with pytest.raises(Refusal) as refusal:
            await self.provider.open(Ask(path, query, user, "192.0.2.7"))
        return refusal.value.status


@pytest.fixture
def center(tmp_path: Path, database: Database) -> Center:
    return Center(tmp_path, database)


async def test_what_he_may_not_have_he_does_not_learn_of(center: Center) -> None:
    assert await center.refusal(f"/live/{COUNTER}", user="nobody") == 403
    assert await center.refusal("/live/elsewhere") == 404
    assert await center.refusal(f"/live/{COUNTER}", user="stranger") == 404
    assert await center.refusal(f"/archive/{COUNTER}", RANGE, user="stranger") == 404
    assert await center.refusal(f"/live/{COUNTER}/sub") == 404, "it has none"
    assert await center.refusal(f"/archive/{COUNTER}", "from=now&to=then") == 400
    assert await center.refusal("/archive/lobby", RANGE) == 404, "nothing is stored of it"


def test_halls_and_cameras_are_what_is_allowed() -> None:
    configuration = read(TEXT)
    assert configuration.site is not None
    assert configuration.center is not None
    assert configuration.center.rtsp is not None
    allowed = {
        name: account.cameras for name, account in accounts(configuration.center.rtsp, configuration.site).items()
    }
    assert allowed == {"platform": {"counter", "lobby"}, "other": {"counter"}, "stranger": {"lobby"}}


async def test_the_register_has_beginning_and_end(center: Center) -> None:
    opened = await center.provider.open(Ask(f"/archive/{COUNTER}", RANGE, "platform", "192.0.2.7"))
    assert center.register.page().items == (), "nothing was shown yet"
    await opened.admit()
    center.clock.advance(63)
    await opened.close()
    end, begin = center.register.page().items
    content = f"camera counter, {AT.isoformat()}/{(AT + timedelta(seconds=2)).isoformat()}, by RTSP from 192.0.2.7"
    assert (begin.action, begin.subject) == (Action.PLAY, content)
    assert (begin.username, begin.name, begin.unit, begin.reason) == (
        "rtsp:platform",
        "platform",
        "市大数据中心",
        "综合平台接入",
    )
    assert (end.action, end.subject) == (Action.END, f"{content}, begun {begin.at.isoformat()}")
    assert end.at - begin.at == timedelta(seconds=63)


async def test_who_only_asked_is_not_in_the_register(center: Center) -> None:
    opened = await center.provider.open(Ask(f"/archive/{COUNTER}", RANGE, "platform", "192.0.2.7"))
    await opened.close()
    assert center.register.page().items == ()


async def test_without_the_register_nothing_is_shown(center: Center, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreError("the database is away")

    monkeypatch.setattr(center.register, "append", away)
    opened = await center.provider.open(Ask(f"/archive/{COUNTER}", RANGE, "platform", "192.0.2.7"))
    with pytest.raises(Refusal) as refusal:
        await opened.admit()
    assert refusal.value.status == 503
    await opened.close()


async def test_a_register_that_hangs_is_not_waited_for(center: Center, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigil.center.rtsp.entries.WITHIN_S", -1.0)
    opened = await center.provider.open(Ask(f"/archive/{COUNTER}", RANGE, "platform", "192.0.2.7"))
    with pytest.raises(Refusal) as refusal:
        await opened.admit()
    assert refusal.value.status == 503


async def test_the_range_begins_with_its_first_picture(center: Center) -> None:
    query = RANGE.replace(AT.isoformat(), (AT + timedelta(seconds=1.5)).isoformat())
    opened = await center.provider.open(Ask(f"/archive/{COUNTER}", query, "platform", "192.0.2.7"))
    recorded = opened.source.recorded
    assert recorded is not None
    assert recorded.from_at == AT + timedelta(seconds=1)
    feed = opened.source.subscribe()
    assert await feed.begin(0.0, None)
    first = feed.first()
    assert first is not None
    assert (first.at, first.key) == (recorded.from_at, True)
    opened.source.unsubscribe(feed)
    await opened.close()


def test_a_short_password_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configuration = read(TEXT)
    assert configuration.center is not None
    assert configuration.center.rtsp is not None
    monkeypatch.setenv("PLATFORM", "too-short")
    with pytest.raises(SecretError, match="platform"):
        passwords(configuration.center.rtsp, tmp_path)
