"""A stream in, an alert and a clip out, seen in a browser."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import av
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import LogIn
from tests.system import DemoSystem, wait_for

ALERT_S = 90
CAMERAS = ("gongan-counter", "gongan-hall", "renshe-counter", "renshe-hall")


def advances(page: Page, video: Locator, *, by_s: float = 1.5) -> bool:
    """Whether the video's own clock moves while it shows pictures."""
    look = "video => video.videoWidth > 0 ? video.currentTime : -1"
    start = video.evaluate(look)
    for _ in range(40):
        page.wait_for_timeout(250)
        now = video.evaluate(look)
        if start < 0:
            start = now
        elif now - start >= by_s:
            return True
    return False


def open_alert(page: Page, kind: str) -> None:
    page.get_by_test_id("nav-alerts").click()
    row = page.locator(f"[data-testid^=alert-row-][data-kind={kind}]").first
    expect(row).to_be_visible(timeout=ALERT_S * 1000)
    row.click()
    expect(page.get_by_test_id("alert-detail")).to_be_visible()


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_wall_shows_live_pictures_that_move(log_in: LogIn, camera: str) -> None:
    page = log_in("operator")

    video = page.get_by_test_id(f"wall-video-{camera}")

    expect(video).to_have_attribute("data-state", "playing", timeout=30_000)
    assert advances(page, video)


def test_windows_are_shown_as_the_system_believes_them(log_in: LogIn, system: DemoSystem) -> None:
    page = log_in("operator")

    def settled() -> bool:
        windows = system.get("status")["windows"]
        return len(windows) == 8 and all(window["staffing"] != "unknown" for window in windows)

    wait_for(settled, ALERT_S, "all windows to be known")

    for status in system.get("status")["windows"]:
        if status["window"].endswith(("-1", "-4")):  # these clerks stay for the whole clip
            chip = page.get_by_test_id(f"window-chip-{status['window']}")
            expect(chip).to_have_attribute("data-staffing", "staffed", timeout=20_000)


def test_the_demonstration_says_that_its_thresholds_are_seconds(log_in: LogIn) -> None:
    page = log_in("operator")

    expect(page.get_by_test_id("notice")).to_contain_text("阈值以秒计")


@pytest.mark.parametrize("kind", ["window-unstaffed", "queue-buildup"])
def test_an_alert_comes_with_a_snapshot_and_a_clip_that_plays_and_downloads(
    log_in: LogIn, kind: str, tmp_path: Path
) -> None:
    page = log_in("supervisor")
    open_alert(page, kind)

    snapshot = page.get_by_test_id("alert-snapshot")
    expect(snapshot).to_be_visible()
    page.wait_for_function("image => image.naturalWidth > 300", arg=snapshot.element_handle())

    video = page.get_by_test_id("clip-video")
    expect(video).to_be_visible(timeout=ALERT_S * 1000)
    video.evaluate("video => { video.muted = true; return video.play() }")
    assert advances(page, video)

    with page.expect_download() as download:
        page.get_by_test_id("clip-download").click()
    file = tmp_path / "clip.mp4"
    download.value.save_as(file)
    sha256 = page.get_by_test_id("clip-sha256").inner_text().strip()
    assert sha256 in (hashlib.sha256(file.read_bytes()).hexdigest(), "")
    with av.open(str(file)) as container:
        pictures = sum(1 for _ in container.decode(video=0))
        assert pictures > 100  # 10 s and more at 10 fps
        assert download.value.suggested_filename.endswith(".mp4")


@pytest.mark.parametrize("kind", ["window-unstaffed", "queue-buildup"])
def test_an_alert_shows_what_was_seen_over_time(log_in: LogIn, kind: str) -> None:
    page = log_in("operator")
    open_alert(page, kind)

    strip = page.get_by_test_id("alert-trace")
    expect(strip).to_be_visible(timeout=20_000)
    looks = strip.locator("[data-said]")
    assert looks.count() > 0
    assert "H" in (page.get_by_test_id("alert-trace-line").get_attribute("d") or "")

    strip.focus()
    strip.press("ArrowLeft")
    expect(page.get_by_test_id("alert-trace-tip")).to_contain_text("积压线" if kind == "queue-buildup" else "分数")
    expect(page.get_by_test_id("alert-clock")).to_contain_text("节点时钟比中心")


def test_an_alert_stays_a_candidate_until_a_supervisor_confirms_it(log_in: LogIn, system: DemoSystem) -> None:
    page = log_in("supervisor")
    open_alert(page, "window-unstaffed")
    alert = page.url.rpartition("/")[2]
    assert system.get(f"alerts/{alert}")["state"] == "open"

    page.get_by_test_id("alert-confirm").click()
    page.get_by_test_id("decision-text").fill("核实无误")
    page.get_by_test_id("decision-submit").click()

    expect(page.get_by_test_id("alert-history")).to_contain_text("核实无误")
    decided = system.get(f"alerts/{alert}")
    assert decided["state"] == "confirmed"
    assert [step["step"] for step in decided["history"]] == ["confirm"]


def test_a_dismissal_needs_a_reason(log_in: LogIn) -> None:
    page = log_in("supervisor")
    open_alert(page, "queue-buildup")

    page.get_by_test_id("alert-dismiss").click()

    page.get_by_test_id("decision-submit").click()
    expect(page.get_by_test_id("decision-message")).to_be_visible()
    expect(page.get_by_test_id("alert-history")).not_to_contain_text("演练")
    page.get_by_test_id("decision-reason").click()
    page.get_by_role("option", name="其他").click()
    page.get_by_test_id("decision-submit").click()
    expect(page.get_by_test_id("decision-message")).to_contain_text("说明")
    page.get_by_test_id("decision-text").fill("演练")
    page.get_by_test_id("decision-submit").click()
    expect(page.get_by_test_id("alert-history")).to_contain_text("其他")
    expect(page.get_by_test_id("alert-history")).to_contain_text("演练")


def test_an_operator_watches_and_does_not_decide(log_in: LogIn) -> None:
    page = log_in("operator")
    open_alert(page, "window-unstaffed")

    expect(page.get_by_test_id("alert-confirm")).to_have_count(0)
    expect(page.get_by_test_id("alert-dismiss")).to_have_count(0)
    expect(page.get_by_test_id("clip-download")).to_have_count(0)


def test_a_supervisor_enters_leave_and_ends_it_and_an_operator_sees_it_at_once(
    log_in: LogIn, system: DemoSystem
) -> None:
    watching, page = log_in("operator"), log_in("supervisor")
    chip = watching.get_by_test_id("window-chip-renshe-3")
    page.get_by_test_id("window-suspend-renshe-3").first.click()
    page.get_by_test_id("suspension-kind-leave").click()
    page.get_by_test_id("suspension-submit").click()
    expect(page.get_by_test_id("suspension-problem")).to_contain_text("事由")

    page.get_by_test_id("suspension-note").fill("审批单 2026-153")
    page.get_by_test_id("suspension-submit").click()

    expect(chip).to_contain_text("请假 至")
    wait_for(lambda: _suspended(system) == {"renshe-3": "leave"}, 10, "the node to hear of it")
    entered = page.locator("[data-testid^=suspension-end-]")
    expect(entered).to_have_text("提前结束")
    entered.click()
    expect(chip).not_to_have_attribute("data-look", "suspended")
    wait_for(lambda: _suspended(system) == {}, 10, "the node to hear of it")
    (kept,) = system.get("suspensions")["items"]
    assert (kept["by"], kept["ended_by"], kept["note"]) == ("supervisor", "supervisor", "审批单 2026-153")


def test_an_operator_pauses_and_enters_no_leave(log_in: LogIn) -> None:
    page = log_in("operator")

    page.get_by_test_id("window-suspend-renshe-3").first.click()

    expect(page.get_by_test_id("suspension-kind-paused")).to_be_visible()
    expect(page.get_by_test_id("suspension-kind-leave")).to_have_count(0)


def _suspended(system: DemoSystem) -> dict[str, str]:
    """Windows that their node has suspended."""
    windows = system.get("status")["windows"]
    return {window["window"]: window["suspended"] for window in windows if window["suspended"]}


def test_the_screen_speaks_chinese_first_and_english_by_a_switch(log_in: LogIn) -> None:
    page = log_in("operator")
    expect(page.get_by_test_id("nav-alerts")).to_contain_text("告警")

    page.get_by_test_id("lang-switch").click()

    expect(page.get_by_test_id("nav-alerts")).to_contain_text("Alerts")


def test_a_wrong_password_is_refused_in_words(log_in: LogIn, system: DemoSystem) -> None:
    known = system.passwords["admin"]
    system.passwords["admin"] = "not the password"
    try:
        page = log_in("admin")
        expect(page.get_by_test_id("login-message")).to_be_visible()
    finally:
        system.passwords["admin"] = known


def bound_addresses(pid: int) -> set[str]:
    """Local addresses of the process's listening TCP and all its UDP sockets, as the kernel writes them (hexadecimal)."""
    links = (os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink())
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and (table.startswith("udp") or fields[3] == "0A"):  # 0A: listening
                found.add(fields[1].partition(":")[0])
    return found


@pytest.mark.parametrize("program", ["center", "node"])
def test_no_port_is_open_beyond_loopback(system: DemoSystem, program: str) -> None:
    wait_for(lambda: all(camera["health"] == "online" for camera in system.get("status")["cameras"]), 60, "all cameras")

    assert bound_addresses(system.pid(program)) == {"0100007F"}  # 127.0.0.1
