"""How long the centre takes to answer, with a city's database on PostgreSQL and fifty requests a second.

A PostgreSQL of its own is filled by COPY with ten million minutes of a thousand windows and a hundred thousand alerts. The real
centre is started on it, adds up its days, and is asked by a process of its own (load.py) at a fixed rate. CPU is that of the
centre's own process; that of its reports, of the server and of the asker come on top of it, on the same machine.

**Baselines** of the same run: the same requests one at a time, the bare SELECT of a page of alerts over psycopg, and a day's
report added up from minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg

from benchmarks.centre.city import City, configure, enter_people
from benchmarks.centre.fill import fill
from benchmarks.centre.load import ALERTS, HALL_DAY, REPORT, Load
from benchmarks.result import report, spread
from tests.postgres import PASSWORD, PostgresServer
from tests.system import free_ports, wait_for
from vigil.center.sections import open_database, site_of
from vigil.config import Configuration
from vigil.report.period import Period, PeriodKind
from vigil.report.report import make_report
from vigil.store.stores import Stores

ROOT: Final = Path(__file__).resolve().parent.parent.parent
_TICK: Final = os.sysconf("SC_CLK_TCK")
WHOLE: Final = City(40, 25, date(2026, 10, 1), date(2026, 11, 10), 100_000, 180, 2, 10_000_000)
SMALL: Final = City(3, 5, date(2026, 10, 29), date(2026, 11, 2), 300, 20, 1, 10_000)
SERVER: Final = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "256MB"}
"""As a small server of its own has it; a test's server writes to no disk."""
MONTH: Final = date(2026, 10, 1)
DAY: Final = date(2026, 10, 30)
_PAGE: Final = "SELECT * FROM alerts ORDER BY raised_at DESC, id DESC LIMIT 51"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run that writes nothing")
    parser.add_argument("--per-second", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--report-every", type=float, default=15)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ask", metavar="ADDRESS", help=argparse.SUPPRESS)
    parser.add_argument("--one-by-one", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    city = SMALL if given.quick else WHOLE
    if given.ask:
        print(json.dumps(asyncio.run(_ask(city, given))))
        return
    if given.quick:
        given.seconds, given.repeats, given.per_second, given.report_every = 3.0, 1, 10.0, 2.0
    run(city, given, save=not given.quick)


def run(city: City, given: argparse.Namespace, *, save: bool) -> None:
    load_before = os.getloadavg()[0]
    with PostgresServer(SERVER) as server, tempfile.TemporaryDirectory() as folder:
        (port,) = free_ports(1)
        database = server.create()
        configuration = configure(city, Path(folder), port, server.address(database), PASSWORD)
        open_database(configuration).close()  # its tables
        where = f"host={server.folder} port={server.port} user=postgres dbname={database}"
        began_mono = time.monotonic()
        rows = fill(city, where)
        print(f"filled in {time.monotonic() - began_mono:.0f} s: {rows}", flush=True)
        enter_people(configuration)
        unkept_s = _report_s(configuration)
        address = f"http://127.0.0.1:{port}"
        with _centre(configuration, address) as program:
            added_up_s = _until_added_up(where, city)
            alone = _asked(address, given, "--one-by-one", "40" if save else "8")
            runs = []
            for _ in range(given.repeats):
                before = _cpu_s(program.pid)
                found = _asked(address, given)
                found["cpu_s"] = _cpu_s(program.pid) - before
                runs.append(found)
            memory_mb = [_memory_mb(pid) for pid in (program.pid, *_children(program.pid))]
        bare_ms = [1000 * _bare_s(where) for _ in range(20)]
    settings = {
        "halls": city.halls,
        "windows": city.halls * city.windows,
        "rows": rows,
        "seconds": given.seconds,
        "repeats": given.repeats,
        "report_every_s": given.report_every,
        "segment_s": 60,
        "server": SERVER,
        "load_before": round(load_before, 1),
        "load_after": round(os.getloadavg()[0], 1),
        "load": "the machine's load averages; one that others kept busy is slower than it is",
    }
    metrics = {
        **spread("requests_per_s", [one["requests"] / one["seconds"] for one in runs], 1),
        **spread("alert_list_p95_ms", [_p95(one, ALERTS) * 1000 for one in runs], 1),
        **spread("alert_list_median_ms", [_median(one, ALERTS) * 1000 for one in runs], 1),
        **spread("hall_day_p95_ms", [_p95(one, HALL_DAY) * 1000 for one in runs], 1),
        **spread("hall_day_median_ms", [_median(one, HALL_DAY) * 1000 for one in runs], 1),
        **spread("monthly_report_p95_s", [_p95(one, REPORT) for one in runs], 2),
        **spread("centre_cpu_share", [one["cpu_s"] / one["seconds"] for one in runs], 2),
        "centre_memory_mb": round(memory_mb[0]),
        "reports_memory_mb": round(sum(memory_mb[1:])),
        "failures": sum(len(one["failures"]) for one in runs),
        "days_added_up_s": round(added_up_s, 1),
    }
    baselines = {
        "alone_alert_list_p95_ms": round(_p95(alone, ALERTS) * 1000, 1),
        "alone_hall_day_p95_ms": round(_p95(alone, HALL_DAY) * 1000, 1),
        "alone_monthly_report_s": round(_median(alone, REPORT), 2),
        "day_from_minutes_s": round(unkept_s, 1),
        "bare_select_of_a_page_ms": round(statistics.median(bare_ms), 2),
    }
    report("centre", settings, metrics, baselines, save=save)


async def _ask(city: City, given: argparse.Namespace) -> dict[str, Any]:
    """In the process that asks."""
    spans = list(city.spans())
    days = sorted({span.day for span in spans} & set(city.days_before(city.footage_days))) or [spans[-1].day]
    load = Load(city, given.ask, days, MONTH)
    await load.log_in()
    began_mono = time.monotonic()
    if given.one_by_one:
        await load.one_by_one(given.one_by_one)
    else:
        await load.run(given.per_second, given.seconds, given.report_every)
    seconds = time.monotonic() - began_mono
    await load.close()
    return {"times_s": load.times_s, "requests": load.requests, "failures": load.failures, "seconds": seconds}


def _asked(address: str, given: argparse.Namespace, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.centre", "--ask", address, "--seconds", str(given.seconds)]
    command += ["--per-second", str(given.per_second), "--report-every", str(given.report_every), *more]
    command += ["--quick"] if given.quick else []
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    for failure in found["failures"][:3]:
        print(f"failed: {failure}", file=sys.stderr)
    print({kind: (len(times), round(max(times), 3)) for kind, times in found["times_s"].items()}, flush=True)
    return found


def _report_s(configuration: Configuration) -> float:
    """The figures of the month's last day of service while no sum is kept yet; of the whole month it takes minutes."""
    with closing(open_database(configuration)) as database:
        began_mono = time.monotonic()
        make_report(site_of(configuration), Stores.over(database), Period(PeriodKind.SPAN, DAY, DAY), datetime.now(UTC))
        return time.monotonic() - began_mono


@contextmanager
def _centre(configuration: Configuration, address: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "vigil", "center", "-c", str(configuration.folder / "vigil.yaml")]
    with (configuration.folder / "center.log").open("wb") as log:
        program = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(lambda: program.poll() is None and httpx.get(f"{address}/healthz").is_success, 120, "the centre")
        yield program
    finally:
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(30)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def _until_added_up(where: str, city: City) -> float:
    """Seconds from the start until every day with minutes is kept."""
    days = len({span.day for span in city.spans()})
    wanted = days * city.halls * city.windows
    began_mono = time.monotonic()

    def kept() -> bool:
        with psycopg.connect(where) as connection:
            query = "SELECT count(*) FROM window_days WHERE claim IS NULL AND day BETWEEN %s AND %s"
            found = connection.execute(query, (city.first.toordinal(), city.last.toordinal())).fetchone()
            return found is not None and found[0] >= wanted

    wait_for(kept, 900, "the days to be added up")
    return time.monotonic() - began_mono


def _bare_s(where: str) -> float:
    with psycopg.connect(where) as connection:
        connection.execute("SELECT 1")
        began_mono = time.monotonic()
        connection.execute(_PAGE).fetchall()
        return time.monotonic() - began_mono


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _memory_mb(pid: int) -> float:
    """Resident, at its most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _children(pid: int) -> list[int]:
    """Whichever of its threads started them."""
    found = (task.joinpath("children").read_text().split() for task in Path(f"/proc/{pid}/task").iterdir())
    return [int(child) for children in found for child in children]


def _p95(found: dict[str, Any], kind: str) -> float:
    times = sorted(found["times_s"].get(kind, [0.0]))
    return float(times[min(len(times) - 1, int(len(times) * 0.95))])


def _median(found: dict[str, Any], kind: str) -> float:
    return float(statistics.median(found["times_s"].get(kind, [0.0])))


if __name__ == "__main__":
    main()
