"""The programs of a run: started, killed, started again, and how much memory each of their lives took."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from benchmarks.uplink_faults.site import ROOT
from vigil.process import PARENT

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Life:
    """From a start to a death. Times in seconds since 1970."""

    began_at: float
    killed_at: float | None = None
    """None: it was not killed."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Age in seconds, resident MB (10^6 bytes)."""


class Programs:
    """A context that ends what it started, by process id, when it is left. Belongs to one thread."""

    def __init__(self, folder: Path) -> None:
        self.lives: dict[str, list[Life]] = {}
        self.deaths: list[str] = []
        """Programs that ended without having been told to, and how."""
        self._folder = folder
        self._commands: dict[str, list[str]] = {}
        self._vital: set[str] = set()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in self._running.values():
            program.kill()
            program.wait()
        self._running.clear()

    def start(self, name: str, prefix: Sequence[str], *arguments: str, vital: bool = False) -> None:
        """`python -m ARGUMENTS` behind `prefix`, which must become it and not remain its parent. Without a vital one no run."""
        if vital:
            self._vital.add(name)
        self._commands[name] = [*prefix, sys.executable, "-m", *arguments]
        self._start(name)

    def kill(self, name: str) -> float:
        """kill -9, and a new start at once. When it died, in seconds since 1970."""
        program = self._running[name]
        killed_at = time.time()
        program.kill()
        program.wait()
        self.lives[name][-1].killed_at = killed_at
        self._start(name)
        return killed_at

    def stop(self, name: str, timeout_s: float) -> None:
        """SIGTERM, and where that is not enough in time, SIGKILL, which is told."""
        program = self._running.pop(name)
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.deaths.append(f"{name}: did not stop within {timeout_s:g} s")
            program.kill()
            program.wait()

    def look(self) -> None:
        """Takes down everybody's memory. Who has died by itself is noted, and started again.

        Raises RuntimeError when that is one that is vital.
        """
        for name, program in list(self._running.items()):
            if program.poll() is not None:
                if name in self._vital:
                    raise RuntimeError(f"{name} ended with {program.returncode}: {self.log(name).read_text()[-2000:]}")
                self.deaths.append(f"{name}: ended with {program.returncode}")
                self.lives[name][-1].killed_at = time.time()
                self._start(name)
                continue
            life = self.lives[name][-1]
            pages = int(Path(f"/proc/{program.pid}/statm").read_text().split()[1])
            life.memory.append((time.time() - life.began_at, pages * _PAGE / 1e6))

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _start(self, name: str) -> None:
        # A benchmark that is killed itself leaves no program behind: each asks the kernel for a signal.
        environment = os.environ | {PARENT: str(os.getpid())}
        self.lives.setdefault(name, []).append(Life(time.time()))
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._commands[name],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the benchmark, which ends them in order
            )
