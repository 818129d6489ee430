from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.gateway.conftest import MakeWorld
from tests.unit.gateway.world import World
from vigil.gateway.notice_desk import ChannelState, Tried
from vigil.model.ids import AlertId, ChannelName
from vigil.model.notices import Answer, ChannelKind, Stage, Verdict, Wanted
from vigil.store.deliveries import ChannelRecord, Claim
from vigil.store.notices import Backlog

CHANNELS, LOG = "/api/v1/notifications/channels", "/api/v1/notifications/log"
DUTY = ChannelName("duty")
NOW = "2026-03-02T01:00:00.000Z"
ITEM = {"stage": "overdue", "text": "not for administrators"}
REFUSED = Answer(Verdict.REFUSED, "93000 invalid webhook url")


@dataclass
class FakeDesk:
    state: ChannelState
    tested: Tried = field(default_factory=lambda: Tried(Answer(Verdict.DELIVERED, "0 ok"), None))
    again: list[ChannelName] = field(default_factory=list)

    def states(self) -> tuple[ChannelState, ...]:
        return (self.state,)

    def send_again(self, channel: ChannelName) -> int | None:
        self.again.append(channel)
        return 3 if channel == DUTY else None

    async def test(self, channel: ChannelName) -> Tried | None:
        return self.tested if channel == DUTY else None


@pytest.fixture
def desk(world: World) -> FakeDesk:
    now = world.clock.now()
    record = ChannelRecord(2, now + timedelta(minutes=10), REFUSED, now - timedelta(hours=1))
    return FakeDesk(ChannelState(DUTY, ChannelKind.WECOM, "qyapi.weixin.qq.com", record, Backlog(4, now, 1)))


@pytest.fixture
def told(make: MakeWorld, desk: FakeDesk) -> World:
    return make(notices=desk)


def send(world: World, number: int, answer: Answer | None) -> None:
    """An attempt, with what came of it."""
    name = f"alert-{number}"
    world.raise_alert(name)
    now = world.clock.now()
    world.stores.notices.enter(AlertId(name), [Wanted(DUTY, Stage.RAISED, now)], at=now)
    claim = world.stores.deliveries.claim(
        DUTY,
        lambda message, dues: {"title": f"【分厅告警】{len(dues)}", "items": [ITEM for _ in dues]},
        limits=(),
        now=now,
        lease=timedelta(seconds=60),
        patience=timedelta(days=1),
    )
    assert isinstance(claim, Claim)
    if answer is not None:
        world.clock.advance(1)
        world.stores.deliveries.finish(claim, answer, now=world.clock.now(), rest_until=None)


def test_channels_as_the_contract_draws_them(told: World) -> None:
    (channel,) = told.client("admin").get(CHANNELS).json()["items"]
    assert channel == {
        "name": "duty",
        "kind": "wecom",
        "where": "qyapi.weixin.qq.com",
        "answer": {"verdict": "refused", "text": "93000 invalid webhook url"},
        "failures": 2,
        "rest_until": "2026-03-02T01:10:00.000Z",
        "delivered_at": "2026-03-02T00:00:00.000Z",
        "waiting": 4,
        "oldest_at": NOW,
        "unsent": 1,
    }


def test_the_log_names_no_alert(told: World) -> None:
    send(told, 1, Answer(Verdict.DELIVERED, "0 ok"))
    send(told, 2, None)
    answer = told.client("admin").get(LOG)
    under_way, sent = answer.json()["items"]
    assert under_way["answer"] is None
    assert sent | {"message": "…", "number": 0} == {
        "number": 0,
        "at": NOW,
        "until_at": "2026-03-02T01:00:01.000Z",
        "channel": "duty",
        "message": "…",
        "title": "【分厅告警】1",
        "test": False,
        "notices": 1,
        "stages": {"overdue": 1},
        "answer": {"verdict": "delivered", "text": "0 ok"},
    }
    assert "not for administrators" not in answer.text


def test_the_log_comes_in_pages_and_by_channel(told: World) -> None:
    for number in range(5):
        send(told, number, REFUSED)
    client = told.client("admin")
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 2, "channel": "duty"}
    while True:
        page = client.get(LOG, params=query).json()
        seen += [item["number"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    assert client.get(LOG, params={"channel": "other"}).json() == {"items": [], "next": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=odd", "cursor=0", "colour=red"])
def test_an_odd_question_is_refused(told: World, query: str) -> None:
    assert told.client("admin").get(f"{LOG}?{query}").status_code == 422


def test_a_test_says_what_was_answered_also_where_that_is_a_failure(told: World, desk: FakeDesk) -> None:
    client = told.client("admin")
    assert client.post(f"{CHANNELS}/duty/test").json() == {"verdict": "delivered", "text": "0 ok"}
    desk.tested = Tried(REFUSED, None)
    answer = client.post(f"{CHANNELS}/duty/test")
    assert (answer.status_code, answer.json()["verdict"]) == (200, "refused")
    assert client.post(f"{CHANNELS}/none/test").status_code == 404


def test_a_test_of_a_channel_at_its_limit_says_when(told: World, desk: FakeDesk) -> None:
    desk.tested = Tried(None, told.clock.now() + timedelta(seconds=41.2))
    answer = told.client("admin").post(f"{CHANNELS}/duty/test")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "42")


def test_sending_again(told: World, desk: FakeDesk) -> None:
    client = told.client("admin")
    assert client.post(f"{CHANNELS}/duty/send-again").json() == {"notices": 3}
    assert client.post(f"{CHANNELS}/none/send-again").status_code == 404
    assert desk.again == ["duty", "none"]


@pytest.mark.parametrize("user", ["operator", "supervisor", "investigator"])
def test_channels_are_the_administrators(told: World, desk: FakeDesk, user: str) -> None:
    client = told.client(user)
    calls = [client.get(CHANNELS), client.get(LOG)]
    calls += [client.post(f"{CHANNELS}/duty/test"), client.post(f"{CHANNELS}/duty/send-again")]
    assert {call.status_code for call in calls} == {403}
    assert told.client().get(CHANNELS).status_code == 401
    assert desk.again == []


def test_another_sites_page_cannot_send(told: World, desk: FakeDesk) -> None:
    headers = {"Origin": "https://elsewhere.test"}
    assert told.client("admin").post(f"{CHANNELS}/duty/send-again", headers=headers).status_code == 403
    assert desk.again == []


def test_a_centre_that_tells_nobody_has_no_channels(world: World) -> None:
    client = world.client("admin")
    assert client.get(CHANNELS).json() == {"items": []}
    assert client.post(f"{CHANNELS}/duty/test").status_code == 404
    assert client.post(f"{CHANNELS}/duty/send-again").status_code == 404
