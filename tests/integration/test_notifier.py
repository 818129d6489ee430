"""The queue and a channel together: what was entered arrives, whatever dies, hangs or refuses in between."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from tests import robots
from tests.integration.test_channels import make_wecom
from tests.notify_child import HOOK, make_notifier
from tests.robots import RobotServer, hang, says
from tests.system import DemoSystem
from tests.unit.notify.samples import SITE, T0, alert, at
from vigil.center.notify.notifier import Notifier
from vigil.clock import FakeClock, SystemClock
from vigil.model.alerts import Alert
from vigil.model.ids import ChannelName
from vigil.model.notices import Verdict
from vigil.notify.message import Draughtsman
from vigil.notify.rules import Rule, Rules
from vigil.notify.wecom import LIMITS
from vigil.store.database import Database
from vigil.store.notices import Backlog
from vigil.store.stores import Stores

DUTY = ChannelName("duty")
PATIENCE_S = 60.0


@pytest.fixture
def robot() -> Iterator[RobotServer]:
    with RobotServer(robots.wecom) as server:
        yield server


class Desk:
    """A notifier with a clock that a test turns, one step at a time; its robot is real."""

    def __init__(self, database: Database, robot: RobotServer, group_s: float = 10) -> None:
        self.stores, self.clock = Stores.over(database), FakeClock(T0)
        self.group = timedelta(seconds=group_s)
        channel = make_wecom(robot.url)
        channel = replace(channel, label=replace(channel.label, limits=LIMITS))
        rules = Rules((Rule((DUTY,)),), self.group, ZoneInfo("Asia/Shanghai"))
        self.notifier = Notifier((channel,), rules, Draughtsman(SITE, None), self.stores, self.clock, chance=lambda: 1)

    def tell(self, one: Alert) -> None:
        """As the intake does."""
        with self.stores.database.write():
            self.stores.alerts.upsert(one)
            self.notifier.enter(one)

    async def step(self, after_s: float = 0) -> float:
        self.clock.advance(after_s)
        return await self.notifier.step(DUTY)

    @property
    def backlog(self) -> Backlog:
        return self.notifier.figures().backlogs[DUTY]

    @property
    def verdicts(self) -> dict[Verdict, int]:
        return {verdict: count for (_, verdict), count in self.notifier.figures().verdicts.items()}


@pytest.fixture
def desk(database: Database, robot: RobotServer) -> Desk:
    return Desk(database, robot)


def texts(robot: RobotServer) -> list[str]:
    return [request.json["text"]["content"] for request in robot.taken]


async def test_what_comes_together_is_told_together(desk: Desk, robot: RobotServer) -> None:
    desk.tell(alert("a"))
    assert await desk.step() == 10
    desk.clock.advance(9)
    desk.tell(alert("b", raised_at=at(9)))
    assert await desk.step(1) == 0
    desk.tell(alert("c", raised_at=at(10)))
    await desk.step(10)
    first, second = texts(robot)
    assert first.startswith("【分厅告警】公安分厅：2 条")
    assert second.startswith("【分厅告警】公安分厅：1 条")


async def test_an_alert_that_ended_before_its_message_left_is_told_of_once(desk: Desk, robot: RobotServer) -> None:
    desk.tell(alert())
    desk.clock.advance(5)
    desk.tell(alert(revision=2, ended_at=at(5)))
    await desk.step(5)
    await desk.step(10)
    (text,) = texts(robot)
    assert "结束：窗口疑似离岗" in text
    assert desk.backlog == Backlog()


async def test_a_wrong_key_is_told_once_and_asked_again_seldom(desk: Desk, robot: RobotServer) -> None:
    desk.tell(alert())
    robot.faults.append(says(200, {"errcode": 93000, "errmsg": "invalid webhook url"}))
    with capture_logs() as logs:
        await desk.step(10)
        for number in range(20):
            desk.tell(alert(f"later-{number}"))
            await desk.step(20)
    assert len(robot.requests) == 1
    assert [log["event"] for log in logs] == ["notice_refused", "notices_unsent"]
    assert (desk.backlog.unsent, desk.backlog.waiting) == (1, 20)
    (state,) = desk.notifier.states()
    assert state.record.answer is not None
    assert state.record.answer.verdict is Verdict.REFUSED
    assert desk.notifier.send_again(DUTY) == 1
    await desk.step()
    (text,) = texts(robot)
    assert "公安分厅：21 条" in text, "nothing that waited meanwhile is lost"
    assert desk.verdicts == {Verdict.REFUSED: 1, Verdict.DELIVERED: 1}


async def test_a_throttle_is_waited_for(desk: Desk, robot: RobotServer) -> None:
    desk.tell(alert())
    robot.faults.append(says(200, {"errcode": 45009, "errmsg": "api freq out of limit"}))
    await desk.step(10)
    assert await desk.step(59) == pytest.approx(1)
    assert len(robot.requests) == 1
    await desk.step(1)
    assert len(robot.taken) == 1


async def test_a_robot_never_gets_more_than_it_takes(database: Database, robot: RobotServer) -> None:
    desk = Desk(database, robot, group_s=0)
    robot.clock = lambda: desk.clock.now().timestamp()
    began: list[float] = []
    for number in range(50):
        desk.tell(alert(f"alert-{number}"))
        pause_s = await desk.step()
        if pause_s == 0:
            began.append((desk.clock.now() - T0).total_seconds())
        desk.clock.advance(1)
    assert len(began) == 20
    assert await desk.step(60 - 50) == 0, "a minute after the first"
    assert desk.verdicts == {Verdict.DELIVERED: 21}
    assert "公安分厅：30 条" in texts(robot)[-1]


async def test_a_network_that_is_away_costs_nothing_but_time(desk: Desk, robot: RobotServer) -> None:
    for number in range(5):
        robot.faults.append(says(200, {"errcode": -1, "errmsg": "system busy"}))
        desk.tell(alert(f"alert-{number}"))
    rests = []
    with capture_logs() as logs:
        pause_s = await desk.step(10)
        while not robot.taken:
            rests.append(pause_s := await desk.step())
            desk.clock.advance(max(pause_s, 0.01))
            await asyncio.sleep(0)
    assert [round(rest) for rest in rests if rest > 0] == [5, 10, 20, 40, 80]
    assert [log["event"] for log in logs] == ["notice_delayed", "notices_flow_again"]
    assert "公安分厅：5 条" in texts(robot)[0]


async def test_after_a_day_it_is_given_up_and_told(desk: Desk, robot: RobotServer) -> None:
    desk.tell(alert())
    robot.faults.append(says(200, {"errcode": -1, "errmsg": "system busy"}))
    with capture_logs() as logs:
        await desk.step(10)
        await desk.step(86_401)
    assert [log["event"] for log in logs] == ["notice_delayed", "notices_unsent"]
    assert (len(robot.requests), desk.backlog.unsent) == (1, 1)


async def test_a_test_message_says_what_the_channel_answers(desk: Desk, robot: RobotServer) -> None:
    tested = await desk.notifier.test(DUTY)
    assert tested is not None
    assert tested.answer is not None
    assert (tested.answer.verdict, tested.answer.text) == (Verdict.DELIVERED, "0 ok")
    robot.faults.append(says(200, {"errcode": 93000, "errmsg": "invalid webhook url"}))
    refused = await desk.notifier.test(DUTY)
    assert refused is not None
    assert refused.answer is not None
    assert refused.answer.text == "93000 invalid webhook url"
    assert texts(robot) == ["【分厅告警】梅州市政务服务中心：测试消息，此通道可用。"]
    assert await desk.notifier.test(ChannelName("none")) is None
    assert desk.notifier.send_again(ChannelName("none")) is None
    assert desk.backlog == Backlog()


async def test_a_test_that_works_ends_the_rest_after_a_refusal(desk: Desk, robot: RobotServer) -> None:
    desk.tell(alert())
    robot.faults.append(says(200, {"errcode": 93000, "errmsg": "invalid webhook url"}))
    await desk.step(10)
    desk.tell(alert("b"))
    await desk.notifier.test(DUTY)
    await desk.step(10)
    assert len(robot.taken) == 2


# A real clock, and processes that die


def wait_for(probe: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not probe():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)


class Child:
    """A process that sends."""

    def __init__(self, database_url: str, url: str) -> None:
        command = [sys.executable, "-m", "tests.notify_child", database_url, url]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "started\n"

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def enter(database: Database, url: str, one: Alert) -> None:
    stores, notifier = Stores.over(database), make_notifier(database, url)
    with database.write():
        stores.alerts.upsert(one)
        notifier.enter(one)


def told(server: RobotServer) -> dict[str, list[str]]:
    """Message: the alerts that it told of; a repetition must say the same."""
    found: dict[str, list[str]] = {}
    for request in server.taken:
        alerts = [item["alert"] for item in request.json["data"]["items"]]
        assert found.setdefault(request.headers["webhook-id"], alerts) == alerts
    return found


def test_kill_9_in_the_middle_of_a_request_loses_nothing_and_the_repetition_has_the_same_id(
    database_url: str, database: Database
) -> None:
    with RobotServer(robots.webhook) as server:
        server.faults.append(hang)
        enter(database, server.url, alert("a"))
        child = Child(database_url, server.url)
        wait_for(lambda: len(server.taken) == 1, "the message")
        child.kill()
        enter(database, server.url, alert("b"))
        child = Child(database_url, server.url)
        wait_for(lambda: len(server.taken) == 3, "the repetition and what came after")
        child.kill()
        first, again, after = (request.headers["webhook-id"] for request in server.taken)
        assert first == again != after
        assert server.taken[0].body == server.taken[1].body
        assert list(told(server).values()) == [["a"], ["b"]]


def test_kills_at_any_moment_lose_nothing_and_repeat_at_most_one_message_each(
    database_url: str, database: Database
) -> None:
    chance, kills, alerts = random.Random(20260302), 8, 0
    with RobotServer(robots.webhook) as server:
        for _ in range(kills):
            child = Child(database_url, server.url)
            ends = time.monotonic() + chance.uniform(0.3, 2.0)
            while time.monotonic() < ends:
                enter(database, server.url, alert(f"alert-{alerts}"))
                alerts += 1
                time.sleep(chance.uniform(0, 0.1))
            child.kill()
        child = Child(database_url, server.url)
        queue = Stores.over(database).notices

        def empty() -> bool:
            return queue.backlogs([HOOK], SystemClock().now())[HOOK] == Backlog()

        wait_for(empty, "the end of the queue")
        child.kill()
        messages = told(server)
    arrived = Counter(name for names in messages.values() for name in names)
    assert arrived == {f"alert-{number}": 1 for number in range(alerts)}
    assert len(server.taken) - len(messages) <= kills


async def test_a_notifier_that_is_stopped_finishes_what_it_sends(database: Database) -> None:
    with RobotServer(robots.webhook) as server:
        enter(database, server.url, alert("a"))
        notifier = make_notifier(database, server.url)
        notifier.start()
        while not server.taken:
            await asyncio.sleep(0.01)
        await notifier.stop(5)
        enter(database, server.url, alert("b"))
        await asyncio.sleep(0.1)
        assert list(told(server).values()) == [["a"]]
        notifier.wake()  # harmless after the end
        (attempt,) = Stores.over(database).deliveries.log().items
        assert attempt.answer is not None
        assert attempt.answer.verdict is Verdict.DELIVERED


# The centre itself


def test_a_centre_tells_what_its_configuration_says(tmp_path: Path) -> None:
    with RobotServer(robots.wecom) as server:
        (tmp_path / "wecom.key").write_text(robots.KEY)
        (tmp_path / "wrong.key").write_text("wrong")

        def change(plain: dict[str, Any]) -> None:
            plain["center"]["notify"] = {
                "wecom": [
                    {"name": "duty", "key": {"file": "wecom.key"}, "base_url": server.url},
                    {"name": "wrong", "key": {"file": "wrong.key"}, "base_url": server.url},
                ],
                "rules": [{"channels": ["duty"]}],
            }

        with DemoSystem(tmp_path, change=change, whole=False) as system:
            admin = system.api("admin")
            assert admin.post("notifications/channels/duty/test").json() == {"verdict": "delivered", "text": "0 ok"}
            refused = admin.post("notifications/channels/wrong/test").json()
            assert (refused["verdict"], refused["text"][:5]) == ("refused", "93000")
            assert system.api("operator").get("notifications/channels").status_code == 403
            names = [one["name"] for one in admin.get("notifications/channels").json()["items"]]
            assert names == ["duty", "wrong"]
            entries = admin.get("notifications/log").json()["items"]
            assert [(one["channel"], one["test"]) for one in entries] == [("wrong", True), ("duty", True)]
            metrics = system.api("admin").get(f"{system.address}/metrics").text
            assert 'vigil_notify_attempts_total{channel="duty",verdict="delivered"} 1.0' in metrics
            assert robots.KEY not in metrics + system.logs() + str(entries)


def test_an_alert_of_a_node_reaches_the_people(tmp_path: Path) -> None:
    """Cameras, a node, the centre and a robot: nothing between them is a stand-in."""
    with RobotServer(robots.wecom) as server:
        (tmp_path / "wecom.key").write_text(robots.KEY)

        def change(plain: dict[str, Any]) -> None:
            plain["center"]["public_url"] = "https://vigil.example"
            plain["center"]["notify"] = {
                "wecom": [{"name": "duty", "key": {"file": "wecom.key"}, "base_url": server.url}],
                "rules": [{"channels": ["duty"], "kinds": ["window-unstaffed"], "stages": ["raised"]}],
                "group_s": 1,
            }

        with DemoSystem(tmp_path, change=change) as system:
            wait_for(lambda: bool(server.taken), "the message", 180)
            raised = system.get("alerts", kind="window-unstaffed")["items"]
    text = texts(server)[0]
    assert "窗口疑似离岗" in text
    assert "待人工核实" in text
    assert any(f"https://vigil.example/alerts/{one['id']}" in text for one in raised)
