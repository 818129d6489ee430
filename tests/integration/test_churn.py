"""A camera that hangs up again and again: nothing of a connection that is over may stay behind."""

from __future__ import annotations

import gc
import os
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.proxy import BreakingProxy
from tests.system import CLIPS
from tests.unit.ingest.test_recorder import KeptIndex
from vigil.clock import SystemClock
from vigil.ingest.backoff import Backoff
from vigil.ingest.frames import KeyFrameTap
from vigil.ingest.live import LiveTap
from vigil.ingest.reader import Reader
from vigil.ingest.recorder import Recorder
from vigil.ingest.sinks import PacketSink
from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind
from vigil.simcam import SimcamConfig, Simcams

CAMERA = CameraId("hall-one")
CLIP = next(iter(sorted(CLIPS.glob("*.mp4"))))
WARM_UP, CONNECTIONS = 40, 120
SOON_S = 60.0
LASTS_BYTES = 25_000
"""Of a connection: a key picture and some more, less than a second."""
MOST_GROWTH = 200_000
"""Bytes of Python's memory over eighty connections: two and a half kilobytes each would be a leak."""


class AtOnce(Backoff):
    """Connects again at once, but for while it is held."""

    def __init__(self) -> None:
        super().__init__()
        self._go_on = threading.Event()
        self._go_on.set()
        self._held = threading.Event()

    def failed(self, healthy_s: float) -> float:
        if not self._go_on.is_set():
            self._held.set()
            assert self._go_on.wait(SOON_S)
        return 0.0

    @contextmanager
    def held(self) -> Iterator[None]:
        """There is no connection meanwhile."""
        self._held.clear()
        self._go_on.clear()
        assert self._held.wait(SOON_S)
        yield
        self._go_on.set()


def until(proxy: BreakingProxy, connections: int) -> None:
    deadline = time.monotonic() + SOON_S
    while proxy.connections < connections:
        assert time.monotonic() < deadline, f"{proxy.connections} connections"
        time.sleep(0.05)


def in_use(index: KeptIndex) -> int:
    """Bytes of Python's memory, without what the test itself keeps. Files that wait for a slow disk are waited for."""
    entered = -1
    while entered != len(index.segments):
        entered = len(index.segments)
        time.sleep(3)
    index.segments.clear()
    index.gaps.clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.lesson(10)
def test_hundreds_of_connections_leave_nothing_behind(tmp_path: Path) -> None:
    index = KeptIndex()
    recorder = Recorder(tmp_path, index, segment_s=60, queue_bytes=2**26)
    live = LiveTap(lambda parameters, codecs, fragment: None)
    live.watch()
    looked_at = KeyFrameTap(CAMERA, lambda picture: None)
    with (
        Simcams(SimcamConfig({"hall": CLIP}, port=0)) as simcams,
        BreakingProxy(simcams.port, most_bytes=LASTS_BYTES) as proxy,
    ):
        address = StreamAddress(CAMERA, f"rtsp://127.0.0.1:{proxy.port}/hall")
        sinks: list[PacketSink] = [recorder.sink(CAMERA), live, looked_at]
        backoff = AtOnce()
        reader = Reader(address, StreamKind.MAIN, sinks, SystemClock(), backoff=backoff)
        tracemalloc.start()
        recorder.start()
        reader.start()
        until(proxy, WARM_UP)
        assert index.segments  # each connection does bring pictures
        with backoff.held():
            before = in_use(index)
            files, threads = open_files(), threading.active_count()
        until(proxy, CONNECTIONS)
        with backoff.held():
            after = in_use(index)
            grown = (open_files() - files, threading.active_count() - threads)
        tracemalloc.stop()
        reader.stop()
        assert reader.join(15)
        assert recorder.stop(10)
    assert after - before < MOST_GROWTH
    assert max(grown) <= 1  # the proxy may not have taken note of the last end yet
