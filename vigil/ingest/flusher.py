"""Has the kernel write to disk what recorders handed it, so that a loss of power costs no more than a moment.

One call a file system for all open segments (syncfs(2)) in a thread of its own: nobody waits for it, and the disk is asked as
seldom with two hundred cameras as with one.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from pathlib import Path
from typing import Final

import structlog

from vigil import metrics

FLUSH_S: Final = 0.5
"""How long after it was written something is asked for to be on the disk. A slow disk is left alone for as long as the flush
before took, so that it is never busy with flushes alone."""

_SLOW_S: Final = 5.0
"""Longer than that and a loss of power would cost more than anybody has been told."""

log = structlog.get_logger()
_libc = ctypes.CDLL(None, use_errno=True)  # the standard library has os.sync, which waits for every disk there is


def sync_file_system(folder: Path) -> None:
    """Returns when all that was written to the file system of `folder` is on its disk. Raises OSError (Linux 5.8 and later)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)


class Flusher:
    """`wrote` is called by who writes; `start` and `stop` by who owns both."""

    def __init__(self, folder: Path, *, every_s: float = FLUSH_S) -> None:
        self._folder = folder
        self._every_s = every_s
        self._written = threading.Event()
        self._stop = threading.Event()
        self._failing: str | None = None
        self._slow = False
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """True when the thread has ended; a disk that hangs is left behind."""
        self._stop.set()
        self._written.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def wrote(self) -> None:
        """Something was handed to the kernel. Returns at once."""
        self._written.set()

    def _run(self) -> None:
        took_s = 0.0
        while not self._stop.wait(max(self._every_s, took_s)):
            self._written.wait()
            self._written.clear()
            took_s = self._flush()

    def _flush(self) -> float:
        """Seconds that it took."""
        began_mono = time.monotonic()
        try:
            sync_file_system(self._folder)
        except OSError as error:
            # Closing a segment asks for its own file again and tells the gap. What this says is that a loss of power costs more.
            if str(error) != self._failing:
                log.error("flush_failed", folder=str(self._folder), error=str(error))
            self._failing = str(error)
        else:
            self._failing = None
        took_s = time.monotonic() - began_mono
        metrics.flush_seconds.observe(took_s)
        if (took_s > _SLOW_S) != self._slow:
            self._slow = not self._slow
            if self._slow:
                log.warning("disk_flushes_slowly", seconds=round(took_s, 1))
            else:
                log.info("disk_flushes_again", seconds=round(took_s, 1))
        return took_s
