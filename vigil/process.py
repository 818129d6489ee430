"""What every vigil process does alike: logs, signals, and not outliving the supervisor that started it."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

PARENT: Final = "VIGIL_SUPERVISOR"
"""Environment variable with the supervisor's process id."""

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_M_ARENA_MAX: Final = -8  # glibc's malloc.h
_ARENAS: Final = 2


def configure_logs(*, verbose: bool = False) -> None:
    """One event a line on standard error: for people on a terminal, as JSON otherwise."""
    terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer(colors=terminal) if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def run_until_signal(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs `main` with an event that SIGINT and SIGTERM set."""
    asyncio.run(_run(main))


async def _run(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    die_with_supervisor()
    await main(stop)


def end_beneath(*names: str) -> None:
    """Ends the process here and now where a thread of one of these names is still at work, to be called when all else is done.

    The interpreter's own end takes down libraries in C++ beneath a thread that is within them, and they abort: a node that was
    stopped while its detector was being compiled seemed to have crashed.
    """
    if any(thread.name.startswith(names) for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def share_memory() -> None:
    """Has glibc keep two arenas for all threads, where it would make eight for each core. To be called before there are threads.

    What one thread freed is of no use to those of another arena: a node of four cameras took 32 MB more for such holes
    (docs/design/performance.md). Another C library is left alone, and so is one that MALLOC_ARENA_MAX speaks to.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and "MALLOC_ARENA_MAX" not in os.environ:
        mallopt(_M_ARENA_MAX, _ARENAS)


def die_with_supervisor(number: signal.Signals = signal.SIGTERM) -> None:
    """Where a supervisor started this process, its death is our signal: no orphans hold ports and cameras.

    Its death is that of the thread that started us.
    """
    supervisor = os.environ.get(PARENT)
    if supervisor is None:
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != int(supervisor):  # it died before we asked
        os.kill(os.getpid(), number)
