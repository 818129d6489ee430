"""A camera that hangs up again and again: nothing of a connection that is over may stay behind."""

from __future__ import annotations

import gc
import os
import threading
import time
import tracemalloc
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
LASTS_BYTES = 25_000
"""Of a connection: a key picture and some more, less than a second."""
MOST_GROWTH = 200_000
"""Bytes of Python's memory over eighty connections: two and a half kilobytes each would be a leak."""


class AtOnce(Backoff):
    def failed(self, healthy_s: float) -> float:
        return 0.0


def until(proxy: BreakingProxy, connections: int) -> None:
    deadline = time.monotonic() + 60
    while proxy.connections < connections:
        assert time.monotonic() < deadline, f"{proxy.connections} connections"
        time.sleep(0.05)


def in_use(index: KeptIndex) -> int:
    """Bytes of Python's memory, without what the test itself keeps."""
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
        reader = Reader(address, StreamKind.MAIN, sinks, SystemClock(), backoff=AtOnce())
        tracemalloc.start()
        recorder.start()
        reader.start()
        until(proxy, WARM_UP)
        assert index.segments  # each connection does bring pictures
        files, threads = open_files(), threading.active_count()
        before = in_use(index)
        until(proxy, CONNECTIONS)
        after = in_use(index)
        grown = (open_files() - files, threading.active_count() - threads)
        tracemalloc.stop()
        reader.stop()
        assert reader.join(15)
        assert recorder.stop(10)
    assert after - before < MOST_GROWTH
    assert max(grown) <= 4  # one connection may be just beginning, its end not yet
