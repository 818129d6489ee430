"""The process that makes reports, so that whoever asks for pages shares neither its interpreter nor its memory.

python -m vigil.center.report_worker FD, with its end of a pipe. It is told the configuration, which says where the database is,
and then what to make, one order after the other. It ends with the pipe, and with the thread that started it (report_process.py).
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Final

import structlog

from vigil.center.report_orders import Answer, Broken, Call, Files, Order, Wanted
from vigil.center.sections import open_database
from vigil.config import Configuration
from vigil.errors import VigilError
from vigil.gateway.report_views import FiguresReport
from vigil.model.site import Site
from vigil.process import configure_logs, die_with_supervisor
from vigil.report.filing import filing
from vigil.report.pack import PackFile, pack
from vigil.report.report import make_report
from vigil.store.stores import Stores

_NICENESS: Final = 5
"""Where the cores are few a report takes longer, and not the pages that others ask for."""

log = structlog.get_logger()


class Worker:
    """The database is opened for the first order, its schema left as it is: the centre has brought it up."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._stores: Stores | None = None
        self._pickled = b""
        self._site: Site | None = None

    def answer(self, call: Call) -> Answer:
        try:
            return make(call.order, self._site_of(call.site), self._opened(), call.now)
        except VigilError as error:
            return error
        except Exception as error:  # who ordered it is told, and the next is made
            log.exception("report_broke", wanted=call.order.wanted)
            return Broken(type(error).__name__)

    def _opened(self) -> Stores:
        if self._stores is None:
            self._stores = Stores.over(open_database(self._configuration, upgrade=False))
        return self._stores

    def _site_of(self, pickled: bytes) -> Site:
        if self._site is None or pickled != self._pickled:
            self._pickled, self._site = pickled, pickle.loads(pickled)  # noqa: S301, of the process that started us
        return self._site


def make(order: Order, site: Site, stores: Stores, now: datetime) -> Files:
    """Raises CalendarError, ReportError, StoreError."""
    if order.period is None:
        return (PackFile("xlsx", filing(site, stores, now)),)
    if order.wanted is Wanted.PACK:
        return pack(make_report(site, stores, order.period, now, before=True))
    report = make_report(site, stores, order.period, now, before=order.before)
    return (PackFile("json", FiguresReport.of(report).model_dump_json().encode()),)


def serve(line: Connection) -> None:
    """Until nobody is at the other end.

    Garbage is looked for between two orders: a report makes half a million small objects, of which none refers to itself, and
    looking through them all again and again took a third of its time.
    """
    try:
        worker = Worker(line.recv())
        while True:
            call = line.recv()
            gc.disable()
            line.send(worker.answer(call))
            gc.enable()
            gc.collect()
    except (EOFError, ConnectionError):
        return


def main(descriptor: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a terminal and systemd tell us, too; the centre stops us in its turn
    die_with_supervisor(signal.SIGKILL)
    os.nice(_NICENESS)
    configure_logs()
    with Connection(descriptor) as line:
        serve(line)


if __name__ == "__main__":
    main(int(sys.argv[1]))
