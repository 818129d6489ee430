"""Reports with their real process: what it makes, what happens when it is killed, and that nothing of it is left."""

from __future__ import annotations

import fcntl
import os
import pickle
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Histogram
from starlette.testclient import TestClient

from tests.system import wait_for
from tests.unit.gateway.world import make_world, populate, problem
from tests.unit.report.samples import SITE, W1, Book, local
from vigil.center import report_process
from vigil.center.report_desk import MOST_WAITING, ReportDesk
from vigil.center.report_orders import Order, Wanted
from vigil.center.report_process import ReportProcess
from vigil.center.report_worker import make
from vigil.center.sections import open_database
from vigil.config import CenterSettings, Configuration, ObjectSettings
from vigil.errors import CalendarError, ReportsDied, StoreError
from vigil.report.period import Period, PeriodKind
from vigil.store.stores import Stores

NOW = local("2026-11-01 04:00")
FRIDAY = date(2026, 10, 9)
FIGURES = "/api/v1/reports/figures"


@dataclass
class Centre:
    configuration: Configuration
    stores: Stores
    process: ReportProcess
    seconds: Histogram

    def make(self, wanted: Wanted = Wanted.FIGURES, year: int = 2026) -> bytes:
        period = None if wanted is Wanted.FILING else Period(PeriodKind.MONTH, date(year, 10, 1), date(year, 10, 31))
        return self.process.make(Order(wanted, period), SITE, NOW)[0].content


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    configuration = Configuration(
        tmp_path / "vigil.yaml", SITE, CenterSettings("center", ObjectSettings("objects")), ()
    )
    database = open_database(configuration)
    seconds = Histogram("vigil_report_seconds", "", ("wanted",), registry=CollectorRegistry())
    one = Centre(configuration, Stores.over(database), ReportProcess(configuration, seconds), seconds)
    Book(one.stores).minutes(W1, FRIDAY, "08:30", 30)
    yield one
    one.process.close()
    database.close()


def pid_of(process: ReportProcess) -> int:
    assert process.pid is not None
    return process.pid


@contextmanager
def frozen(process: ReportProcess) -> Iterator[None]:
    """So that what is ordered is not made until it is over, whatever happens to the process meanwhile."""
    pid = pid_of(process)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it was killed
            os.kill(pid, signal.SIGCONT)


def ordered(process: ReportProcess) -> bool:
    """The process was sent what it has not read yet."""
    assert process._child is not None
    unread = fcntl.ioctl(process._child.line.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    return int.from_bytes(unread, sys.byteorder) > 0


def test_it_makes_what_would_be_made_here(centre: Centre) -> None:
    for wanted in Wanted:
        period = None if wanted is Wanted.FILING else Period(PeriodKind.MONTH, date(2026, 10, 1), date(2026, 10, 31))
        here = make(Order(wanted, period), SITE, centre.stores, NOW)
        there = centre.process.make(Order(wanted, period), SITE, NOW)
        assert [(one.format, len(one.content)) for one in there] == [(one.format, len(one.content)) for one in here]
        if wanted is not Wanted.FILING:  # whose bytes tell the second in which they were packed
            assert there == here


def test_it_says_what_is_wrong_and_goes_on(centre: Centre) -> None:
    with pytest.raises(CalendarError, match="1990"):
        centre.make(year=1990)
    pid = centre.process.pid
    assert centre.make()
    assert centre.process.pid == pid


def test_a_database_that_is_away_is_told_and_tried_again(centre: Centre, tmp_path: Path) -> None:
    file = tmp_path / "center" / "vigil.db"
    away = file.rename(tmp_path / "away.db")
    file.mkdir()
    with pytest.raises(StoreError):
        centre.make()
    file.rmdir()
    away.rename(file)
    assert centre.make()


def test_one_that_is_killed_in_the_middle_is_started_again_for_the_next(centre: Centre) -> None:
    centre.make()
    pid = pid_of(centre.process)
    with ThreadPoolExecutor(1) as thread, frozen(centre.process):
        asked = thread.submit(centre.make)
        wait_for(lambda: ordered(centre.process), 30, "the order")
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ReportsDied):
            asked.result(30)
    assert centre.make()
    assert centre.process.pid != pid


def test_one_that_is_killed_meanwhile_costs_nobody_an_answer(centre: Centre) -> None:
    centre.make()
    assert centre.process._child is not None
    os.kill(pid_of(centre.process), signal.SIGKILL)
    centre.process._child.process.wait(30)
    assert centre.make()


@pytest.mark.parametrize("command", [("/bin/false",), ("/nowhere/vigil",)])
def test_one_that_cannot_be_started_is_tried_again_for_the_next(
    centre: Centre, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(report_process, "_COMMAND", command)
        with pytest.raises(ReportsDied):
            centre.make()
    assert centre.make()


def test_what_is_being_made_when_the_centre_stops_is_given_up(centre: Centre) -> None:
    centre.make()
    with ThreadPoolExecutor(1) as thread, frozen(centre.process):
        asked = thread.submit(centre.make)
        wait_for(lambda: ordered(centre.process), 30, "the order")
        centre.process.kill()
        with pytest.raises(ReportsDied):
            asked.result(30)
    with pytest.raises(ReportsDied):
        centre.make()
    assert centre.process.pid is None


_PARENT = """
import sys, time, pickle
from prometheus_client import Histogram
from vigil.center.report_orders import Order, Wanted
from vigil.center.report_process import ReportProcess
configuration, now = pickle.load(open(sys.argv[1], "rb"))
process = ReportProcess(configuration, Histogram("one", "", ("wanted",)))
process.make(Order(Wanted.FILING), configuration.site, now)
print(process.pid, flush=True)
time.sleep(600)
"""


def test_it_does_not_outlive_the_centre(centre: Centre, tmp_path: Path) -> None:
    (tmp_path / "configuration").write_bytes(pickle.dumps((centre.configuration, NOW)))
    command = [sys.executable, "-c", _PARENT, str(tmp_path / "configuration")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, signal.SIGSTOP)  # it cannot look at its pipe
        parent.kill()
    wait_for(lambda: not alive(pid), 30, "the process to be gone")


def alive(pid: int) -> bool:
    """A zombie, whom nobody has waited for, is not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@dataclass
class Gateway:
    client: TestClient
    process: ReportProcess

    def ask(self, first: int = 1) -> tuple[int, dict[str, object]]:
        span = {"kind": "span", "first_day": f"2026-02-{first:02}", "last_day": "2026-03-02"}
        answer = self.client.get(FIGURES, params=span)
        return answer.status_code, answer.json() if answer.is_success else problem(answer)


@pytest.fixture
def gateway(centre: Centre, tmp_path: Path) -> Iterator[Gateway]:
    populate(centre.stores.database)
    world = make_world(tmp_path, centre.stores.database)
    desk = ReportDesk(centre.process, world.deps.site, world.clock)
    world = make_world(tmp_path, centre.stores.database, reports=desk)
    desk.start()
    yield Gateway(world.client("supervisor"), centre.process)
    desk.stop(30)


def test_whoever_asks_while_it_is_killed_is_told_so_and_the_next_is_answered(gateway: Gateway) -> None:
    assert gateway.ask()[0] == 200
    with ThreadPoolExecutor(1) as thread, frozen(gateway.process):
        asked = thread.submit(gateway.ask)
        wait_for(lambda: ordered(gateway.process), 30, "the order")
        os.kill(pid_of(gateway.process), signal.SIGKILL)
        status, told = asked.result(30)
    assert (status, told["title"]) == (503, "Service Unavailable")
    assert "Ask again" in str(told["detail"])
    assert gateway.ask()[0] == 200


def test_a_line_that_is_full_refuses_and_takes_no_thread_from_the_others(gateway: Gateway) -> None:
    assert gateway.ask()[0] == 200
    more = 3
    with ThreadPoolExecutor(1 + MOST_WAITING + more) as threads:
        with frozen(gateway.process):
            first = threads.submit(gateway.ask)
            wait_for(lambda: ordered(gateway.process), 30, "the order")
            asked = [threads.submit(gateway.ask, 2 + number) for number in range(MOST_WAITING + more)]
            wait_for(lambda: sum(one.done() for one in asked) == more, 30, "the refusals")
            refused = [one.result() for one in asked if one.done()]
            assert gateway.client.get("/api/v1/reports").status_code == 200
        answered: list[Future[tuple[int, dict[str, object]]]] = [first, *asked]
        statuses = sorted(one.result(60)[0] for one in answered)
    assert statuses == [200] * (1 + MOST_WAITING) + [503] * more
    assert {str(told["detail"]) for _, told in refused} == {
        f"{MOST_WAITING} reports are waiting to be made. Ask again in a moment."
    }
