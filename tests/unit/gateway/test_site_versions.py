"""The site's versions over the API: what is proposed, entered, refused, and what the register says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from httpx import Response
from starlette.testclient import TestClient

from tests.unit.gateway.world import CAMERA, World
from vigil.model.site_versions import Origin


@pytest.fixture
def client(world: World) -> TestClient:
    return world.client("admin")


def document(client: TestClient, **query: int) -> tuple[dict[str, Any], str]:
    """The site as a mapping, and its tag."""
    answer = client.get("/api/v1/site/document", params=query)
    assert answer.status_code == 200
    site: dict[str, Any] = yaml.safe_load(answer.json()["document"])["site"]
    return site, answer.headers["ETag"]


def enter(client: TestClient, site: dict[str, Any], tag: str, **more: Any) -> Response:
    body = {"document": yaml.safe_dump({"site": site}, allow_unicode=True), "why": "窗口更名"} | more
    answer: Response = client.post("/api/v1/site/versions", json=body, headers={"If-Match": tag})
    return answer


def rename(site: dict[str, Any], name: str) -> dict[str, Any]:
    site["halls"][0]["groups"][0]["windows"][0]["name"] = name
    return site


def test_a_window_is_renamed(world: World, client: TestClient) -> None:
    site, tag = document(client)
    answer = enter(client, rename(site, "一号"), tag)
    assert answer.status_code == 201
    entered = answer.json()
    assert (entered["number"], entered["by"], entered["by_name"], entered["why"]) == (2, "admin", "某admin", "窗口更名")
    assert answer.headers["ETag"] != tag
    listed = client.get("/api/v1/site/versions").json()
    assert [(one["number"], one["origin"]) for one in listed["items"]] == [(2, "applied"), (1, "file")]
    assert listed["in_force"] == 2
    assert client.get("/api/v1/site/diff", params={"before": 1, "after": 2}).json()["changes"] == [
        {
            "kind": "changed",
            "noun": "window",
            "id": "ga-w-1",
            "name": "一号",
            "hall": "ga",
            "keys": [{"key": "name", "before": '"1号窗口"', "after": '"一号"'}],
        }
    ]
    user, action, subject = world.register()[-1]
    assert (user, action) == ("admin", "site")
    assert subject.startswith("site version 2: 1 changed, sha256 ")
    assert document(client, version=1)[0]["halls"][0]["groups"][0]["windows"][0]["name"] == "1号窗口"


def test_what_is_proposed_changes_nothing(world: World, client: TestClient) -> None:
    site, tag = document(client)
    world.raise_alert()
    del site["halls"][0]["cameras"][0]
    text = yaml.safe_dump({"site": site}, allow_unicode=True)
    told = client.post("/api/v1/site/proposals", json={"document": text}).json()
    assert [(one["kind"], one["noun"], one["id"]) for one in told["changes"]] == [("removed", "camera", CAMERA)]
    assert told["losses"] == [{"noun": "camera", "id": CAMERA, "name": "1号摄像机", "alerts": 1, "footage_bytes": 0}]
    assert told["removes"]
    assert told["takes_over"]
    assert document(client)[1] == tag
    assert world.stores.site_versions.all() == ()


def test_nothing_goes_by_accident(world: World, client: TestClient) -> None:
    site, tag = document(client)
    del site["halls"][0]["cameras"][0]
    refused = enter(client, site, tag)
    assert refused.status_code == 409
    assert [one["id"] for one in refused.json()["losses"]] == [CAMERA]
    assert world.stores.site_versions.all() == ()
    assert enter(client, site, tag, remove=True).status_code == 201


def test_of_two_who_change_the_same_the_second_looks_again(world: World, client: TestClient) -> None:
    site, tag = document(client)
    assert enter(client, rename(site, "甲"), tag).status_code == 201
    late = enter(client, rename(site, "乙"), tag)
    assert late.status_code == 412
    fresh = document(client)
    assert late.headers["ETag"] == fresh[1]
    assert enter(client, rename(fresh[0], "乙"), fresh[1]).status_code == 201
    without = client.post("/api/v1/site/versions", json={"document": "site: {name: x}", "why": "x"})
    assert without.status_code == 428


def test_what_is_so_already_is_no_version(world: World, client: TestClient) -> None:
    site, tag = document(client)
    assert enter(client, site, tag).status_code == 201  # it takes the site over from the file
    assert [one.origin for one in world.stores.site_versions.all()] == [Origin.FILE, Origin.APPLIED]
    assert enter(client, *document(client)).status_code == 409


def test_faults_say_in_which_line_they_stand(client: TestClient) -> None:
    text = client.get("/api/v1/site/document").json()["document"].replace("calendar: usual", "calendar: unusual")
    answer = client.post("/api/v1/site/proposals", json={"document": text})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    (fault,) = answer.json()["errors"]
    assert fault["where"] == "site.halls[0].calendar"
    assert "unusual" in text.splitlines()[fault["line"] - 1]
    assert "unusual" in fault["what"]
    assert fault["remedy"] == "Known: usual"


@pytest.mark.parametrize("text", ["", "- a", "site: {", "site: {name: x, secret: y}"])
def test_what_is_no_site_is_told(client: TestClient, text: str) -> None:
    answer = client.post("/api/v1/site/proposals", json={"document": text})
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_from_a_day_on(world: World, client: TestClient) -> None:
    site, tag = document(client)
    assert enter(client, rename(site, "以后"), tag, effective_from="2020-01-01T00:00:00Z").status_code == 422
    later = world.clock.now().replace(year=world.clock.now().year + 1)
    assert enter(client, site, tag, effective_from=later.isoformat()).status_code == 201
    assert document(client)[0]["halls"][0]["groups"][0]["windows"][0]["name"] == "1号窗口"
    listed = client.get("/api/v1/site/versions").json()
    assert listed["in_force"] == 1
    told = client.post("/api/v1/site/proposals", json={"document": yaml.safe_dump({"site": site})}).json()
    assert told["replaced_by"] == [2]


def test_a_secret_is_never_in_the_document(client: TestClient) -> None:
    site, _ = document(client)
    assert site["halls"][0]["cameras"][0]["password"] == {"env": "CAMERA_PASSWORD"}
    assert client.get("/api/v1/site/document", params={"version": 9}).status_code == 404


def test_a_draft_is_a_text_and_what_it_says(world: World, client: TestClient) -> None:
    text = client.get("/api/v1/site/document").json()["document"]
    told = client.post("/api/v1/site/drafts", json={"document": f"# 注释\n{text}"}).json()
    assert told["document"] == text
    assert told["site"] == yaml.safe_load(text)["site"]
    assert told["nodes"] == ["node-1"]
    assert told["usual"]["thresholds"]["absence_alert_s"] == 300
    assert told["usual"]["calendar"]["workdays"] == "china"
    rename(told["site"], "一号")
    again = client.post("/api/v1/site/drafts", json={"document": json.dumps({"site": told["site"]})}).json()
    assert again["site"] == told["site"]
    assert yaml.safe_load(again["document"])["site"] == told["site"]
    assert world.stores.site_versions.all() == ()
    assert world.register() == []


def test_a_draft_may_break_rules_but_not_shapes(client: TestClient) -> None:
    site, _ = document(client)
    site["halls"][0]["calendar"] = "unusual"
    drafted = client.post("/api/v1/site/drafts", json={"document": json.dumps({"site": site})})
    assert drafted.json()["site"] == site
    site["halls"][0]["groups"] = "none"
    refused = client.post("/api/v1/site/drafts", json={"document": json.dumps({"site": site})})
    assert refused.status_code == 422
    assert [fault["where"] for fault in refused.json()["errors"]] == ["site.halls[0].groups"]


def test_a_draft_loses_nothing_silently(client: TestClient) -> None:
    answer = client.post("/api/v1/site/drafts", json={"document": "site:\n  name: 甲\n  name: 乙\n"})
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["where"], fault["line"]) == ("site.name", 3)
