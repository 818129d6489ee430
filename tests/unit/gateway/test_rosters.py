"""Rosters over the API: looked at, entered whole or not at all, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from httpx import Response
from openpyxl import load_workbook

from tests.unit.gateway.conftest import MakeWorld
from tests.unit.gateway.world import FAR, PASSWORD_HASH, TWO_HALLS, World
from tests.unit.roster.samples import GOOD, HEAD, csv_of, xlsx_of
from vigil.model.people import Grant, Role
from vigil.roster.sheet import MOST_BYTES
from vigil.store.users import User

ROSTERS, SUSPENSIONS = "/api/v1/rosters", "/api/v1/suspensions"
NEXT = (*GOOD[:2], "2026-03-04", "2026-03-05", "顶岗", "顶 2 号窗口")
BAD = (*GOOD[:4], "出差", "x")


def bring(world: World, data: bytes, *, dry_run: bool | None = False, user: str = "supervisor") -> Response:
    query = {} if dry_run is None else {"dry_run": dry_run}
    answer: Response = world.client(user).post(ROSTERS, params=query, content=data)
    return answer


def entered(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.client("supervisor").get(SUSPENSIONS).json()["items"]
    return found


def test_a_look_enters_nothing_and_is_what_one_gets_who_says_nothing(world: World) -> None:
    answer = bring(world, csv_of(GOOD, BAD), dry_run=None)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["entered"], told["counts"]) == (False, {"enter": 1, "there": 0, "conflict": 0, "faulty": 1})
    assert told["rows"] == [
        {
            "row": 2,
            "outcome": "enter",
            "hall": "ga",
            "window": "ga-w-1",
            "kind": "leave",
            "from_at": "2026-03-03T00:30:00.000Z",
            "to_at": "2026-03-03T04:00:00.000Z",
            "note": "审批单 2026-153",
            "fault": None,
        },
        {
            "row": 3,
            "outcome": "faulty",
            **dict.fromkeys(("hall", "window", "kind", "from_at", "to_at", "note")),
            "fault": {"what": "no-kind", "column": "kind", "value": "出差", "right": ["暂停", "请假", "顶岗"]},
        },
    ]
    assert (entered(world), world.suspended) == ([], [])


@pytest.mark.parametrize("of", [csv_of, xlsx_of])
def test_what_is_right_is_entered_once_and_nodes_are_told_once(world: World, of: Any) -> None:
    data = of(GOOD, NEXT)
    first = bring(world, data).json()
    assert (first["entered"], first["counts"]["enter"]) == (True, 2)
    assert [(one["window"], one["kind"], one["by"], one["note"]) for one in entered(world)] == [
        ("ga-w-1", "substitute", "supervisor", "顶 2 号窗口"),
        ("ga-w-1", "leave", "supervisor", "审批单 2026-153"),
    ]
    again = bring(world, data).json()
    assert (again["counts"]["enter"], again["counts"]["there"]) == (0, 2)
    assert (len(entered(world)), world.suspended) == (2, [None])


def test_one_wrong_row_and_none_is_entered(world: World) -> None:
    answer = bring(world, csv_of(GOOD, BAD))
    assert answer.status_code == 409
    assert [row["outcome"] for row in answer.json()["roster"]["rows"]] == ["enter", "faulty"]
    assert (entered(world), world.suspended) == ([], [])


def test_what_was_entered_by_hand_meanwhile_is_a_conflict(world: World) -> None:
    assert bring(world, csv_of(GOOD), dry_run=True).json()["counts"]["enter"] == 1
    by_hand = {"window": "ga-w-1", "kind": "paused", "note": "x"}
    by_hand |= {"from_at": "2026-03-03T03:00:00Z", "to_at": "2026-03-03T05:00:00Z"}
    assert world.client("operator").post(SUSPENSIONS, json=by_hand).status_code == 201
    answer = bring(world, csv_of(GOOD))
    assert answer.status_code == 409
    assert answer.json()["roster"]["rows"][0]["fault"]["right"] == ["暂停 2026-03-03 11:00 – 2026-03-03 13:00"]


def test_two_who_bring_the_same_at_once_enter_it_once(world: World) -> None:
    data, clients = csv_of(GOOD, NEXT), [world.client("supervisor") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda one: one.post(f"{ROSTERS}?dry_run=false", content=data), clients))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert sum(answer.json()["counts"]["enter"] for answer in answers) == 2
    assert len(entered(world)) == 2


def test_a_hall_that_one_does_not_keep_is_none(make: MakeWorld) -> None:
    world = make(site=TWO_HALLS)
    user = User("far", "李明", "人社局", frozenset({Grant(Role.SUPERVISOR, FAR), Grant(Role.OPERATOR)}))
    world.stores.users.add(user, PASSWORD_HASH)
    answer = bring(world, csv_of(GOOD), user="far")
    assert answer.status_code == 409
    (row,) = answer.json()["roster"]["rows"]
    assert (row["fault"]["what"], row["fault"]["right"]) == ("no-hall", ["人社分厅"])
    template = world.client("far").get(f"{ROSTERS}/template.csv")
    assert template.content.decode("utf-8-sig").splitlines() == [",".join(HEAD), "人社分厅,1号窗口,,,,"]


def test_a_file_that_is_none_and_one_that_is_too_large(world: World) -> None:
    answer = bring(world, b"\xd0\xcf\x11\xe0")
    assert (answer.status_code, answer.json()["fault"]) == (422, "old-workbook")
    answer = bring(world, csv_of(GOOD, head=("分厅", "窗口")))
    assert (answer.status_code, answer.json()["right"]) == (422, ["起", "止", "类别", "事由"])
    assert bring(world, b"x" * (MOST_BYTES + 1)).status_code == 413


def test_the_template_of_a_workbook_has_every_window_and_says_nothing_of_it(world: World) -> None:
    answer = world.client("supervisor").get(f"{ROSTERS}/template.xlsx")
    sheet: Any = load_workbook(BytesIO(answer.content)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(max_col=2)] == [
        ["分厅", "窗口"],
        ["公安分厅", "1号窗口"],
    ]
    told = bring(world, answer.content)
    assert (told.status_code, told.json()["fault"]) == (422, "no-rows")
