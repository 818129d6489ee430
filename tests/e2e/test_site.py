"""The site's page: a real centre over a real database, and a real browser. What is applied is served by the running centre."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.system import DemoSystem


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


def edit(page: Page, old: str, new: str) -> None:
    field = page.get_by_test_id("site-document")
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
    text = page.get_by_test_id("site-document").input_value()
    at = text.index("    cameras:")
    page.get_by_test_id("site-document").fill(text[:at])
    page.get_by_test_id("site-preview").click()
    expect(page.get_by_test_id("site-proposal")).to_contain_text("将被移除")
    page.get_by_test_id("site-why").fill("撤销")
    expect(page.get_by_test_id("site-apply")).to_be_disabled()
    page.get_by_test_id("site-remove").check()
    page.get_by_test_id("site-apply").click()
    expect(page.get_by_test_id("site-done")).to_be_visible()
    assert system.get("site", "admin")["halls"][0]["cameras"] == []


def test_of_two_who_change_the_same_the_second_is_told(page: Page, system: DemoSystem) -> None:
    other = system.api("admin")
    now = other.get("site/document")
    text = now.json()["document"].replace("site:", "site:\n  notice: 先到", 1)
    if "\n  notice:" in now.json()["document"]:
        text = now.json()["document"].replace("  notice: ", "  notice: 先到", 1)
    entered = other.post(
        "site/versions", json={"document": text, "why": "先到"}, headers={"If-Match": now.headers["ETag"]}
    )
    assert entered.status_code == 201
    edit(page, f"name: {hall_of(system)}", "name: 后到")
    page.get_by_test_id("site-preview").click()
    page.get_by_test_id("site-why").fill("后到")
    page.get_by_test_id("site-apply").click()
    expect(page.get_by_test_id("site-failure")).to_have_text("他人已提交新版本，请还原后重新修改。")


def test_only_administrators_have_the_page(log_in: LogIn) -> None:
    page = log_in("operator")
    expect(page.get_by_test_id("nav-alerts")).to_be_visible()
    expect(page.get_by_test_id("nav-site")).to_have_count(0)
