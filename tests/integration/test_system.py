"""The whole system over its API: a stream in, alerts and clips out, also when the centre dies and its site changes.

What happens when cameras or nodes break is in tests/e2e/test_breaks.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from tests.system import DemoSystem

PLAYABLE = {"ready", "partial"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("system")) as running:
        yield running


def alerts(system: DemoSystem) -> dict[str, dict[str, Any]]:
    return {alert["id"]: alert for alert in system.get("alerts", limit="200")["items"]}


def complete(system: DemoSystem, kind: str) -> dict[str, Any] | None:
    """An alert of the kind with its picture and its clip."""
    for alert in alerts(system).values():
        if alert["kind"] == kind and alert["has_snapshot"] and alert["clip"] and alert["clip"]["state"] in PLAYABLE:
            return alert
    return None


def connected(system: DemoSystem) -> bool:
    return [node["connected"] for node in system.get("status")["nodes"]] == [True]


@pytest.mark.parametrize("kind", ["queue-buildup", "window-unstaffed", "unserved-visitor"])
def test_an_alert_comes_with_its_picture_and_a_clip_that_plays(system: DemoSystem, kind: str) -> None:
    alert = system.wait_for(lambda: complete(system, kind), 90, f"a {kind} with picture and clip")
    picture = system.api("operator").get(f"alerts/{alert['id']}/snapshot")
    assert picture.content.startswith(b"\xff\xd8")
    clip = alert["clip"]
    video = system.api("operator").get(f"clips/{clip['id']}/video")
    assert video.status_code == 200
    assert len(video.content) == clip["size"]
    assert video.content[4:8] == b"ftyp"
    assert alert["facts"]["detector"]
    assert not alert["backfilled"]


def test_a_centre_that_is_killed_and_given_another_site_loses_nothing_and_disturbs_no_other_camera(
    system: DemoSystem,
) -> None:
    before = alerts(system)
    assert before

    def notice(values: dict[str, Any]) -> None:
        values["site"]["notice"] = "another notice"
        del values["site"]["halls"][0]["cameras"][0]["substream"]

    system.kill_center()
    system.write(notice)
    with pytest.raises(httpx.TransportError):
        system.get("status")
    system.wait_for(lambda: "uplink_lost" in system.log_of("node"), 15, "the node to notice")
    system.start_center()
    system.wait_for(lambda: connected(system), 30, "the node to be back")
    system.wait_for(lambda: "pipeline_changed" in system.log_of("node"), 30, "the pipeline to change")
    assert system.log_of("node").count("pipeline_started") == 1
    changed = next(line for line in system.log_of("node").splitlines() if "pipeline_changed" in line)
    told = json.loads(changed)
    assert (told["stopped"], told["started"]) == (
        2,
        1,
    )  # its main stream is looked at now, its substream is read no more
    system.wait_for(lambda: len(system.get("status")["windows"]) == 8, 30, "windows on the board")
    after = alerts(system)
    assert before.keys() <= after.keys()
    for alert in after.values():  # an episode that goes on is not told a second time
        about = (alert["kind"], alert["window"], alert["group"])
        running = [
            one["id"]
            for one in after.values()
            if (one["kind"], one["window"], one["group"]) == about and not one["ended_at"]
        ]
        assert len(running) <= 1
    assert system.get("site")["notice"] == "another notice"
    assert system.log_of("node").count("site_cannot_run") == 0
    assert "Traceback" not in system.log_of("node") + system.log_of("center")


def pipelines(system: DemoSystem) -> list[dict[str, Any]]:
    return [json.loads(line) for line in system.log_of("node").splitlines() if '"pipeline_changed"' in line]


def test_a_site_that_is_applied_reaches_the_node_beside_the_running_centre_and_disturbs_no_other_camera(
    system: DemoSystem,
) -> None:
    vigil = (sys.executable, "-m", "vigil")
    exported = subprocess.run(
        [*vigil, "export", "-c", str(system.file)], check=True, capture_output=True, text=True
    ).stdout
    values = yaml.safe_load(exported)
    hall = values["site"]["halls"][0]
    gone = hall["cameras"].pop()
    hall["name"] = "搬家的分厅"
    (system.folder / "new.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    since = {node["node"]: node["since_at"] for node in system.get("status")["nodes"]}
    before = len(pipelines(system))
    apply = [*vigil, "apply", "-c", str(system.file), "-f", str(system.folder / "new.yaml"), "--yes"]
    refused = subprocess.run(apply, check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert f"- camera {gone['id']}" in refused.stdout
    applied = subprocess.run([*apply, "--remove"], check=True, capture_output=True, text=True)
    assert "A running centre takes it up" in applied.stdout
    told = system.wait_for(lambda: pipelines(system)[before:], 30, "the pipeline to change")
    streams = 2 if "substream" in gone else 1
    assert (told[0]["stopped"], told[0]["started"]) == (streams, 0)
    assert system.log_of("node").count("pipeline_started") == 1
    assert {node["node"]: node["since_at"] for node in system.get("status")["nodes"]} == since, "the link was kept"
    shown = system.get("site")["halls"][0]
    assert shown["name"] == "搬家的分厅"
    assert gone["id"] not in [camera["id"] for camera in shown["cameras"]]
    assert gone["id"] not in [camera["camera"] for camera in system.get("status")["cameras"]]
