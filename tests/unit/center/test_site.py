"""Which site a centre serves, how it takes up another while it runs, and what the commands say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from tests.unit.config.files import GOOD
from vigil import cli
from vigil.center import people, site_commands
from vigil.center.center import Center, build
from vigil.center.sections import open_database, site_of
from vigil.center.site import in_force
from vigil.clock import FakeClock
from vigil.config import Configuration, load
from vigil.errors import ConfigError, StoreError
from vigil.model.ids import CameraId, NodeId
from vigil.model.people import Grant
from vigil.model.register import Action
from vigil.model.site_versions import Origin
from vigil.store.stores import Stores

RIGHT = GOOD.replace('usual: {hours: ["08:30-12:00", "14:30-18:00"]}', "usual: {workdays: every-day}")
REST = RIGHT[RIGHT.index("center:") :]
T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)


class World:
    """A centre's file and its database; time stands unless it is moved."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = FakeClock(T0)
        self.folder = folder
        self.file = self.write(RIGHT, "vigil.yaml")
        (folder / "node.key").write_text("k" * 40)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
        monkeypatch.setattr(site_commands, "SystemClock", lambda: self.clock)
        self.opened: list[Center] = []

    def write(self, text: str, name: str) -> Path:
        (self.folder / name).write_text(text, encoding="utf-8")
        return self.folder / name

    def configuration(self) -> Configuration:
        return load(self.file)

    def center(self) -> Center:
        self.opened.append(build(self.configuration(), self.clock))
        return self.opened[-1]

    def run(self, *arguments: str, input: str | None = None) -> Result:  # noqa: A002, click's word
        return CliRunner().invoke(cli.main, (*arguments, "-c", "vigil.yaml"), input=input)

    def right(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        result = self.run(*arguments, input=input)
        assert result.exit_code == 0, result.output
        return result.output

    def apply(self, text: str, *arguments: str) -> str:
        self.write(text, "new.yaml")
        return self.right("apply", "-f", "new.yaml", "--yes", *arguments)

    def stores(self) -> Stores:
        return Stores.over(open_database(self.configuration()))

    def origins(self) -> list[Origin]:
        return [version.origin for version in self.stores().site_versions.all()]

    def served(self) -> str:
        whole = in_force(self.configuration(), self.stores().site_versions, self.clock)
        return site_of(whole).halls[0].name


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    world = World(tmp_path, monkeypatch)
    yield world
    for center in world.opened:
        center.database.close()


def renamed(name: str) -> str:
    return RIGHT.replace("公安分厅", name)


def name_in(center: Center) -> str:
    name: str = center.app.state.deps.site.halls[0].name
    return name


def test_the_files_site_becomes_the_first_version_and_a_start_without_a_change_adds_none(world: World) -> None:
    world.center()
    world.center()
    (version,) = world.stores().site_versions.all()
    assert (version.number, version.origin, version.by) == (1, Origin.FILE, "vigil")


def test_until_somebody_applies_one_an_altered_file_is_the_next_version_at_the_next_start(world: World) -> None:
    world.center()
    world.write(renamed("新厅"), "vigil.yaml")
    assert world.served() == "新厅"
    assert name_in(world.center()) == "新厅"
    assert world.origins() == [Origin.FILE, Origin.FILE]


def test_once_applied_the_database_counts_and_an_altered_file_is_told_and_not_read(world: World) -> None:
    world.center()
    world.apply(renamed("甲"))
    world.write(renamed("乙"), "vigil.yaml")
    with structlog.testing.capture_logs() as logs:
        center = world.center()
    assert name_in(center) == world.served() == "甲"
    (told,) = [one for one in logs if one["event"] == "site_in_file_not_read"]
    assert told["version"] == 2
    assert world.origins() == [Origin.FILE, Origin.APPLIED]


def test_a_file_that_says_what_the_database_says_is_no_news(world: World) -> None:
    world.apply(renamed("甲"))
    world.write(renamed("甲"), "vigil.yaml")
    with structlog.testing.capture_logs() as logs:
        world.center()
    assert not [one for one in logs if one["event"] == "site_in_file_not_read"]


def test_a_file_without_a_site_needs_a_database_with_one(world: World) -> None:
    world.write(REST, "vigil.yaml")
    with pytest.raises(ConfigError, match="vigil apply"):
        build(world.configuration(), world.clock)
    world.apply(RIGHT)
    assert name_in(world.center()) == "公安分厅"
    people.add(
        world.configuration(), "zhang", "张", "中心", frozenset({Grant.parse("hall@gongan")}), "long enough, and odd 7"
    )
    with pytest.raises(StoreError, match="there is no hall"):
        people.set_grants(world.configuration(), "zhang", frozenset({Grant.parse("hall@other")}))


def test_a_version_that_does_not_go_with_the_file_is_told_by_the_lines_of_its_export(world: World) -> None:
    world.apply(RIGHT.replace("name: 柜台", "name: 柜台\n          node: node"))
    world.write(REST.replace("id: node", "id: another"), "vigil.yaml")
    with pytest.raises(ConfigError) as raised:
        build(world.configuration(), world.clock)
    (fault,) = raised.value.faults
    exported = world.right("export", "--version", "2").splitlines()
    assert fault.file == "site version 2"
    assert "node: node" in exported[fault.line - 1]


# A running centre


def test_a_running_centre_takes_up_a_version_and_is_of_one_site_then(world: World) -> None:
    center = world.center()
    other = RIGHT.replace("id: gongan", "id: renshe").replace("id: counter", "id: desk").replace("id: one", "id: first")
    other = other.replace("window: one", "window: first")
    world.apply(other, "--remove")
    center.site.run()
    deps = center.app.state.deps
    assert center.site.running == 2
    assert [hall.id for hall in deps.site.halls] == ["renshe"]
    assert dict(deps.owners.items()) == {CameraId("desk"): NodeId("node")}


def test_a_version_of_the_future_is_taken_up_when_its_time_comes_and_not_before(world: World) -> None:
    center = world.center()
    world.apply(renamed("明天"), "--from", "2026-03-03")
    center.site.run()
    assert (name_in(center), center.site.running) == ("公安分厅", 1)
    world.clock.advance(timedelta(hours=7, minutes=59, seconds=59).total_seconds())  # to midnight in the halls
    center.site.run()
    assert center.site.running == 1
    world.clock.advance(1)
    center.site.run()
    assert (name_in(center), center.site.running) == ("明天", 2)


def test_a_version_that_cannot_be_served_leaves_the_one_before_and_is_told_once(world: World) -> None:
    center = world.center()
    world.write(RIGHT.replace("id: node", "id: other"), "vigil.yaml")
    world.apply(RIGHT.replace("name: 柜台", "name: 柜台\n          node: other"))
    with structlog.testing.capture_logs() as logs:
        center.site.run()
        center.site.run()
    (told,) = [one for one in logs if one["event"] == "site_version_refused"]
    assert "there is no node 'other'" in told["error"]
    assert (name_in(center), center.site.running) == ("公安分厅", 1)


# The commands


def test_the_export_applied_is_no_change(world: World) -> None:
    world.apply(RIGHT)
    told = world.apply(world.right("export"))
    assert told == "The site is as the file has it: nothing was changed.\n"
    assert len(world.origins()) == 1 + 1  # the file's, and the first that was applied


def test_what_changes_is_shown_before_it_is_asked(world: World) -> None:
    world.apply(RIGHT)
    world.write(RIGHT.replace("192.0.2.7/1", "192.0.2.8/1").replace("1号窗口", "一号窗口"), "new.yaml")
    result = world.run("apply", "-f", "new.yaml", input="n\n")
    assert result.exit_code == 1
    assert result.output.splitlines()[:4] == [
        "~ window one (一号窗口) in gongan",
        "    name: 1号窗口 -> 一号窗口",
        "~ camera counter (柜台) in gongan",
        "    url: rtsp://192.0.2.7/1 -> rtsp://192.0.2.8/1",
    ]
    assert len(world.origins()) == 2
    assert "Version 3 is in force now" in world.right("apply", "-f", "new.yaml", "--why", "换了", input="y\n")
    entry = world.stores().register.page().items[0]
    assert (entry.action, entry.unit, entry.reason) == (Action.SITE, "中心主机", "换了")
    assert entry.subject.startswith("site version 3: 2 changed, sha256 ")


def test_a_dry_run_changes_nothing(world: World) -> None:
    world.write(renamed("新"), "new.yaml")
    assert "~ hall gongan (新)" in world.right("apply", "-f", "new.yaml", "--dry-run")
    assert world.origins() == []


def test_what_is_missing_from_the_file_goes_only_where_that_is_said(world: World) -> None:
    world.apply(RIGHT)
    without = RIGHT[: RIGHT.index("      cameras:")] + REST
    world.write(without, "new.yaml")
    result = world.run("apply", "-f", "new.yaml", "--yes")
    assert result.exit_code == 1
    assert "- camera counter (柜台) in gongan" in result.output
    assert "camera counter goes: 0 alerts of it go on" in result.output
    assert "--remove" in result.output
    assert "Version 3" in world.apply(without, "--remove")


def test_faults_are_those_of_check(world: World) -> None:
    text = RIGHT.replace("calendar: usual", "calendar: unusual")
    world.write(text, "new.yaml")
    checked = CliRunner().invoke(cli.main, ("check", "new.yaml")).output.splitlines()
    applied = world.run("apply", "-f", "new.yaml").output.splitlines()
    assert applied[:-1] == checked[:-1]
    assert applied[-1] == "1 fault(s); nothing was changed."


def test_a_day_that_is_over_is_refused(world: World) -> None:
    world.write(RIGHT, "new.yaml")
    assert "is over" in world.run("apply", "-f", "new.yaml", "--from", "2026-03-02").output


def test_versions_are_listed_compared_and_taken_back(world: World) -> None:
    world.center()
    world.clock.advance(60)
    world.apply(renamed("甲"), "--why", "改名")
    first, second = world.right("site", "versions").splitlines()
    assert first.startswith("1 \t")
    assert second.startswith("2*\t")
    assert second.endswith("\t改名")
    assert "name: 公安分厅 -> 甲" in world.right("site", "diff", "1", "2")
    world.apply(world.right("export", "--version", "1"))
    assert world.served() == "公安分厅"
    assert world.right("site", "diff", "1", "3") == ""
    assert world.run("site", "diff", "1", "9").exit_code == 1
    assert world.run("export", "--version", "9").exit_code == 1


def test_a_version_to_come_that_would_take_a_change_back_is_told(world: World) -> None:
    world.apply(RIGHT)
    world.apply(renamed("下周"), "--from", "2026-03-09")
    told = world.apply(renamed("今天"))
    assert "Version 3 is in force from" in told
    assert "will take these changes back" in told
