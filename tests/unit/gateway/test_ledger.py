from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from tests.unit.gateway.world import CAMERA, World
from vigil.gateway.auth import Person
from vigil.gateway.events import LedgerChanged
from vigil.gateway.ledger_files import MAX_FILE
from vigil.gateway.status import _told
from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import AlertId, HallId, LedgerId, WindowId
from vigil.model.ledger import EntryKind
from vigil.model.people import Rights
from vigil.model.steps import Step
from vigil.store.alert_steps import Taking

LEDGER = "/api/v1/ledger"
COMPLAINT: dict[str, Any] = {
    "kind": "complaint",
    "title": " 群众反映窗口无人 ",
    "details": "12345 热线转办",
    "hall": "ga",
    "window": "ga-w-1",
    "unit": "公安局",
    "deadline": "2026-03-09T01:00:00Z",
}
FINDING = COMPLAINT | {"kind": "finding", "title": "窗口人员玩手机"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20


def post(client: TestClient, path: str, status: int = 200, **body: Any) -> Any:
    answer = client.post(f"{LEDGER}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def confirmed(world: World, name: str = "alert-1", absent_s: float = 900) -> str:
    at = world.clock.now()
    alert = Alert(AlertId(name), 1, AlertKind.WINDOW_UNSTAFFED, HallId("ga"), CAMERA, at, at, WindowId("ga-w-1"))
    world.stores.alerts.upsert(
        Alert(**{k: getattr(alert, k) for k in Alert.__slots__} | {"facts": {"absent_s": absent_s}})
    )
    world.stores.alert_steps.take(AlertId(name), Taking(Step.CONFIRM, "supervisor", at))
    return name


def test_a_complaint_from_its_entry_to_its_end(world: World) -> None:
    client = world.client("supervisor")
    entered = post(client, "", 201, **COMPLAINT)
    assert (entered["number"], entered["state"], entered["title"]) == ("2026-0001", "due", "群众反映窗口无人")
    path = f"/{entered['id']}"
    post(client, f"{path}/report-fixed", note="已约谈")
    post(client, f"{path}/send-back", note="未附材料", deadline="2026-03-12T01:00:00Z")
    post(client, f"{path}/report-fixed", note="已补材料")
    post(client, f"{path}/accept")
    done = post(client, f"{path}/close", note="办结")
    assert (done["state"], done["deadline"], done["version"]) == ("closed", "2026-03-12T01:00:00.000Z", 6)
    steps = ["enter", "report-fixed", "send-back", "report-fixed", "accept", "close"]
    assert [step["step"] for step in done["history"]] == steps
    problem = client.post(f"{LEDGER}{path}/remark", json={"note": "x"})
    assert (problem.status_code, problem.json()["entry"]["state"]) == (409, "closed")


def test_a_confirmed_alert_is_offered_and_entered_once(world: World) -> None:
    client = world.client("supervisor")
    confirmed(world, "long")
    confirmed(world, "short", absent_s=899)
    world.raise_alert("open")
    offered = client.get(f"{LEDGER}/candidates").json()["items"]
    assert [one["id"] for one in offered] == ["long"]
    about = {"kind": "alert", "title": "离岗 15 分钟", "unit": "公安局", "deadline": COMPLAINT["deadline"]}
    entered = post(client, "", 201, **about, alert="long")
    assert (entered["hall"], entered["window"], entered["alert"]) == ("ga", "ga-w-1", "long")
    assert client.get(f"{LEDGER}/candidates").json()["items"] == []
    post(client, "", 409, **about, alert="long")
    post(client, "", 409, **about, alert="open")  # nobody confirmed it
    post(client, "", 404, **about, alert="none")
    post(client, "", 201, **about, alert="short")  # by hand whatever was confirmed
    assert [one["id"] for one in client.get(LEDGER, params={"alert": "long"}).json()["items"]] == [entered["id"]]


def test_an_alert_in_the_ledger_is_not_reopened_under_it(world: World) -> None:
    client = world.client("supervisor")
    confirmed(world)
    about = {"kind": "alert", "title": "离岗", "unit": "公安局", "deadline": COMPLAINT["deadline"], "alert": "alert-1"}
    entered = post(client, "", 201, **about)
    assert client.post("/api/v1/alerts/alert-1/reopen", json={"note": "看错"}).status_code == 409
    post(client, f"/{entered['id']}/withdraw", note="看错")
    assert client.post("/api/v1/alerts/alert-1/reopen", json={"note": "看错"}).status_code == 200


def test_a_finding_is_not_there_for_others_before_it_is_released(world: World) -> None:
    inspector, operator, keeper = world.client("investigator"), world.client("operator"), world.client("supervisor")
    finding = post(inspector, "", 201, **FINDING)
    complaint = post(keeper, "", 201, **COMPLAINT)
    path = f"/{finding['id']}"
    assert (finding["number"], complaint["number"]) == (None, "2026-0001")
    assert operator.get(f"{LEDGER}{path}").status_code == 404
    assert [one["id"] for one in operator.get(LEDGER).json()["items"]] == [complaint["id"]]
    assert {one["id"] for one in keeper.get(LEDGER).json()["items"]} == {finding["id"], complaint["id"]}
    assert post(inspector, f"{path}/release")["number"] == "2026-0002"
    assert operator.get(f"{LEDGER}{path}").json()["number"] == "2026-0002"
    post(inspector, f"{path}/release", 409)


async def test_nothing_of_an_unreleased_finding_is_told(world: World) -> None:
    name = world.enter("f-1", EntryKind.FINDING)
    world.enter("c-1")
    subscriber = world.deps.events.subscribe()
    client = world.client("supervisor")
    await asyncio.to_thread(client.post, f"{LEDGER}/f-1/remark", json={"note": "x"})
    assert await subscriber.take(5) == [LedgerChanged(name)]
    for user, expected in (("operator", ["c-1"]), ("investigator", ["c-1", "f-1"])):
        assert await asyncio.to_thread(told_to, world, user) == expected


def told_to(world: World, user: str) -> list[str]:
    """Ids of the entries in what a screen of this user is told of both."""
    found = world.stores.users.find(user)
    assert found is not None
    person = Person(found.user, Rights.of(found.user.grants), "s")
    told = [_told(LedgerChanged(LedgerId(name)), person, world.deps) for name in ("c-1", "f-1")]
    return [event.data.id for event in told if event is not None and event.data is not None]


def test_inspectors_enter_findings_and_nothing_else(world: World) -> None:
    inspector = world.client("investigator")
    post(inspector, "", 403, **COMPLAINT)
    complaint = world.enter("c-1")
    post(inspector, f"/{complaint}/remark", 403, note="x")
    path = f"/{post(inspector, '', 201, **FINDING)['id']}"
    post(inspector, f"{path}/remark", note="现场照片后补")
    for step in ("change", "report-fixed", "accept", "close", "withdraw"):
        post(inspector, f"{path}/{step}", 403, note="x")
    post(world.client("operator"), "", 403, **FINDING)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"deadline": "2026-03-02T01:00:00Z"}, 422),
        ({"deadline": "2027-03-09T01:00:00Z"}, 422),
        ({"deadline": "2026-03-09T01:00:00"}, 422),
        ({"title": " "}, 422),
        ({"unit": ""}, 422),
        ({"hall": None}, 422),
        ({"alert": "alert-1"}, 422),
        ({"kind": "alert"}, 422),
        ({"kind": "odd"}, 422),
        ({"hall": "none"}, 404),
        ({"window": "none"}, 404),
        ({"colour": "red"}, 422),
    ],
)
def test_what_is_no_entry(world: World, change: dict[str, Any], status: int) -> None:
    post(world.client("supervisor"), "", status, **(COMPLAINT | change))
    assert world.client("supervisor").get(LEDGER).json()["items"] == []


@pytest.mark.parametrize(
    ("step", "body", "status"),
    [
        ("remark", {}, 422),
        ("report-fixed", {"note": " "}, 422),
        ("withdraw", {}, 422),
        ("change", {"unit": "公安局"}, 422),
        ("change", {"unit": "公安局", "deadline": "2026-03-02T01:00:00Z"}, 422),
        ("remark", {"note": "x", "unit": "公安局"}, 422),
        ("remark", {"note": "x", "clip": "clip-1"}, 422),
        ("attach", {}, 422),
        ("attach", {"clip": "none"}, 404),
        ("attach", {"alert": "none"}, 404),
        ("enter", {}, 404),
        ("overdue", {}, 404),
        ("odd", {}, 404),
        ("accept", {}, 409),
    ],
)
def test_what_is_no_step(world: World, step: str, body: dict[str, Any], status: int) -> None:
    world.enter("e-1")
    post(world.client("supervisor"), f"/e-1/{step}", status, **body)
    assert len(world.client("supervisor").get(f"{LEDGER}/e-1").json()["history"]) == 1


def test_a_step_upon_what_was_seen_and_once(world: World) -> None:
    world.enter("e-1")
    client = world.client("supervisor")
    tag = client.get(f"{LEDGER}/e-1").headers["etag"]
    send = {"headers": {"If-Match": tag, "Idempotency-Key": "k"}, "json": {"note": "已约谈"}}
    assert client.post(f"{LEDGER}/e-1/report-fixed", **send).status_code == 200
    assert client.post(f"{LEDGER}/e-1/report-fixed", **send).status_code == 200
    late = client.post(f"{LEDGER}/e-1/withdraw", headers={"If-Match": tag}, json={"note": "x"})
    assert (late.status_code, late.json()["entry"]["state"]) == (412, "fixed")
    assert len(client.get(f"{LEDGER}/e-1").json()["history"]) == 2


def test_filters_and_pages(world: World) -> None:
    client = world.client("supervisor")
    for number in range(3):
        world.enter(f"e-{number}")
    world.clock.advance(8 * 86_400)
    client = world.client("supervisor")
    post(client, "/e-0/report-fixed", note="已约谈")
    overdue = client.get(LEDGER, params={"overdue": True}).json()["items"]
    assert {(one["id"], one["overdue"]) for one in overdue} == {("e-1", True), ("e-2", True)}
    first = client.get(LEDGER, params={"limit": 2}).json()
    rest = client.get(LEDGER, params={"limit": 2, "cursor": first["next"]}).json()
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 3
    assert rest["next"] is None
    for query in ("state=odd", "limit=0", "limit=201", "cursor=odd", "colour=red"):
        assert client.get(f"{LEDGER}?{query}").status_code == 422


# Evidence


def upload(client: TestClient, data: bytes, name: str = "现场/照片.jpg", path: str = "/e-1/files") -> Any:
    return client.post(f"{LEDGER}{path}", params={"name": name}, content=data)


def test_a_file_is_kept_and_its_download_is_registered(world: World) -> None:
    world.enter("e-1")
    client = world.client("supervisor")
    answer = upload(client, JPEG)
    assert answer.status_code == 201
    (one,) = answer.json()["evidence"]
    sha256 = hashlib.sha256(JPEG).hexdigest()
    assert (one["name"], one["size"], one["sha256"]) == ("现场_照片.jpg", len(JPEG), sha256)
    assert answer.json()["history"][-1]["evidence"] == one["id"]
    assert world.register() == []
    got = world.client("operator").get(f"{LEDGER}/e-1/files/{one['id']}")
    assert (got.content, got.headers["content-type"]) == (JPEG, "image/jpeg")
    assert got.headers["content-disposition"].startswith("attachment;")
    assert world.register() == [("operator", "export", f"ledger 2026-0001: file {one['id']}, {sha256}")]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n rest", "image/png"),
        (b"%PDF-1.7 rest", "application/pdf"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
    ],
)
def test_kinds_of_files(world: World, data: bytes, kind: str) -> None:
    world.enter("e-1")
    (one,) = upload(world.client("supervisor"), data).json()["evidence"]
    assert one["content_type"] == kind


def test_what_is_no_evidence_is_not_kept(world: World) -> None:
    world.enter("e-1")
    client = world.client("supervisor")
    for data in (b"", b"<html><script>", b"MZ\x90\x00", b"\xff\xd8"):
        assert upload(client, data, "photo.jpg").status_code == 415
    assert upload(client, JPEG + bytes(MAX_FILE)).status_code == 413
    assert upload(client, JPEG, path="/none/files").status_code == 404
    assert client.post(f"{LEDGER}/e-1/files", content=JPEG).status_code == 422
    assert list(world.deps.objects.list("ledger/")) == []


def test_the_largest_file(world: World) -> None:
    world.enter("e-1")
    data = JPEG + bytes(MAX_FILE - len(JPEG))
    assert upload(world.client("supervisor"), data).json()["evidence"][0]["size"] == MAX_FILE


def test_a_file_for_what_is_over_leaves_nothing_behind(world: World) -> None:
    world.enter("e-1")
    client = world.client("supervisor")
    post(client, "/e-1/withdraw", note="重复")
    assert upload(client, JPEG).status_code == 409
    assert list(world.deps.objects.list("ledger/")) == []


def test_files_of_an_unreleased_finding_are_not_there(world: World) -> None:
    world.enter("e-1", EntryKind.FINDING)
    (one,) = upload(world.client("investigator"), JPEG).json()["evidence"]
    path = f"{LEDGER}/e-1/files/{one['id']}"
    assert world.client("operator").get(path).status_code == 404
    assert upload(world.client("operator"), JPEG).status_code == 404
    assert world.client("investigator").get(path).status_code == 200


def test_a_pull_as_evidence_is_hidden_from_whoever_may_not_know_of_it(world: World) -> None:
    world.enter("e-1", EntryKind.FINDING)
    world.raise_alert()
    clip, pulled = world.make_clip(), world.make_pull()
    inspector = world.client("investigator")
    post(inspector, "/e-1/attach", clip=pulled)
    post(inspector, "/e-1/attach", clip=clip)
    assert len(post(inspector, "/e-1/release")["evidence"]) == 2
    seen = world.client("supervisor").get(f"{LEDGER}/e-1").json()
    assert [one["subject"] for one in seen["evidence"]] == [clip]
    assert pulled not in str(seen)
    post(world.client("supervisor"), "/e-1/attach", 404, clip=pulled)


# Export


def test_the_export_is_a_table_that_a_spreadsheet_reads_and_does_not_compute(world: World) -> None:
    client = world.client("supervisor")
    post(client, "", 201, **COMPLAINT | {"title": "=HYPERLINK(1)"})
    world.enter("f-1", EntryKind.FINDING)
    answer = client.get("/api/v1/ledger.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "ledger.csv" in answer.headers["content-disposition"]
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    by_kind = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    complaint = by_kind["投诉差评"]
    assert (complaint["编号"], complaint["分厅"], complaint["窗口"]) == ("2026-0001", "公安分厅", "1号窗口")
    assert (complaint["事项"], complaint["整改期限"]) == ("'=HYPERLINK(1)", "2026-03-09 09:00")
    assert by_kind["明察暗访"]["编号"] == "未发布"
    only = client.get("/api/v1/ledger.csv", params={"kind": "finding"}).content.decode("utf-8-sig")
    assert len(only.splitlines()) == 2


def test_the_workbook_says_the_same_with_times_that_are_times(world: World) -> None:
    client = world.client("supervisor")
    post(client, "", 201, **COMPLAINT | {"title": "=HYPERLINK(1)"})
    world.enter("f-1", EntryKind.FINDING)
    answer = client.get("/api/v1/ledger.xlsx")
    assert "ledger.xlsx" in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["台账"]
    head, *rows = sheet.iter_rows(values_only=True)
    by_kind = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    complaint = by_kind["投诉差评"]
    assert (complaint["编号"], complaint["分厅"], complaint["窗口"]) == ("2026-0001", "公安分厅", "1号窗口")
    assert (complaint["事项"], complaint["整改期限"]) == ("=HYPERLINK(1)", datetime(2026, 3, 9, 9))
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "=HYPERLINK(1)")
    assert cell.data_type == "s"  # text, which nothing computes
    assert by_kind["明察暗访"]["编号"] == "未发布"
    only = client.get("/api/v1/ledger.xlsx", params={"kind": "complaint"}).content
    assert openpyxl.load_workbook(io.BytesIO(only))["台账"].max_row == 2


def test_an_empty_ledger_is_a_workbook_with_a_head(world: World) -> None:
    content = world.client("supervisor").get("/api/v1/ledger.xlsx").content
    assert openpyxl.load_workbook(io.BytesIO(content))["台账"].max_row == 1
