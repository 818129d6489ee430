from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.gateway.streaming import EventStream
from tests.unit.gateway.world import World
from vigil.gateway.auth import COOKIE
from vigil.gateway.times import rfc3339
from vigil.model.people import Role
from vigil.model.suspensions import MOST_AHEAD, SuspensionKind

SUSPENSIONS = "/api/v1/suspensions"
NOW, IN_AN_HOUR = "2026-03-02T01:00:00.000Z", "2026-03-02T02:00:00.000Z"


def entry(**changes: Any) -> dict[str, Any]:
    return {"window": "ga-w-1", "kind": "paused", "to_at": IN_AN_HOUR, "note": "设备维修", **changes}


def after(world: World, **later: float) -> str:
    return rfc3339(world.clock.now() + timedelta(**later))


def test_a_pause_as_the_contract_draws_it(world: World) -> None:
    answer = world.client("operator").post(SUSPENSIONS, json=entry(note=" 设备维修 "))
    assert answer.status_code == 201
    entered = answer.json()
    name = entered.pop("id")
    assert entered == {
        "hall": "ga",
        "window": "ga-w-1",
        "kind": "paused",
        "from_at": NOW,
        "to_at": IN_AN_HOUR,
        "note": "设备维修",
        "by": "operator",
        "entered_at": NOW,
        "ended_at": None,
        "ended_by": None,
    }
    assert world.client("investigator").get(SUSPENSIONS).json() == {"items": [{"id": name, **entered}], "next": None}
    assert world.suspended == [None], "nodes are told"
    assert world.register() == [], "the register is of footage that was seen"


@pytest.mark.parametrize("kind", ["leave", "substitute"])
def test_leave_and_substitutes_are_the_supervisors_to_enter_and_to_end(world: World, kind: str) -> None:
    operator, supervisor = world.client("operator"), world.client("supervisor")
    refused = operator.post(SUSPENSIONS, json=entry(kind=kind))
    assert (refused.status_code, refused.json()["detail"]) == (403, "This needs the permission keep-roster.")
    name = supervisor.post(SUSPENSIONS, json=entry(kind=kind, from_at=after(world, hours=0.5))).json()["id"]
    assert operator.post(f"{SUSPENSIONS}/{name}/end").status_code == 403
    assert supervisor.post(f"{SUSPENSIONS}/{name}/end").status_code == 200


def test_an_early_end_says_who_and_when_and_is_final(world: World) -> None:
    world.pause("pause-1")
    world.clock.advance(600)
    client = world.client("supervisor")
    ended = client.post(f"{SUSPENSIONS}/pause-1/end").json()
    assert (ended["ended_at"], ended["ended_by"], ended["to_at"]) == (after(world), "supervisor", IN_AN_HOUR)
    assert client.post(f"{SUSPENSIONS}/pause-1/end").status_code == 409
    assert client.post(f"{SUSPENSIONS}/none/end").status_code == 404
    assert world.suspended == [None]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"to_at": None}, "to_at"),
        ({"to_at": NOW}, "must be in the future and later than from_at"),
        ({"to_at": "2026-04-02T01:00:01Z"}, "by at most 31 days"),
        ({"to_at": "2026-03-02T02:00:00"}, "timezone"),
        ({"from_at": "2026-03-02T00:58:59Z"}, "must not be in the past"),
        ({"from_at": "2026-03-02T01:30:00Z", "to_at": "2026-03-02T01:30:00Z"}, "later than from_at"),
        ({"from_at": "2027-03-04T00:00:00Z", "to_at": "2027-03-05T00:00:00Z"}, "within a year"),
        ({"note": "  "}, "note"),
        ({"note": "x" * 501}, "note"),
        ({"kind": "lunch"}, "kind"),
        ({"more": 1}, "more"),
    ],
)
def test_an_odd_entry_is_refused_with_what_would_be_right(world: World, changes: dict[str, Any], fault: str) -> None:
    answer = world.client("supervisor").post(SUSPENSIONS, json=entry(**changes))
    assert answer.status_code == 422
    assert fault in answer.json()["detail"]
    assert world.suspended == []


def test_a_window_that_is_not_there(world: World) -> None:
    assert world.client("operator").post(SUSPENSIONS, json=entry(window="none")).status_code == 404


def test_a_browser_whose_clock_is_a_little_slow_may_begin_now(world: World) -> None:
    assert world.client("operator").post(SUSPENSIONS, json=entry(from_at=after(world, seconds=-59))).status_code == 201


def test_a_window_has_a_bounded_number_of_them(world: World) -> None:
    for number in range(MOST_AHEAD):
        world.pause(f"pause-{number}")
    client = world.client("operator")
    assert client.post(SUSPENSIONS, json=entry()).status_code == 409
    client.post(f"{SUSPENSIONS}/pause-0/end")
    assert client.post(SUSPENSIONS, json=entry()).status_code == 201


def test_pages_and_filters(world: World) -> None:
    for number in range(5):
        world.pause(f"pause-{number}")
        world.clock.advance(60)
    client = world.client("operator")
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "hall": "ga", "window": "ga-w-1"}
    while True:
        page = client.get(SUSPENSIONS, params=query).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [f"pause-{number}" for number in reversed(range(5))]
    span = {"from_at": IN_AN_HOUR, "to_at": "2026-03-02T02:00:01Z"}
    assert [item["id"] for item in client.get(SUSPENSIONS, params=span).json()["items"]] == seen[:-1]
    assert client.get(SUSPENSIONS, params={"hall": "other"}).json()["items"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=odd", "from_at=odd", "colour=red"])
def test_an_odd_question_is_refused(world: World, query: str) -> None:
    assert world.client("operator").get(f"{SUSPENSIONS}?{query}").status_code == 422


def test_another_sites_page_cannot_pause_a_window(world: World) -> None:
    client = world.client("operator")
    answer = client.post(SUSPENSIONS, json=entry(), headers={"Origin": "https://elsewhere.test"})
    assert answer.status_code == 403
    assert client.get(SUSPENSIONS).json()["items"] == []


async def test_every_screen_is_told(world: World) -> None:
    headers = {"Host": "centre.test", "Cookie": f"{COOKIE}={world.log_in(Role.OPERATOR)}"}
    stream = EventStream(world.app, "/api/v1/events", headers)
    await stream.status()
    await stream.event()
    name = world.pause("leave-1", SuspensionKind.LEAVE)
    world.client("supervisor").post(f"{SUSPENSIONS}/{name}/end")
    told = await stream.event()
    assert told is not None
    assert (told.name, told.data["id"], told.data["ended_by"]) == ("suspension", "leave-1", "supervisor")
    await stream.leave()
