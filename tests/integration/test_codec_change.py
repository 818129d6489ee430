"""A camera whose stream becomes another one while it is recorded: another size in the middle, or another codec after a cut."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.media import Footage, footage, play
from tests.unit.ingest.test_recorder import KeptIndex
from vigil.clock import SystemClock
from vigil.forward.rtsp import BackgroundServer, Mount
from vigil.ingest.backoff import Backoff
from vigil.ingest.reader import Reader
from vigil.ingest.recorder import Recorder
from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId
from vigil.model.media import Codec, StreamKind

CAMERA = CameraId("hall-one")
SECONDS = 3
SMALL = footage(Codec.H264, seconds=SECONDS)
LARGE = footage(Codec.H264, seconds=SECONDS, size=(320, 240))
OTHER_CODEC = footage(Codec.H265, seconds=SECONDS)


class AtOnce(Backoff):
    def failed(self, healthy_s: float) -> float:
        return 0.05


@contextmanager
def recording(folder: Path, url: str) -> Iterator[KeptIndex]:
    index = KeptIndex()
    recorder = Recorder(folder, index, segment_s=60, queue_bytes=2**26)
    reader = Reader(
        StreamAddress(CAMERA, url), StreamKind.MAIN, [recorder.sink(CAMERA)], SystemClock(), backoff=AtOnce()
    )
    recorder.start()
    reader.start()
    try:
        yield index
    finally:
        reader.stop()
        assert reader.join(15)
        assert recorder.stop(10)


def show(mount: Mount, line: Footage, *, from_s: float) -> None:
    """Publishes the footage as a camera would: each picture when it is due, with times that go on from `from_s`."""
    began_mono = time.monotonic()
    for packet in line.later(from_s).packets:
        due_s = packet.dts_90k / 90_000 - from_s
        time.sleep(max(0.0, began_mono + due_s - time.monotonic()))
        mount.publish(packet)


@pytest.fixture
def server() -> Iterator[BackgroundServer]:
    server = BackgroundServer(port=0, name="camera")
    server.start()
    yield server
    server.stop()


def has_reader(mount: Mount) -> bool:
    return mount.readers > 0


def wait(mount: Mount) -> None:
    for _ in range(400):
        if has_reader(mount):
            return
        time.sleep(0.05)
    raise AssertionError("nobody reads")


def kept(index: KeptIndex) -> list[tuple[Codec, int, int]]:
    """Of each segment: codec, width, and how many pictures of it play."""
    return [(one.codec, one.width, len(list(play(path)))) for one, path in index.segments]


@pytest.mark.lesson(4)
def test_another_size_in_the_middle_is_another_segment(server: BackgroundServer, tmp_path: Path) -> None:
    mount = server.mount("hall", SMALL.parameters)
    with recording(tmp_path, server.url("hall")) as index:
        wait(mount)
        show(mount, SMALL, from_s=0)
        show(mount, LARGE, from_s=SECONDS)
        show(mount, LARGE, from_s=2 * SECONDS)
        server.unmount(mount)
        assert index.wait(2)
    (codec, width, first), *later = kept(index)
    assert (codec, width, first) == (Codec.H264, SMALL.parameters.width, len(SMALL.packets))
    assert {(codec, width) for codec, width, _ in later} == {(Codec.H264, LARGE.parameters.width)}
    assert sum(pictures for *_, pictures in later) >= len(LARGE.packets)  # a GOP or two are lost in between


@pytest.mark.lesson(4)
def test_another_codec_after_a_cut_is_another_segment(server: BackgroundServer, tmp_path: Path) -> None:
    mount = server.mount("hall", SMALL.parameters)
    with recording(tmp_path, server.url("hall")) as index:
        wait(mount)
        show(mount, SMALL, from_s=0)
        server.unmount(mount)
        mount = server.mount("hall", OTHER_CODEC.parameters)
        wait(mount)
        show(mount, OTHER_CODEC, from_s=0)
        server.unmount(mount)
        assert index.wait(2)
    assert kept(index) == [
        (Codec.H264, SMALL.parameters.width, len(SMALL.packets)),
        (Codec.H265, OTHER_CODEC.parameters.width, len(OTHER_CODEC.packets)),
    ]
