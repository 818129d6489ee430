from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.gateway.world import World
from vigil.gateway.times import rfc3339
from vigil.model.ids import GroupId, NodeId, WindowId
from vigil.model.looks import Unknown
from vigil.model.minutes import Minute, QueueMinute, WindowMinute

WINDOW, GROUP = "/windows/ga-w-1", "/groups/ga-1"


def ask(world: World, of: str, days: float = 1, user: str = "investigator", **changes: str) -> Any:
    start = world.clock.now()
    query = {"from_at": rfc3339(start), "to_at": rfc3339(start + timedelta(days=days))} | changes
    return world.client(user).get(f"/api/v1{of}/minutes", params=query)


def test_minutes_as_the_contract_draws_them(world: World) -> None:
    window = WindowMinute(WindowId("ga-w-1"), 20.0, 30.5, {Unknown.DARK: 9.5}, visitor_s=12.0, looks=58)
    queue = QueueMinute(GroupId("ga-1"), 60.0, 40.0, 4.25, 3, 7, staffed_mean=1.5, wait_s=310.0)
    world.stores.minutes.add("r", NodeId("node"), Minute(world.clock.now(), 60.0, (window,), (queue,)))
    told = {"at": "2026-03-02T01:00:00.000Z", "seconds": 60.0, "node": "node", "in_service_s": 60.0}
    assert ask(world, WINDOW).json() == {
        "items": [
            told | {"staffed_s": 20.0, "unstaffed_s": 30.5, "unknown_s": {"dark": 9.5}, "visitor_s": 12.0, "looks": 58}
        ]
    }
    assert ask(world, GROUP).json() == {
        "items": [
            told
            | {"known_s": 40.0, "waiting_mean": 4.25, "waiting_least": 3, "waiting_most": 7}
            | {"staffed_mean": 1.5, "wait_s": 310.0}
        ]
    }


@pytest.mark.parametrize("of", [WINDOW, GROUP])
def test_a_span_without_minutes_is_empty(world: World, of: str) -> None:
    assert ask(world, of, 7).json() == {"items": []}


@pytest.mark.parametrize("of", [WINDOW, GROUP])
@pytest.mark.parametrize("days", [0, -1, 7.001])
def test_an_odd_span_is_refused_in_words(world: World, of: str, days: float) -> None:
    answer = ask(world, of, days)
    assert answer.status_code == 422
    assert "7 days" in answer.json()["detail"]


@pytest.mark.parametrize("of", [WINDOW, GROUP])
def test_a_time_without_a_zone_is_refused(world: World, of: str) -> None:
    assert ask(world, of, from_at="2026-03-02T00:00:00").status_code == 422


@pytest.mark.parametrize("of", ["/windows/none", "/groups/ga-w-1"])
def test_what_is_not_there_has_no_minutes(world: World, of: str) -> None:
    assert ask(world, of).status_code == 404


HOURS = "/api/v1/windows/ga-w-1/hours"


def test_a_day_by_the_hour_as_the_contract_draws_it(world: World) -> None:
    window = WindowMinute(WindowId("ga-w-1"), 20.0, 30.5, {Unknown.DARK: 9.5}, visitor_s=12.0, looks=58)
    world.stores.minutes.add("r", NodeId("node"), Minute(world.clock.now(), 60.0, (window,)))
    world.clock.advance(1800)
    first, second = world.client("supervisor").get(HOURS, params={"day": "2026-03-02"}).json()["items"]
    empty = {"staffed_s": 0.0, "unstaffed_s": 0.0, "visitor_s": 0.0}
    assert first == {"at": "2026-03-02T00:00:00.000Z", "service_s": 1800.0, "unknown_s": {"untold": 1800.0}, **empty}
    assert second == {
        "at": "2026-03-02T01:00:00.000Z",
        "service_s": 1800.0,
        "staffed_s": 20.0,
        "unstaffed_s": 30.5,
        "unknown_s": {"dark": 9.5, "untold": 1740.0},
        "visitor_s": 12.0,
    }


@pytest.mark.parametrize(("day", "status"), [("2026-03-01", 200), ("2999-01-01", 422), ("9999-12-31", 422), ("x", 422)])
def test_days_without_service_and_days_that_nobody_knows(world: World, day: str, status: int) -> None:
    answer = world.client("supervisor").get(HOURS, params={"day": day})
    assert answer.status_code == status
    assert status != 200 or answer.json() == {"items": []}


@pytest.mark.parametrize("of", [WINDOW, GROUP])
def test_supervisors_read_what_their_figures_are_made_of_and_operators_do_not(world: World, of: str) -> None:
    assert ask(world, of, user="supervisor").status_code == 200
    for user in ("operator", "hall", "admin", "auditor"):
        assert ask(world, of, user=user).status_code == 403
