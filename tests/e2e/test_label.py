"""A clip is labelled in a real browser, from the keyboard."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system import CLIPS, ROOT, wait_for
from vigil.model.ids import WindowId
from vigil.model.truth import WindowTruth
from vigil.truth import intervals, lines
from vigil.truth.intervals import What

CAMERA = "gongan-counter"
ONE, TWO = WindowId("gongan-1"), WindowId("gongan-2")
STOP_S = 10
WITHIN_S = 15


@dataclass(frozen=True, slots=True)
class Work:
    """`vigil label` at work on a clip of the demonstration."""

    clip: Path
    address: str
    program: subprocess.Popen[str]

    @property
    def table(self) -> Path:
        return self.clip.with_name(f"{self.clip.stem}.labels.csv")

    def rows(self) -> list[str]:
        return self.table.read_text(encoding="utf-8").splitlines()[1:]


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    clip = tmp_path / "morning.mp4"
    shutil.copy(CLIPS / f"{CAMERA}-sub.mp4", clip)
    command = [sys.executable, "-m", "vigil", "label", str(clip), "-c", str(ROOT / "configs" / "demo.yaml")]
    command += ["--camera", CAMERA, "--start-at", "2026-03-02T09:00:00+08:00"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+/", program.stdout.readline())
        assert found is not None
        yield Work(clip, found[0], program)
        program.kill()


@pytest.fixture
def page(work: Work, browser: Browser) -> Iterator[Page]:
    opened = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    opened.on("console", lambda message: thrown.append(message.text) if message.type == "error" else None)
    opened.goto(work.address)
    opened.wait_for_selector("body[data-ready=yes]")
    yield opened
    opened.context.close()
    assert thrown == []


def until(page: Page, condition: str) -> None:
    """Asks again and again from outside: the page's policy lets nobody evaluate text within it."""
    wait_for(lambda: page.evaluate(condition), WITHIN_S, condition)


def seek(page: Page, to_s: float) -> None:
    """The picture there is shown when it returns."""
    until(page, "video.readyState >= 2 && !video.seeking")
    page.evaluate(f"seek({to_s})")
    until(page, f"!video.seeking && Math.abs(video.currentTime - {to_s}) < 0.01 && reach >= {to_s}")


def kept(page: Page) -> None:
    expect(page.get_by_test_id("save")).to_have_attribute("data-state", "kept")


def test_a_clip_is_labelled_from_the_keyboard(page: Page, work: Work) -> None:
    until(page, "video.readyState >= 2 && video.videoWidth > 0")
    page.keyboard.press("s")
    page.keyboard.press("2")
    page.keyboard.press("?")
    kept(page)
    assert len(work.rows()) == 2, "on the disk before anything else happens"

    seek(page, 10)
    page.keyboard.press("u")
    page.keyboard.press("v")
    page.keyboard.press("q")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    seek(page, 20)
    page.keyboard.press("v")
    page.keyboard.press("u")
    page.keyboard.press("z")
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("save")).to_have_attribute("data-state", "told")
    truth = lines.read(lines.truth_path(work.clip))
    assert truth.seconds[9].windows == {ONE: WindowTruth(True), TWO: WindowTruth(None, visible=False)}
    assert truth.seconds[10].windows == {ONE: WindowTruth(True), TWO: WindowTruth(False, True)}
    assert truth.seconds[20].windows == {ONE: WindowTruth(True), TWO: WindowTruth(False)}
    assert truth.seconds[21].windows == {}, "nobody watched any further"
    assert (truth.seconds[9].queue, truth.seconds[10].queue) == (None, 12)
    written = intervals.read(work.table, truth.header)
    assert {(one.window, one.what) for one in written} == {
        (ONE, What.STAFFED),
        (TWO, What.UNKNOWN),
        (TWO, What.UNSTAFFED),
        (TWO, What.VISITOR),
        (None, 12),
    }
    work.program.send_signal(signal.SIGINT)
    assert work.program.wait(STOP_S) == 0


def test_what_was_said_is_there_when_the_page_comes_back(page: Page, work: Work) -> None:
    page.keyboard.press("s")
    seek(page, 5)
    until(page, "kept.includes('5.')")
    before = work.rows()

    page.reload()
    page.wait_for_selector("body[data-ready=yes]")

    expect(page.locator(f"[data-lane='{ONE}/staff'] [data-what=staffed]")).to_have_count(1)
    page.evaluate("save()")
    assert work.rows() == before


def test_what_a_jump_leaves_out_is_not_labelled(page: Page, work: Work) -> None:
    page.keyboard.press("s")
    seek(page, 5)
    seek(page, 45)
    kept(page)

    assert work.rows() == ["gongan-1,staffed,00:00:00,00:00:05"]


def test_the_page_speaks_chinese_first_and_english_by_a_switch(page: Page) -> None:
    expect(page.get_by_role("button", name="在岗")).to_be_visible()

    page.get_by_test_id("lang").click()

    expect(page.get_by_role("button", name="staffed", exact=False).first).to_be_visible()
    expect(page.get_by_role("button", name="在岗")).to_have_count(0)


def test_a_clip_that_does_not_play_is_said_with_the_remedy(work: Work, browser: Browser) -> None:
    work.clip.write_bytes(b"no video at all")
    page = browser.new_page()
    page.goto(work.address)

    expect(page.get_by_test_id("notice")).to_contain_text("转码为 H.264")
    expect(page.get_by_test_id("notice")).to_contain_text("ffmpeg -i morning.mp4")
    page.close()
