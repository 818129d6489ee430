"""What the centre looks after by itself, every few seconds: one thread, one task after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from vigil.errors import StoreError

EVERY_S: Final = 5.0

log = structlog.get_logger()


class Rounds:
    """`tasks` by the name that stands in the log. What one of them could not do, its next round does."""

    def __init__(self, tasks: Mapping[str, Callable[[], object]], every_s: float = EVERY_S) -> None:
        self._tasks = tasks
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._stop.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            for name, task in self._tasks.items():
                self._supervised(name, task)
            self._stop.wait(self._every_s)

    def _supervised(self, name: str, task: Callable[[], object]) -> None:
        try:
            task()
        except StoreError as error:  # the database is away: the next round does it
            log.error("round_waiting", task=name, error=str(error))
        except Exception:  # this thread is its tasks' supervisor: one that fails must not stop the others
            log.exception("round_failed", task=name)
