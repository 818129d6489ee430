"""What is lost, and what is said, when things break."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.system import DemoSystem, wait_for

CAMERA = "gongan-counter"


@pytest.fixture
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    """One of its own for each test: they break it."""
    with DemoSystem(tmp_path_factory.mktemp("breaks")) as running:
        yield running


def staffing(system: DemoSystem) -> dict[str, str]:
    return {window["window"]: window["staffing"] for window in system.get("status")["windows"]}


def alerts(system: DemoSystem, kind: str) -> list[dict[str, Any]]:
    return [alert for alert in system.get("alerts")["items"] if alert["kind"] == kind]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def all_known(system: DemoSystem) -> bool:
    known = staffing(system)
    return len(known) == 8 and "unknown" not in known.values()


@pytest.mark.lesson(1)
def test_an_unplugged_rtsp_server_turns_windows_unknown_in_ten_seconds_and_never_unstaffed(system: DemoSystem) -> None:
    wait_for(lambda: all_known(system), 90, "all windows to be known")
    before = staffing(system)
    system.stop_cameras()
    unplugged = time.monotonic()

    seen: set[tuple[str, str]] = set()
    while set(staffing(system).values()) != {"unknown"}:
        seen |= set(staffing(system).items())
        assert time.monotonic() - unplugged < 11, (
            "windows were not unknown in time (10 s, and 1 s for this test to look)"
        )
        time.sleep(0.2)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        seen |= set(staffing(system).items())
        time.sleep(0.5)

    staffed = {window for window, state in before.items() if state == "staffed"}
    assert not {(window, "unstaffed") for window in staffed} & seen
    wait_for(lambda: len(alerts(system, "camera-fault")) == 4, 20, "an alert of each camera")

    system.start_cameras()
    wait_for(lambda: all_known(system), 60, "windows to be known again")
    wait_for(lambda: all(a["ended_at"] for a in alerts(system, "camera-fault")), 30, "the outages to end")


def test_a_node_killed_in_mid_recording_loses_at_most_the_last_second_and_tells_no_alert_twice(
    system: DemoSystem,
) -> None:
    wait_for(lambda: alerts(system, "window-unstaffed"), 90, "an absence")
    first = alerts(system, "window-unstaffed")[-1]
    time.sleep(3)  # into a segment
    system.kill_node()
    killed_at = datetime.now(UTC)
    wait_for(lambda: set(staffing(system).values()) == {"unknown"}, 10, "windows to be unknown while the node is away")

    time.sleep(4)  # a camera gives a new reader its current GOP: without this there may be nothing missing at all
    system.start_node()
    wait_for(lambda: all_known(system), 90, "windows to be known again")

    def gap() -> dict[str, Any] | None:
        span = {
            "from_at": (killed_at - timedelta(minutes=5)).isoformat(),
            "to_at": datetime.now(UTC).isoformat(),
        }
        timeline = system.get(f"cameras/{CAMERA}/timeline", "investigator", **span)
        return next(
            (gap for gap in timeline["gaps"] if gap["cause"] == "node" and len(timeline["segments"]) == 2), None
        )

    found = wait_for(gap, 60, "the gap and footage on both sides of it")
    lost = killed_at - moment(found["start_at"])
    # The fragment of 1 s that was open, a picture's length, and what was under way from the camera.
    assert lost <= timedelta(seconds=1.8), f"{lost} were lost"

    same = [alert for alert in alerts(system, "window-unstaffed") if alert["window"] == first["window"]]
    overlapping = [
        alert
        for alert in same
        if alert["id"] != first["id"] and first["ended_at"] and alert["began_at"] < first["ended_at"]
    ]
    assert overlapping == []


def test_everything_stops_in_ten_seconds_when_told_to(system: DemoSystem) -> None:
    wait_for(lambda: all_known(system), 90, "all windows to be known")

    began = time.monotonic()

    assert system.stop("node") == 0
    assert system.stop("center") == 0
    assert time.monotonic() - began < 10
