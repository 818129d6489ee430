"""Channels on the screen: their state, a test, the log, and sending again what was refused. The robot judges as the real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import robots
from tests.e2e.conftest import LogIn
from tests.robots import RobotServer, says
from tests.system import DemoSystem
from tests.unit.notify.samples import alert
from vigil.model.ids import ChannelName
from vigil.model.notices import Stage, Wanted
from vigil.store.database import Database
from vigil.store.stores import Stores


@pytest.fixture(scope="module")
def robot() -> Iterator[RobotServer]:
    with RobotServer(robots.wecom) as server:
        yield server


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, robot: RobotServer) -> Iterator[DemoSystem]:
    """A centre alone, with two robots of which one has a wrong key."""
    folder = tmp_path_factory.mktemp("notifying")
    for name, key in (("right", robots.KEY), ("wrong", "wrong")):
        (folder / f"{name}.key").write_text(key)

    def change(plain: dict[str, Any]) -> None:
        channels = [
            {"name": name, "key": {"file": f"{name}.key"}, "base_url": robot.url} for name in ("right", "wrong")
        ]
        plain["center"]["notify"] = {"wecom": channels, "rules": [{"channels": ["right"]}], "group_s": 0}

    with DemoSystem(folder, change=change, whole=False) as running:
        yield running


def test_an_administrator_tests_a_channel_and_sees_what_it_answered(log_in: LogIn) -> None:
    page = log_in("admin")
    page.get_by_test_id("nav-notifications").click()

    page.get_by_test_id("test-right").click()
    expect(page.get_by_test_id("result-right")).to_have_text("已送达 · 0 ok")
    page.get_by_test_id("test-wrong").click()
    expect(page.get_by_test_id("result-wrong")).to_contain_text("被拒绝：通道有误 · 93000 invalid webhook url")

    expect(page.get_by_test_id("channel-right")).to_contain_text("企业微信 · 127.0.0.1")
    expect(page.get_by_test_id("attempts").locator("tbody tr")).to_have_count(2)
    expect(page.get_by_test_id("attempts").locator("tr[data-verdict=refused]")).to_contain_text("wrong")


def test_what_was_refused_is_sent_again_by_a_person(log_in: LogIn, system: DemoSystem, robot: RobotServer) -> None:
    robot.faults.append(says(200, {"errcode": 93000, "errmsg": "invalid webhook url"}))
    database, now = Database.in_file(system.folder / "center" / "vigil.db"), datetime.now(UTC)
    stores = Stores.over(database)
    with database.write():
        one = replace(alert(), began_at=now, raised_at=now)
        stores.alerts.upsert(one)
        stores.notices.enter(one.id, [Wanted(ChannelName("right"), Stage.RAISED, now)], at=now)
    database.close()
    page = log_in("admin")
    page.get_by_test_id("nav-notifications").click()

    page.get_by_test_id("again-right").click(timeout=30_000)

    expect(page.get_by_test_id("result-right")).to_have_text("1 条将重新发送。")
    expect(page.get_by_test_id("again-right")).to_have_count(0, timeout=30_000)
    page.get_by_test_id("lang-switch").click()
    expect(page.get_by_test_id("channel-right")).to_contain_text("Delivered", timeout=30_000)
    assert "窗口疑似离岗" in robot.taken[-1].json["text"]["content"]


def test_who_is_no_administrator_has_no_such_page(log_in: LogIn) -> None:
    page = log_in("supervisor")

    expect(page.get_by_test_id("nav-alerts")).to_be_visible()
    expect(page.get_by_test_id("nav-notifications")).to_have_count(0)
