"""The site's page: a real centre over a real database, and a real browser. What is applied is served by the running centre."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import LogIn
from tests.media import AT, footage, fragmented
from tests.system import DemoSystem
from vigil.archive.folder import FolderStore
from vigil.center.sections import open_database
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Codec, Segment
from vigil.store.stores import Stores


@pytest.fixture
def system(tmp_path: Path) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path, whole=False) as running:
        yield running


@pytest.fixture
def page(log_in: LogIn) -> Page:
    page = log_in("admin")
    page.get_by_test_id("nav-site").click()
    expect(page.get_by_test_id("version-1")).to_contain_text("生效中")
    return page


def as_text(page: Page) -> Locator:
    """The draft as a file."""
    page.get_by_test_id("site-mode-text").click()
    field = page.get_by_test_id("site-document")
    expect(field).to_have_value(re.compile("site:"))
    return field


def edit(page: Page, old: str, new: str) -> None:
    field = as_text(page)
    text = field.input_value()
    assert old in text
    field.fill(text.replace(old, new, 1))


def hall_of(system: DemoSystem) -> str:
    name: str = system.get("site", "admin")["halls"][0]["name"]
    return name


def test_a_hall_is_renamed_after_a_look_at_what_changes(page: Page, system: DemoSystem) -> None:
    before = hall_of(system)
    edit(page, f"name: {before}", "name: 新分厅")
    page.get_by_test_id("site-preview").click()
    change = page.get_by_test_id("site-changes")
    expect(change).to_contain_text("修改")
    expect(change).to_contain_text(f"{before} → 新分厅")
    expect(page.get_by_test_id("site-apply")).to_be_disabled()
    page.get_by_test_id("site-why").fill("机构更名")
    page.get_by_test_id("site-apply").click()
    expect(page.get_by_test_id("site-done")).to_have_text("已提交版本 2。")
    row = page.get_by_test_id("version-2")
    expect(row).to_contain_text("生效中")
    expect(row).to_contain_text("机构更名")
    assert hall_of(system) == "新分厅"
    page.get_by_test_id("compare-2").click()
    expect(page.get_by_test_id("site-versions")).to_contain_text("新分厅")
    page.get_by_test_id("open-1").click()
    page.get_by_test_id("site-preview").click()
    expect(page.get_by_test_id("site-proposal")).to_contain_text(f"新分厅 → {before}")


def test_faults_are_marked_in_their_lines(page: Page) -> None:
    edit(page, "polygon:", "polygone:")
    page.get_by_test_id("site-preview").click()
    faults = page.get_by_test_id("site-faults")
    expect(faults).to_contain_text("polygone")
    expect(page.locator(".gutter .faulty").first).to_be_visible()
    lines = [int(line) for line in page.locator(".gutter .faulty").all_inner_texts()]
    text = page.get_by_test_id("site-document").input_value().splitlines()
    assert [line for line in lines if "polygone" in text[line - 1]]
    faults.get_by_role("listitem").filter(has_text="polygone").get_by_role("button").first.click()
    chosen = page.evaluate(
        "() => { const e = document.activeElement; return e.value.slice(e.selectionStart, e.selectionEnd) }"
    )
    assert "polygone" in chosen
    page.get_by_test_id("site-reset").click()
    expect(faults).to_have_count(0)


def test_what_goes_must_be_meant(page: Page, system: DemoSystem) -> None:
    field = as_text(page)
    text = field.input_value()
    field.fill(text[: text.index("    cameras:")])
    page.get_by_test_id("site-preview").click()
    expect(page.get_by_test_id("site-proposal")).to_contain_text("将被移除")
    page.get_by_test_id("site-why").fill("撤销")
    expect(page.get_by_test_id("site-apply")).to_be_disabled()
    page.get_by_test_id("site-remove").check()
    page.get_by_test_id("site-apply").click()
    expect(page.get_by_test_id("site-done")).to_be_visible()
    assert system.get("site", "admin")["halls"][0]["cameras"] == []


def enter(system: DemoSystem, old: str, new: str, why: str) -> None:
    """As somebody else does, beside the page."""
    other = system.api("admin")
    now = other.get("site/document")
    text = now.json()["document"]
    assert old in text
    body = {"document": text.replace(old, new, 1), "why": why}
    assert other.post("site/versions", json=body, headers={"If-Match": now.headers["ETag"]}).status_code == 201


def test_of_two_who_change_the_same_the_second_sees_what_the_first_did(page: Page, system: DemoSystem) -> None:
    before = hall_of(system)
    enter(system, "  name: 梅州市政务服务中心(演示)", "  name: 先到", "先到")
    page.get_by_test_id(f"tree-{system.get('site', 'admin')['halls'][0]['id']}").click()
    field(page, "site.halls[0].name").fill("后到")
    apply(page, "后到")
    conflict = page.get_by_test_id("site-conflict")
    expect(conflict).to_contain_text("版本 2")
    expect(conflict).to_contain_text("→ 先到")
    page.get_by_test_id("conflict-mine").click()
    expect(page.get_by_test_id("site-proposal")).to_contain_text("先到 → 梅州市政务服务中心(演示)")
    expect(page.get_by_test_id("site-proposal")).to_contain_text(f"{before} → 后到")
    enter(system, "  name: 先到", "  name: 又先到", "又先到")
    apply(page, "后到")
    page.get_by_test_id("conflict-theirs").click()
    page.get_by_role("button", name="站点与默认值").click()
    expect(field(page, "site.name")).to_have_value("又先到")
    assert hall_of(system) == before


def field(page: Page, place: str) -> Locator:
    return page.locator(f'[data-place="{place}"]')


def apply(page: Page, why: str) -> None:
    page.get_by_test_id("site-preview").click()
    page.get_by_test_id("site-why").fill(why)
    page.get_by_test_id("site-apply").click()


def test_forms_change_what_they_show_and_faults_stand_at_their_fields(page: Page, system: DemoSystem) -> None:
    page.get_by_test_id("tree-gongan").click()
    page.get_by_test_id("tree-group-0").click()
    field(page, "site.halls[0].groups[0].windows[0].staff").fill("7")
    page.get_by_test_id("site-preview").click()
    page.get_by_role("button", name="站点与默认值").click()
    page.get_by_test_id("site-faults").get_by_role("button", name="定位").first.click()
    staff = field(page, "site.halls[0].groups[0].windows[0].staff")
    expect(staff).to_be_focused()
    expect(staff).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_test_id("window-gongan-1")).to_contain_text("From 1 to 4")
    staff.fill("")
    staff.press("Tab")
    expect(staff).to_have_attribute("aria-invalid", "false")
    page.get_by_test_id("tree-camera-0").click()
    url = field(page, "site.halls[0].cameras[0].url")
    before = url.input_value()
    url.fill("rtsp://somebody:secret@192.0.2.7/main")
    url.press("Tab")
    expect(url).to_have_value("rtsp://192.0.2.7/main")
    expect(page.get_by_test_id("credentials-taken")).to_be_visible()
    page.get_by_test_id("draft-undo").click()
    expect(url).to_have_value(before)
    page.get_by_test_id("tree-gongan").click()
    field(page, "site.halls[0].name").fill("新分厅")
    expect(as_text(page)).to_have_value(re.compile("name: 新分厅"))
    page.get_by_test_id("site-mode-forms").click()
    apply(page, "机构更名")
    expect(page.get_by_test_id("site-done")).to_have_text("已提交版本 2。")
    assert hall_of(system) == "新分厅"


def record(system: DemoSystem, camera: str) -> None:
    """A second of footage, as a node brings it."""
    shown = footage(Codec.H264, seconds=1)
    data = fragmented(shown)
    sha256 = hashlib.sha256(data).hexdigest()
    FolderStore(system.folder / "objects").put("e2e.mp4", io.BytesIO(data), size=len(data), sha256=sha256)
    database = open_database(system.configuration)
    segment = Segment(
        SegmentId("e2e"),
        CameraId(camera),
        AT,
        AT + timedelta(seconds=1),
        len(data),
        sha256,
        "",
        25,
        Codec.H264,
        160,
        96,
    )
    index = Stores.over(database).footage
    index.announce(segment, "e2e.mp4")
    index.mark_stored(segment.id)
    database.close()


def test_a_picture_is_looked_at_when_it_is_asked_for(page: Page, system: DemoSystem) -> None:
    record(system, "gongan-counter")

    def looks() -> list[str]:
        entries = system.get("register", "admin", action="play")["items"]
        return [entry["subject"] for entry in entries]

    page.get_by_test_id("tree-gongan").click()
    page.get_by_test_id("tree-camera-0").click()
    expect(page.get_by_test_id("zone-editor")).to_contain_text("没有画面")
    assert looks() == []
    page.get_by_test_id("still-take").click()
    editor = page.get_by_test_id("zone-editor")
    expect(editor).to_contain_text("画面时间 2026-03-02 09:00:00")
    expect(editor).to_contain_text("不能辨认人员")
    picture = page.get_by_test_id("zone-canvas").locator("img")
    assert picture.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [160, 96]
    page.get_by_test_id("tree-camera-1").click()
    expect(editor).to_contain_text("没有画面")
    page.get_by_test_id("still-take").click()
    expect(editor.get_by_role("alert")).to_be_visible()
    page.get_by_test_id("tree-camera-0").click()
    expect(picture).to_be_visible()
    assert looks() == ["picture of camera gongan-counter of 2026-03-02T01:00:00+00:00, for its zones"]


def zone(system: DemoSystem, number: int) -> dict[str, Any]:
    found: dict[str, Any] = system.get("site", "admin")["halls"][0]["cameras"][0]["zones"][number]
    return found


def test_zones_are_drawn_by_mouse_and_by_keys(page: Page, system: DemoSystem) -> None:
    page.get_by_test_id("tree-gongan").click()
    page.get_by_test_id("tree-camera-0").click()
    canvas = page.get_by_test_id("zone-canvas")
    canvas.scroll_into_view_if_needed()
    before = zone(system, 0)["polygon"]
    page.get_by_test_id("zone-0").click(position={"x": 5, "y": 5})
    corner = page.get_by_test_id("corner-0")
    corner.focus()
    for _ in range(5):
        corner.press("ArrowRight")
    expect(corner).to_have_attribute("aria-label", re.compile(f"横 {(before[0][0] + 0.01) * 100:.1f}%"))
    page.get_by_test_id("draft-undo").click()
    expect(page.get_by_test_id("draft-touched")).to_have_count(0)
    page.get_by_test_id("edge-0").click()
    expect(page.get_by_test_id("corner-6")).to_be_visible()

    def at(x: float, y: float) -> tuple[float, float]:
        box = canvas.bounding_box()  # anew: a click may scroll the page
        assert box is not None
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.move(*at(*before[1]))
    page.mouse.down()
    page.mouse.move(*at(0.5, 0.9), steps=4)
    page.mouse.up()
    count = len(system.get("site", "admin")["halls"][0]["cameras"][0]["zones"])
    page.get_by_test_id("draw-queue").click()
    for place in ((0.7, 0.1), (0.9, 0.1), (0.9, 0.3), (0.7, 0.3), (0.7, 0.1)):
        page.mouse.click(*at(*place))
    drawn = page.get_by_test_id(f"zone-{count}")
    expect(drawn).to_contain_text("4 个角点")
    page.get_by_test_id(f"zone-owner-{count}").select_option("gongan-huji")
    page.get_by_test_id("box-visitor-spot").click()
    expect(page.get_by_test_id(f"zone-fault-{count + 1}")).to_contain_text("未选择所属")
    page.get_by_test_id(f"zone-remove-{count + 1}").click()
    page.get_by_test_id("site-preview").click()
    expect(page.get_by_test_id("site-proposal").locator("polygon.before")).to_have_count(1)
    expect(page.get_by_test_id("site-proposal").locator("polygon.after")).to_have_count(2)
    apply(page, "区域校正")
    expect(page.get_by_test_id("site-done")).to_be_visible()
    after = zone(system, 0)["polygon"]
    assert len(after) == len(before) + 1
    assert after[2] == pytest.approx([0.5, 0.9], abs=0.01)
    entered = zone(system, count)
    assert (entered["kind"], entered["group"]) == ("queue", "gongan-huji")
    assert entered["polygon"][2] == pytest.approx([0.9, 0.3], abs=0.01)


def test_only_administrators_have_the_page(log_in: LogIn) -> None:
    page = log_in("operator")
    expect(page.get_by_test_id("nav-alerts")).to_be_visible()
    expect(page.get_by_test_id("nav-site")).to_have_count(0)
