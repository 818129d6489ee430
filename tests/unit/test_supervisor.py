"""The supervisor over tiny programs of Python; the clock is turned by hand, only their deaths are real."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from vigil import supervisor as supervisor_module
from vigil.clock import FakeClock
from vigil.process import PARENT
from vigil.supervisor import Program, Supervisor

PYTHON = (sys.executable, "-c")
DIES = "import sys; print('hello', flush=True); sys.exit(3)"
# Says that it is ready, then what it is told, so that a test needs no guess at its state.
STAYS = """
import signal, sys, time
def stop(*_):
    open(sys.argv[1], 'a').write(sys.argv[2] + '\\n')
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print('ready', flush=True)
while True:
    time.sleep(60)
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock()
        self.stopped = folder / "stopped"
        self.stopped.touch()
        self.supervisor: Supervisor | None = None

    def run(self, *programs: Program) -> Supervisor:
        self.supervisor = Supervisor(programs, command=PYTHON, clock=self.clock)
        return self.supervisor

    def stays(self, name: str) -> Program:
        return Program(name, (STAYS, str(self.stopped), name), self.log(name))

    def dies(self, name: str = "dies") -> Program:
        return Program(name, (DIES,), self.log(name))

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def process(self, index: int = 0) -> subprocess.Popen[bytes]:
        assert self.supervisor is not None
        return self.supervisor._children[index].process

    def ready(self, *names: str) -> None:
        for name in names:
            _until_it_holds(self.log(name), "ready")


def _until_it_holds(file: Path, text: str) -> None:
    for _ in range(5000):
        if file.exists() and text in file.read_text():
            return
        os.sched_yield()
        subprocess.run(["true"], check=True)
    raise AssertionError(f"{file} never held {text}")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    for child in world.supervisor._children if world.supervisor else ():
        child.process.kill()
        child.process.wait()


def test_what_dies_is_started_again_after_a_back_off_that_grows(world: World) -> None:
    supervisor = world.run(world.dies())
    waits = []
    for _ in range(6):
        world.process().wait(10)
        with capture_logs() as logs:
            supervisor.tend()
            supervisor.tend()
        (line,) = logs
        assert (line["event"], line["name"], line["status"]) == ("process_died", "dies", 3)
        waits.append(line["again_in_s"])
        before = world.process().pid
        world.clock.advance(line["again_in_s"] - 0.1)
        supervisor.tend()
        assert world.process().pid == before
        world.clock.advance(0.1)
        supervisor.tend()
        assert world.process().pid != before
    assert waits == [1, 2, 5, 10, 30, 30]


def test_a_healthy_minute_makes_the_back_off_begin_anew(world: World) -> None:
    supervisor = world.run(world.dies())
    for healthy_s, wait_s in ((0.0, 1.0), (0.0, 2.0), (61.0, 1.0), (0.0, 2.0)):
        world.process().wait(10)
        world.clock.advance(healthy_s)
        with capture_logs() as logs:
            supervisor.tend()
        assert logs[0]["again_in_s"] == wait_s
        world.clock.advance(wait_s)
        supervisor.tend()


def test_stops_in_order_last_started_first(world: World) -> None:
    supervisor = world.run(world.stays("cameras"), world.stays("center"), world.stays("node"))
    world.ready("cameras", "center", "node")
    assert supervisor.stop()
    assert world.stopped.read_text().split() == ["node", "center", "cameras"]
    assert supervisor.stop()  # again is nothing


def test_what_will_not_stop_is_killed_and_that_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "_STOP_S", 0.1)
    monkeypatch.setattr(supervisor_module, "_LEAST_S", 0.1)
    supervisor = world.run(world.stays("center"), Program("deaf", (DEAF,), world.log("deaf")))
    world.ready("center", "deaf")
    monkeypatch.setattr(supervisor_module, "_LEAST_S", 0.1)
    assert not supervisor.stop()
    assert world.process(1).returncode == -9
    assert world.process(0).returncode is not None


def test_one_that_died_before_the_stop_is_no_trouble(world: World) -> None:
    supervisor = world.run(world.dies(), world.stays("center"))
    world.ready("center")
    world.process().wait(10)
    supervisor.tend()
    assert supervisor.stop()


def test_logs_are_appended_to_over_restarts(world: World) -> None:
    supervisor = world.run(world.dies())
    world.process().wait(10)
    supervisor.tend()
    world.clock.advance(1)
    supervisor.tend()
    world.process().wait(10)
    assert world.log("dies").read_text() == "hello\nhello\n"


def test_a_program_knows_its_supervisor_and_is_out_of_reach_of_ctrl_c(world: World) -> None:
    shows = f"import os; print(os.environ['{PARENT}'], os.getsid(0) == os.getpid())"
    world.run(Program("shows", (shows,), world.log("shows")))
    world.process().wait(10)
    assert world.log("shows").read_text().split() == [str(os.getpid()), "True"]


def test_one_that_cannot_be_started_leaves_none_running(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.folder / "file").touch()
    bad = Program("bad", (DIES,), world.folder / "file" / "bad.log")
    started: list[subprocess.Popen[bytes]] = []
    real = supervisor_module._spawn

    def spawn(program: Program, command: list[str]) -> subprocess.Popen[bytes]:
        started.append(real(program, command))
        world.ready(program.name)
        return started[-1]

    monkeypatch.setattr(supervisor_module, "_spawn", spawn)
    with pytest.raises(OSError, match="file"):
        world.run(world.stays("center"), bad)
    assert [process.returncode for process in started] == [0]


def test_a_restart_that_fails_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = world.run(world.dies())
    world.process().wait(10)
    supervisor.tend()
    world.clock.advance(1)
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(supervisor_module, "_spawn", lambda *_: (_ for _ in ()).throw(OSError("no more processes")))
        supervisor.tend()
    assert [line["event"] for line in logs] == ["process_not_started"]
    before = world.process().pid
    supervisor.tend()
    world.clock.advance(2)
    supervisor.tend()
    assert world.process().pid != before


def test_watches_until_told_to_stop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "_TURN_S", 0.0)
    supervisor = world.run(world.dies())
    before = world.process().pid
    turns = iter(range(2000))

    def stopping() -> bool:
        world.clock.advance(0.5)
        return world.process().pid != before or next(turns, None) is None

    world.process().wait(10)
    supervisor.watch(stopping)
    assert world.process().pid != before
