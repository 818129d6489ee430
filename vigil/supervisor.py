"""Starts vigil's processes on one machine, starts them again when they die, and stops them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from vigil.clock import Clock, SystemClock
from vigil.process import PARENT

_BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_HEALTHY_S: Final = 60.0
_STOP_S: Final = 8.0
_LEAST_S: Final = 1.0
"""For a program that is stopped after one that took all the time."""
_TURN_S: Final = 0.2
VIGIL: Final = (sys.executable, "-m", "vigil")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """One process: `arguments` of the vigil command, and where its log goes (None: to ours)."""

    name: str
    arguments: tuple[str, ...]
    log: Path | None = None
    port: int | None = None
    """A port of 127.0.0.1 that it listens on and that no configuration names."""


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started_mono: float
    deaths: int = 0
    again_mono: float | None = field(default=None)


class Supervisor:
    """Single-threaded: programs run from the start; `watch` until told to stop, then `stop`.

    `command` is what a program's arguments are given to.
    """

    def __init__(
        self, programs: Sequence[Program], *, command: Sequence[str] = VIGIL, clock: Clock | None = None
    ) -> None:
        """Raises OSError when one cannot be started; those before it are then stopped."""
        self._command = tuple(command)
        self._clock = clock or SystemClock()
        self._children: list[_Child] = []
        try:
            for program in programs:
                self._children.append(_Child(program, self._spawn(program), self._clock.mono()))
        except OSError:
            self.stop()  # the list holds what was started so far
            raise

    def watch(self, stopping: Callable[[], bool]) -> None:
        """Restarts what dies, with a back-off that a healthy minute resets, until `stopping()` is true."""
        while not stopping():
            self.tend()
            time.sleep(_TURN_S)

    def tend(self) -> None:
        """One round of `watch`."""
        for child in self._children:
            self._tend(child)

    def stop(self) -> bool:
        """Last started, first stopped: nodes before the centre, and that before cameras. True when all ended in time."""
        deadline = time.monotonic() + _STOP_S
        in_time = True
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
                in_time &= _wait(child.process, deadline - time.monotonic())
        return in_time

    def _tend(self, child: _Child) -> None:
        now = self._clock.mono()
        if child.process.poll() is None:
            return
        if child.again_mono is None:
            if now - child.started_mono >= _HEALTHY_S:
                child.deaths = 0
            wait_s = _BACKOFF_S[min(child.deaths, len(_BACKOFF_S) - 1)]
            child.deaths += 1
            child.again_mono = now + wait_s
            log.error("process_died", name=child.program.name, status=child.process.returncode, again_in_s=wait_s)
        elif now >= child.again_mono:
            child.started_mono, child.again_mono = now, None
            try:
                child.process = self._spawn(child.program)
            except OSError as error:  # counts as a death: the next turn waits longer
                log.error("process_not_started", name=child.program.name, error=str(error))

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        return _spawn(program, [*self._command, *program.arguments])


def _spawn(program: Program, command: list[str]) -> subprocess.Popen[bytes]:
    environment = os.environ | {PARENT: str(os.getpid())}
    if program.log is None:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as stream:
        # A session of its own: Ctrl-C reaches the supervisor alone, who then stops all in order.
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=environment, start_new_session=True
        )


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    try:
        process.wait(max(_LEAST_S, timeout_s))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True
