"""vigil's reader against an RTSP server that is not ours: GStreamer's, with digest authentication, over TCP and UDP."""

from __future__ import annotations

import select
import signal
import subprocess
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.media import RATE, footage, fragmented, numbers, pictures_of, play, slices
from tests.sinks import KeptSink
from vigil.clock import SystemClock
from vigil.errors import SourceError
from vigil.ingest.backoff import Backoff
from vigil.ingest.connect import Connector
from vigil.ingest.ffmpeg import Connection
from vigil.ingest.reader import Connect, Reader
from vigil.ingest.recorder import Recorder
from vigil.ingest.sinks import PacketSink
from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId
from vigil.model.media import Codec, Gap, GapCause, Segment, StreamKind
from vigil.model.site import Transport

CAMERA = CameraId("hall-counter")
USER, PASSWORD = "viewer", "s3cret/word"
MOUNTS = {Codec.H264: "h264", Codec.H265: "h265"}
PYTHON = "/usr/bin/python3"
MISSING = (
    "GStreamer's RTSP server did not start; its words are above. As root: apt-get install --yes python3-gi "
    "gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad "
    "gstreamer1.0-plugins-ugly"
)
READ_S = 1.5
"""The read deadline in these tests; a camera's is longer."""
SLACK_S = 1.5


@dataclass(slots=True)
class GstCamera:
    """The server's process. `start` after `kill` takes the same port again."""

    clips: dict[Codec, Path]
    certificate: Path | None = None
    """With it the server speaks TLS."""
    scenes: dict[str, Path] = field(default_factory=dict)
    """With sound, by the name of what it is sent as."""
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        mounts = [f"/{MOUNTS[codec]}={path}" for codec, path in self.clips.items()]
        mounts += [f"/{name}={path}" for name, path in self.scenes.items()]
        script = str(Path(__file__).with_name("gst_camera.py"))
        command = [PYTHON, script, "--port", str(self.port), "--user", USER, "--password", PASSWORD, *mounts]
        if self.certificate is not None:
            command += ["--certificate", str(self.certificate)]
        try:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        except FileNotFoundError:
            pytest.fail(MISSING)
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.kill()
            pytest.fail(MISSING)
        self.port = int(line)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def address(self, mount: str, transport: Transport = Transport.TCP, password: str = PASSWORD) -> StreamAddress:
        scheme = "rtsp" if self.certificate is None else "rtsps"
        return StreamAddress(CAMERA, f"{scheme}://127.0.0.1:{self.port}/{mount}", transport, USER, password)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[Codec, Path]:
    folder = tmp_path_factory.mktemp("clips")
    paths = {codec: folder / f"{codec}.mp4" for codec in Codec}
    for codec, path in paths.items():
        path.write_bytes(fragmented(footage(codec, seconds=30)))
    return paths


@pytest.fixture
def camera(clips: dict[Codec, Path]) -> Iterator[GstCamera]:
    camera = GstCamera(clips)
    camera.start()
    yield camera
    camera.kill()


class Quick(Backoff):
    def failed(self, healthy_s: float) -> float:
        return super().failed(healthy_s) / 10


ffmpeg = partial(Connection, open_timeout_s=3.0, read_timeout_s=READ_S)


def connector() -> Connector:
    """Our own client over TCP, FFmpeg over UDP."""
    return Connector(open_timeout_s=3.0, read_timeout_s=READ_S)


@contextmanager
def reading(
    address: StreamAddress, *sinks: PacketSink, backoff: Backoff | None = None, connect: Connect | None = None
) -> Iterator[Reader]:
    connect = connect or connector()
    reader = Reader(address, StreamKind.MAIN, sinks, SystemClock(), connect=connect, backoff=backoff)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()
        assert reader.join(3.0 + READ_S + SLACK_S), "the reader hangs"


class Index:
    def __init__(self) -> None:
        self.segments: list[tuple[Segment, Path]] = []
        self.gaps: list[Gap] = []

    def last(self, camera: CameraId) -> None:
        return None

    def add_segment(self, segment: Segment, path: Path) -> None:
        self.segments.append((segment, path))

    def add_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)


@pytest.mark.parametrize(
    ("transport", "connect"),
    [(Transport.TCP, None), (Transport.TCP, ffmpeg), (Transport.UDP, None)],
    ids=["tcp", "tcp by FFmpeg", "udp"],
)
@pytest.mark.parametrize("codec", list(Codec))
def test_every_picture_is_recorded_and_plays(
    camera: GstCamera, codec: Codec, transport: Transport, connect: Connect | None, tmp_path: Path
) -> None:
    index, kept = Index(), KeptSink()
    recorder = Recorder(tmp_path, index, segment_s=1.0, queue_bytes=2**26)
    sink = recorder.sink(CAMERA)
    recorder.start()
    with reading(camera.address(MOUNTS[codec], transport), kept, sink, connect=connect):
        assert kept.wait(lambda: len(kept.packets) >= 4 * RATE, 15)
    assert recorder.stop(5)

    sent = pictures_of(codec, footage(codec, seconds=30).packets)
    came = [slices(codec, packet.data) for packet in kept.packets]
    assert came == sent[: len(came)]
    assert [one.slices for _, path in index.segments for one in play(path)] == came
    assert [number for _, path in index.segments for number in numbers(path)] == list(range(len(came)))
    assert len(index.segments) >= 4
    assert all(before.end_at == after.start_at for (before, _), (after, _) in pairwise(index.segments))
    assert index.gaps == []
    assert ffprobe_counts(index.segments[0][1]) == f"{codec},{index.segments[0][0].packets}"


def ffprobe_counts(path: Path) -> str:
    entries = "stream=codec_name,nb_read_packets"
    command = ["ffprobe", "-v", "error", "-count_packets", "-show_entries", entries, "-of", "csv=p=0", str(path)]
    return subprocess.check_output(command, timeout=30).decode().strip()


def test_it_may_come_into_the_middle_of_a_gop(camera: GstCamera) -> None:
    first, second = KeptSink(), KeptSink()
    address = camera.address("live")
    with reading(address, first):
        assert first.wait(lambda: len(first.packets) >= RATE + 8, 15)
        with reading(replace(address, camera="other"), second):
            assert second.wait(lambda: len(second.packets) >= RATE, 15)
        assert first.wait(lambda: first.packets[-1].at >= second.packets[-1].at, 5)
    # The sink itself holds that it begins with a key picture; what follows is the same for both.
    seen = [packet.data for packet in first.packets]
    begin = seen.index(second.packets[0].data)
    assert [packet.data for packet in second.packets] == seen[begin : begin + len(second.packets)]


def test_a_wrong_password_is_told_without_it_and_tried_again(camera: GstCamera) -> None:
    address = camera.address("h264", password="wr0ng/word")
    with pytest.raises(SourceError, match="401") as caught:
        connector()(address, number=1)
    told = "".join(traceback.format_exception(caught.value))
    assert "wr0ng" not in told
    tries = threading.Semaphore(0)

    class Counting(Quick):
        def failed(self, healthy_s: float) -> float:
            tries.release()
            return super().failed(healthy_s)

    with capture_logs() as logs, reading(address, backoff=Counting()):
        for _ in range(3):
            assert tries.acquire(timeout=10)
    assert [entry["event"] for entry in logs] == ["camera_lost"]
    assert "401 Unauthorized" in str(logs)
    assert "wr0ng" not in str(logs)


def test_a_stream_that_is_not_there_is_told(camera: GstCamera) -> None:
    with pytest.raises(SourceError, match=r"hall-counter: rtsp://127\.0\.0\.1:\d+/none: no connection: .*40[34]"):
        connector()(camera.address("none"), number=1)


@pytest.mark.parametrize("transport", list(Transport))
@pytest.mark.lesson(2)
def test_a_server_that_dies_and_comes_back(camera: GstCamera, transport: Transport) -> None:
    kept = KeptSink()
    with reading(camera.address("h264", transport), kept):
        assert kept.wait(lambda: len(kept.packets) >= RATE, 15)
        camera.kill()
        died = time.monotonic()
        assert kept.wait(lambda: len(kept.losses) == 1, READ_S + SLACK_S)
        assert kept.losses[0][1] is GapCause.CAMERA
        # What it had read is passed on before it says so, and it is asked again after 1 s, 2 s and 5 s, with jitter.
        time.sleep(max(0.0, died + 2 - time.monotonic()))
        camera.start()
        assert kept.wait(lambda: len(kept.time_lines) == 2 and len(kept.packets) >= 2 * RATE, 12)
    one, two = kept.time_lines
    assert two.parameters.connection > one.parameters.connection
    assert two.packets[0].at > one.packets[-1].at


@pytest.mark.parametrize("transport", list(Transport))
@pytest.mark.lesson(1)
def test_a_server_that_hangs_is_noticed(camera: GstCamera, transport: Transport) -> None:
    """The connection stays open and nothing comes, lesson 1."""
    kept = KeptSink()
    with reading(camera.address("live", transport), kept, backoff=Quick()):
        assert kept.wait(lambda: len(kept.packets) >= RATE, 15)
        camera.signal(signal.SIGSTOP)
        assert kept.wait(lambda: len(kept.losses) == 1, READ_S + SLACK_S)
        camera.signal(signal.SIGCONT)
        assert kept.wait(lambda: len(kept.time_lines) == 2, 15)


@pytest.mark.lesson(3)
def test_a_server_that_hangs_at_once_is_noticed(camera: GstCamera) -> None:
    """The kernel takes the connection, and nobody answers, lesson 3."""
    camera.signal(signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(SourceError, match="no connection"):
        Connector(open_timeout_s=1.0)(camera.address("h264"), number=1)
    assert time.monotonic() - began < 1.0 + SLACK_S


def test_stopping_waits_for_no_more_than_a_deadline(camera: GstCamera) -> None:
    kept = KeptSink()
    with reading(camera.address("live"), kept) as reader:
        assert kept.wait(lambda: len(kept.packets) >= RATE, 15)
        camera.signal(signal.SIGSTOP)
        reader.stop()
        began = time.monotonic()
        assert reader.join(READ_S + SLACK_S)
        assert time.monotonic() - began < READ_S + SLACK_S
    assert len(kept.losses) == 1
