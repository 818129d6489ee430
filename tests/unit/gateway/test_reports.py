"""Figures and packs over HTTP. Who may is in test_authorisation.py."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import openpyxl
import pytest

from tests.unit.gateway.world import World, problem
from tests.unit.report.press import DeskHere, PressHere
from vigil.center.reports import ReportMaker
from vigil.errors import ReportError, ReportsBusy, ReportsDied
from vigil.gateway.report_views import FiguresReport
from vigil.gateway.reports import MOST_WAITING
from vigil.model.ids import NodeId, WindowId
from vigil.model.minutes import Minute, WindowMinute

API = "/api/v1"
MARCH = {"kind": "month", "first_day": "2026-03-15"}


@pytest.fixture
def world(world: World) -> World:
    """Monday, 2 March 2026, 09:00 in Shanghai: of half an hour 20 minutes are told, 15 of them staffed."""
    begin = world.clock.now() - timedelta(minutes=30)
    for number in range(20):
        one = WindowMinute(WindowId("ga-w-1"), 60.0 if number < 15 else 0.0, 0.0 if number < 15 else 60.0, {}, 0.0, 30)
        world.stores.minutes.add(
            f"record-{number}", NodeId("node-a"), Minute(begin + timedelta(minutes=number), 60.0, (one,))
        )
    return world


def make(world: World) -> None:
    press = PressHere(world.stores)
    ReportMaker(world.deps.site, world.stores, world.deps.objects, world.clock, press, lambda _: 0).make_all()


def test_figures_of_a_month_that_goes_on(world: World) -> None:
    told = world.client("supervisor").get(f"{API}/reports/figures", params=MARCH).json()
    assert (told["first_day"], told["last_day"], told["finished"]) == ("2026-03-01", "2026-03-31", False)
    staffing = told["total"]["staffing"]
    assert (staffing["service_s"], staffing["staffed_s"], staffing["unstaffed_s"]) == (1800, 900, 300)
    assert (staffing["rate"], staffing["unknown_by_s"]) == (0.75, {"untold": 600})
    assert [day["figures"]["staffing"]["rate"] for day in told["days"]][:3] == [None, 0.75, None]
    assert told["windows"][0]["window"] == "ga-w-1"


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ({"kind": "span", "first_day": "2026-03-02"}, "last_day"),
        ({"kind": "span", "first_day": "2026-03-02", "last_day": "2026-03-01"}, "last_day"),
        ({"kind": "span", "first_day": "2025-01-01", "last_day": "2026-03-01"}, "last_day"),
        ({"kind": "month", "first_day": "2026-04-01"}, "first_day"),
        ({"kind": "week", "first_day": "2026-03-01"}, "kind"),
        ({"kind": "span", "first_day": "2001-01-01", "last_day": "2001-01-02"}, "first_day"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(world: World, wanted: dict[str, str], where: str) -> None:
    answer = world.client("supervisor").get(f"{API}/reports/figures", params=wanted)
    assert answer.status_code == 422
    assert where in answer.json()["detail"]


def test_a_pack_on_demand_is_made_and_downloaded(world: World) -> None:
    client = world.client("supervisor")
    asked = client.post(f"{API}/reports", json=MARCH).json()
    assert (asked["state"], asked["asked_by"], world.reports_asked) == ("waiting", "supervisor", [None])
    assert client.get(f"{API}/reports/{asked['id']}/xlsx").status_code == 409
    make(world)
    (listed,) = client.get(f"{API}/reports").json()["items"]
    assert (listed["state"], [file["format"] for file in listed["files"]]) == ("ready", ["xlsx", "pdf"])
    for file in listed["files"]:
        answer = client.get(f"{API}/reports/{asked['id']}/{file['format']}")
        assert answer.status_code == 200
        assert (len(answer.content), hashlib.sha256(answer.content).hexdigest()) == (file["size"], file["sha256"])
        assert answer.headers["content-disposition"].startswith(
            f'attachment; filename="{asked["id"]}.{file["format"]}"'
        )
    assert answer.content.startswith(b"%PDF")
    assert client.get(f"{API}/reports/{asked['id']}/exe").status_code == 404


def test_each_asking_makes_a_pack_of_its_own_and_not_too_many(world: World) -> None:
    client = world.client("admin")
    answers = [client.post(f"{API}/reports", json=MARCH) for _ in range(MOST_WAITING + 1)]
    assert [answer.status_code for answer in answers] == [202] * MOST_WAITING + [409]
    assert len({answer.json()["id"] for answer in answers[:-1]}) == MOST_WAITING


def test_a_list_goes_on_where_it_ended(world: World) -> None:
    client = world.client("admin")
    for _ in range(3):
        client.post(f"{API}/reports", json=MARCH)
        world.clock.advance(1)
    first = client.get(f"{API}/reports?limit=2").json()
    rest = client.get(f"{API}/reports", params={"limit": 2, "cursor": first["next"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


def test_a_pack_that_cannot_be_made_says_why(world: World) -> None:
    client = world.client("supervisor")
    span = {"kind": "span", "first_day": "2001-01-01", "last_day": "2001-01-02"}
    asked = client.post(f"{API}/reports", json=span).json()
    make(world)
    found = client.get(f"{API}/reports/{asked['id']}").json()
    assert (found["state"], "2001" in found["fault"]) == ("failed", True)
    assert client.get(f"{API}/reports/{asked['id']}/pdf").status_code == 409


@pytest.mark.parametrize("error", [ReportsBusy("8 reports are waiting to be made"), ReportsDied("killed")])
def test_figures_that_cannot_be_made_now_may_be_asked_for_again(
    world: World, error: ReportError, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> bytes:
        raise error

    client = world.client("supervisor")
    with monkeypatch.context() as away:
        away.setattr(DeskHere, "figures", refuse)
        away.setattr(DeskHere, "filing", refuse)
        for path in ("figures?kind=month&first_day=2026-03-01", "filing"):
            answer = client.get(f"{API}/reports/{path}")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert "again" in str(problem(answer)["detail"])
    assert client.get(f"{API}/reports/figures", params=MARCH).status_code == 200


def test_figures_come_with_the_period_before_where_that_is_asked_for(world: World) -> None:
    client = world.client("supervisor")
    monday = {"kind": "span", "first_day": "2026-03-02", "last_day": "2026-03-02"}
    assert client.get(f"{API}/reports/figures", params=monday | {"before": "true"}).json()["before"] is None
    world.clock.advance(86_400)
    client = world.client("supervisor")
    assert client.get(f"{API}/reports/figures", params=monday).json()["before"] is None
    before = client.get(f"{API}/reports/figures", params=monday | {"before": "true"}).json()["before"]
    assert (before["first_day"], before["last_day"]) == ("2026-03-01", "2026-03-01")
    assert before["total"]["staffing_rate"] == {"before": None, "difference": None}
    assert before["total"]["service_s"] == {"before": 0, "difference": 25200}
    assert [one["hall"] for one in before["halls"]] == [hall.id for hall in world.deps.site.halls]


def test_what_is_told_is_what_the_document_says(world: World) -> None:
    """The answer is made elsewhere, so the gateway no longer looks whether it has the form."""
    world.clock.advance(31 * 86_400)
    told = world.client("supervisor").get(f"{API}/reports/figures", params=MARCH | {"before": "true"})
    assert told.json()["before"] is not None
    assert told.headers["content-type"] == "application/json"
    assert FiguresReport.model_validate_json(told.content, strict=True).model_dump(mode="json") == told.json()


def test_the_filing_is_a_workbook(world: World) -> None:
    answer = world.client("admin").get(f"{API}/reports/filing")
    assert "filing-20260302.xlsx" in answer.headers["content-disposition"]
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames == ["场所", "设备"]
    assert b"192.0.2.1" not in answer.content
