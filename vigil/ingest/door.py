"""Whether anybody is at home at a camera's address: asked while the next try to connect is still far away.

A camera that has no power, or whose cable is out, refuses or does not answer at all. Once its port opens again there is no reason
to wait for the rest of half a minute.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from vigil.clock import Clock

KNOCK_EVERY_S: Final = 2.0
_KNOCK_S: Final = 2.0
_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


def door_of(url: str) -> Callable[[], bool] | None:
    """Says whether the address takes connections now; None where there is no address to ask, as of a file."""
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    if host is None or port is None:
        return None
    return lambda: _is_open(host, port)


def wait_for_return(is_open: Callable[[], bool], seconds: float, stop: threading.Event, clock: Clock) -> None:
    """Waits so long, or until a door that was closed opens, or until stopped.

    One that is open from the beginning says nothing: somebody is there, and has just refused us.
    """
    until_mono = clock.mono() + seconds
    if seconds <= KNOCK_EVERY_S or is_open():
        stop.wait(max(0.0, until_mono - clock.mono()))
        return
    while (left_s := until_mono - clock.mono()) > 0:
        if stop.wait(min(KNOCK_EVERY_S, left_s)) or is_open():
            return


def _is_open(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_KNOCK_S):
            return True
    except OSError:
        return False
