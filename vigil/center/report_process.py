"""The centre's end of the process that makes reports (report_worker.py): starts it, asks it, and starts it again when it died."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection, Pipe
from typing import Final

import structlog
from prometheus_client import Histogram

from vigil import metrics
from vigil.center.report_orders import Answer, Broken, Call, Files, Order
from vigil.config import Configuration
from vigil.errors import ReportsDied, VigilError
from vigil.model.site import Site
from vigil.process import PARENT

_COMMAND: Final = (sys.executable, "-m", "vigil.center.report_worker")
_END_S: Final = 2.0
"""How long it may take to end once its pipe is closed; it does so between two orders."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    line: Connection

    @classmethod
    def start(cls, configuration: Configuration) -> _Child:
        """Raises OSError. It does not outlive the thread that calls this."""
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(
                [*_COMMAND, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=os.environ | {PARENT: str(os.getpid())},
            )
        child = cls(process, ours)
        try:
            ours.send(configuration)
        except OSError:  # it ended before it read that
            child.end()
            raise
        return child

    def ask(self, call: Call) -> Answer:
        """Raises EOFError and OSError where it dies over it."""
        self.line.send(call)
        answer: Answer = self.line.recv()
        return answer

    def end(self) -> int:
        """Its exit status."""
        self.line.close()
        try:
            return self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class ReportProcess:
    """A Press. There is a process from the first order, or `start`, until `close`."""

    def __init__(self, configuration: Configuration, seconds: Histogram) -> None:
        """`seconds` by what was ordered."""
        self._configuration, self._seconds = configuration, seconds
        self._child: _Child | None = None
        self._site: Site | None = None
        self._pickled = b""
        self._killed = False

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.process.pid

    def start(self) -> None:
        self._alive()

    def make(self, order: Order, site: Site, now: datetime) -> Files:
        child = self._alive()
        if site is not self._site:
            self._site, self._pickled = site, pickle.dumps(site)
        try:
            with self._seconds.labels(order.wanted).time():
                answer = child.ask(Call(order, self._pickled, now))
        except (EOFError, OSError) as error:
            raise self._died(order) from error
        if isinstance(answer, VigilError):
            raise answer
        if isinstance(answer, Broken):
            raise RuntimeError(f"{answer.error} in the process that makes reports")
        return answer

    def close(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def kill(self) -> None:
        self._killed = True
        if self._child is not None:
            self._child.process.kill()

    def _alive(self) -> _Child:
        if self._child is None or self._child.process.poll() is not None:
            self.close()
            try:
                self._child = _Child.start(self._configuration)
            except OSError as error:
                raise ReportsDied(f"the process that makes reports cannot be started: {error.strerror}") from error
        if self._killed:  # looked at afterwards: `kill` may have come before there was anything to be killed
            self.close()
            raise ReportsDied("the centre is stopping")
        return self._child

    def _died(self, order: Order) -> ReportsDied:
        status = None if self._child is None else self._child.end()
        self._child = None
        if not self._killed:
            metrics.restarts.labels("reports").inc()
            log.error("report_process_died", status=status, wanted=order.wanted)
        return ReportsDied("the process that makes reports died over it")
