"""The whole system over its API: a stream in, alerts and clips out, also when the centre dies and its site changes.

What happens when cameras or nodes break is in tests/e2e/test_breaks.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

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
