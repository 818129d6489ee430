"""The command line, in this process: what it says, and with which exit status. Programs that run are stand-ins here."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from sqlalchemy import text

from tests.unit.config.files import GOOD
from vigil import cli, demo
from vigil.center import people
from vigil.center.center import build
from vigil.center.sections import database_file
from vigil.clock import FakeClock
from vigil.config import load
from vigil.gateway.passwords import Passwords
from vigil.model.register import Action
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.users import User

# Every day is a workday: the workdays of China are known for some years only.
RIGHT = GOOD.replace('usual: {hours: ["08:30-12:00", "14:30-18:00"]}', "usual: {workdays: every-day}")
SITE, REST = RIGHT.partition("center:\n")[0], "center:\n" + RIGHT.partition("center:\n")[2]
NODES = "nodes:\n" + REST.partition("nodes:\n")[2]
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
ADD = ("user", "add", "-c", "vigil.yaml", "zhang", "--name", "张三", "--unit", "政务中心", "--role", "operator")


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write(RIGHT)

    def write(self, text: str, name: str = "vigil.yaml") -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli.main, arguments)

    def right(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def wrong(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code in (1, 2), result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.output

    def hash_of(self, username: str) -> str:
        database = Database.in_file(database_file(load(self.folder / "vigil.yaml")))
        found = Stores.over(database).users.find(username)
        database.close()
        assert found is not None
        return found.password_hash


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)  # for the whole process, and so not for a test
    monkeypatch.setattr(people, "Passwords", lambda: CHEAP)
    return World(tmp_path)


def test_check_says_what_a_right_file_holds(world: World) -> None:
    assert world.right("check", "vigil.yaml") == "vigil.yaml: right. 1 halls, 1 windows, 1 cameras, 1 nodes.\n"


def test_check_names_every_fault_with_its_line(world: World) -> None:
    world.write(RIGHT.replace("calendar: usual", "calendar: unusual").replace("rtsp://", "ftp://"))
    result = world.run("check", "vigil.yaml")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert [re.match(r"vigil.yaml:\d+: ", line) is not None for line in lines] == [True, True, False]
    assert "unusual" in lines[0]
    assert lines[-1] == "2 fault(s); nothing was started."


def test_check_of_a_part_is_right_too(world: World) -> None:
    world.write(NODES)
    assert "0 cameras, 1 nodes" in world.right("check", "vigil.yaml")


@pytest.mark.parametrize("arguments", [("check", "no.yaml"), ("center", "-c", "no.yaml"), ("check", ".")])
def test_a_file_that_is_not_there_is_said_in_words(world: World, arguments: tuple[str, ...]) -> None:
    assert world.run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (SITE + NODES, ("center", "-c", "vigil.yaml"), "center: this section is missing"),
        ("site: {name: 梅州}\n", ("node", "-c", "vigil.yaml"), "The file has: none."),
        (NODES + NODES.partition("\n")[2].replace("id: node", "id: two"), ("node", "-c", "vigil.yaml"), "node, two."),
        (RIGHT, ("node", "-c", "vigil.yaml", "--node", "other"), "The file has: node."),
        (RIGHT, ("node", "-c", "vigil.yaml"), "node.key"),
        (SITE + NODES, ADD, "center: this section is missing"),
        (SITE + NODES, ("user", "list", "-c", "vigil.yaml"), "center: this section is missing"),
    ],
)
def test_what_is_missing_is_said_in_words(world: World, text: str, arguments: tuple[str, ...], words: str) -> None:
    world.write(text)
    output = world.wrong(*arguments)
    assert words in output
    assert "Traceback" not in output


def test_people_are_entered_listed_and_shut_out(world: World) -> None:
    told = world.right(*ADD, "--role", "admin")
    password = re.search(r"password (\S+)", told)
    assert password is not None
    assert Passwords().matches(world.hash_of("zhang"), password[1])
    assert world.right("user", "list", "-c", "vigil.yaml") == "zhang\t张三\t政务中心\tadmin, operator\n"
    assert world.right("user", "disable", "-c", "vigil.yaml", "zhang") == "zhang is disabled.\n"
    assert world.right("user", "list", "-c", "vigil.yaml").endswith("  (disabled)\n")


def test_a_password_may_come_from_a_file_and_is_then_not_shown(world: World) -> None:
    (world.folder / "password").write_text("first long password\n")
    told = world.right(*ADD, "--password-file", "password")
    assert "first" not in told
    assert Passwords().matches(world.hash_of("zhang"), "first long password")
    (world.folder / "password").write_text("second long password\n")
    told = world.right("user", "password", "-c", "vigil.yaml", "zhang", "--password-file", "password")
    assert "second" not in told
    assert Passwords().matches(world.hash_of("zhang"), "second long password")


def test_a_new_password_ends_the_sessions(world: World) -> None:
    world.right(*ADD)
    database = Database.in_file(database_file(load(world.folder / "vigil.yaml")))
    stores, now = Stores.over(database), FakeClock().now()
    stores.sessions.start("token", "zhang", now, now)
    world.right("user", "password", "-c", "vigil.yaml", "zhang")
    assert stores.sessions.find("token") is None
    database.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (ADD, "there is a user zhang already"),
        (("user", "disable", "-c", "vigil.yaml", "nobody"), "nobody"),
        (("user", "password", "-c", "vigil.yaml", "nobody"), "nobody"),
        ((*ADD[:4], " ", *ADD[5:]), "needs a name"),
        ((*ADD, "--password-file", "short"), "too short"),
        ((*ADD, "--role", "king"), "king"),
        (("user", "add", "-c", "vigil.yaml", "li"), "--name"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(world: World, arguments: tuple[str, ...], words: str) -> None:
    (world.folder / "short").write_text("short")
    world.right(*ADD)
    output = world.wrong(*arguments)
    assert words in output
    assert "Traceback" not in output


def test_center_and_node_are_given_their_part_of_the_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Callable[..., Awaitable[None]]] = []
    monkeypatch.setattr(cli, "run_until_signal", ran.append)
    (world.folder / "node.key").write_text("key")
    world.right("center", "-c", "vigil.yaml")
    world.right("node", "-c", "vigil.yaml")
    world.right("node", "-c", "vigil.yaml", "--node", "node")
    assert len(ran) == 3


def test_an_address_that_is_taken_is_said_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_: Any) -> None:
        raise OSError(98, "cannot listen on 127.0.0.1:8480: Address already in use. Is another vigil running?")

    monkeypatch.setattr(cli, "run_until_signal", taken)
    assert "Is another vigil running?" in world.wrong("center", "-c", "vigil.yaml")


def test_run_makes_the_keys_that_are_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(demo, "run_all", ran.append)
    world.right("run", "-c", "vigil.yaml")
    key = world.folder / "node.key"
    assert len(key.read_text().strip()) == 64
    assert key.stat().st_mode & 0o077 == 0
    assert ran[0].nodes[0].id == "node"


def test_demo_says_when_its_file_is_none(world: World) -> None:
    assert "needs a checkout" in world.wrong("demo", "--config", "no.yaml")


def test_every_node_is_on_the_board_before_it_first_comes(world: World) -> None:
    (world.folder / "node.key").write_text("key")
    center = build(load(world.folder / "vigil.yaml"), FakeClock())
    links = center.app.state.deps.statuses.view().nodes
    assert [(link.node, link.connected) for link in links] == [("node", False)]
    center.database.close()


def test_the_shortest_password_is_documented_by_the_error() -> None:
    assert people.SHORTEST_PASSWORD == 10


def test_the_register_is_verified(world: World) -> None:
    database = Database.in_file(database_file(load(world.folder / "vigil.yaml")))
    register = Stores.over(database).register
    person = User("li", "李明", "中心", frozenset())
    for number in range(3):
        register.append(person, Action.PLAY, f"clip {number}", at=datetime(2026, 3, 2, tzinfo=UTC))
    head = str(register.head())
    said = world.right("audit", "verify", "-c", "vigil.yaml", "--kept", head)
    assert said == f"3 entries, whole. Keep the head elsewhere:\n{head}\n"
    with database.write() as session:
        session.execute(text("DROP TRIGGER register_no_update"))
        session.execute(text("UPDATE register SET subject = 'clip 9' WHERE number = 2"))
    database.close()
    result = world.run("audit", "verify", "-c", "vigil.yaml")
    assert result.exit_code == 1
    assert "entry 2 is not what was entered. The 1 entries before are whole." in result.output
    assert "is no head: NUMBER:SHA256" in world.wrong("audit", "verify", "-c", "vigil.yaml", "--kept", "3")


def test_how_long_footage_is_kept_is_said(world: World) -> None:
    said = world.right("retention", "-c", "vigil.yaml")
    assert "kept 30 to 90 days" in said
    assert "0.0 GiB must be kept. There is room for " in said
