"""Pushing to media servers that are not ours: what arrives, and what happens when they refuse, die, hang or are slow."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.integration.media_servers import (
    CAMERA,
    PASSWORD,
    Front,
    GstRecorder,
    RtmpListener,
    Silent,
    certificate,
    free_port,
)
from tests.integration.test_gst_rtsp import GstCamera, Index, reading
from tests.media import RATE, Footage, footage, fragmented, pictures_of, play, slices
from tests.sinks import KeptSink
from tests.system import DemoSystem
from vigil import metrics
from vigil.clock import SystemClock
from vigil.errors import ForwardError
from vigil.forward.push import Pusher, Target
from vigil.forward.push.outlet import open_outlet
from vigil.forward.push.target import Deadlines
from vigil.ingest.backoff import Backoff
from vigil.ingest.recorder import Recorder
from vigil.model.media import Codec, Packet
from vigil.model.site import Transport

QUICK = Deadlines(open_s=2.0, stall_s=1.5, answer_s=1.5, alive_every_s=0.5)
"""Those in use are longer."""
SLACK_S = 2.0
BIG = (1280, 720)


class Quick(Backoff):
    def failed(self, healthy_s: float) -> float:
        return super().failed(healthy_s) / 4


@contextmanager
def pushing(target: Target, deadlines: Deadlines = QUICK) -> Iterator[Pusher]:
    pusher = Pusher(target, SystemClock(), Quick(), deadlines=deadlines)
    pusher.start()
    try:
        yield pusher
    finally:
        pusher.stop()
        assert pusher.join(1.0), "the pusher hangs"


@contextmanager
def fed(pusher: Pusher, sent: Footage, *, speed: float = 4.0) -> Iterator[None]:
    """Gives the footage again and again, each time later, until the block ends."""
    over = threading.Event()
    length_s = len(sent.packets) / RATE

    def feed() -> None:
        pusher.begin(sent.parameters)
        rounds = 0
        while not over.is_set():
            for packet in sent.later(rounds * length_s).packets:
                pusher.packet(packet)
                if over.wait(1 / RATE / speed):
                    return
            rounds += 1

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def wait(until: Callable[[], bool], timeout_s: float) -> bool:
    until_mono = time.monotonic() + timeout_s
    while not until():
        if time.monotonic() > until_mono:
            return False
        time.sleep(0.02)
    return True


def give(pusher: Pusher, packets: Sequence[Packet]) -> None:
    """Four times as fast as a camera."""
    for packet in packets:
        pusher.packet(packet)
        time.sleep(0.01)


def events(logs: Sequence[Any]) -> list[str]:
    return [line["event"] for line in logs]


def up(target: Target) -> float | None:
    labels = {"camera": CAMERA, "stream": "main", "target": target.name}
    return metrics.REGISTRY.get_sample_value("vigil_forward_up", labels)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GstRecorder]:
    server = GstRecorder(folder=tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[RtmpListener]:
    listener = RtmpListener(path=tmp_path / "came.mp4")
    yield listener
    listener.kill()


@pytest.mark.parametrize("transport", list(Transport))
@pytest.mark.parametrize("codec", list(Codec))
def test_every_picture_arrives_over_rtsp(server: GstRecorder, codec: Codec, transport: Transport) -> None:
    sent = footage(codec, seconds=2)
    target = server.target(codec, transport)
    with capture_logs() as logs, pushing(target) as pusher:
        pusher.begin(sent.parameters)
        give(pusher, sent.packets)
        # GStreamer lets a picture go when the next one comes.
        assert wait(lambda: len(server.pictures(codec)) >= len(sent.packets) - 1, 5)
        assert up(target) == 1
    assert up(target) == 0
    came = server.pictures(codec)
    assert came == [unit for packet in sent.packets for unit in slices(codec, packet.data)][: len(came)]
    assert events(logs) == ["forward_began"]
    assert PASSWORD not in str(logs)


@pytest.mark.parametrize(("codec", "b_frames"), [(Codec.H264, 0), (Codec.H264, 2), (Codec.H265, 0)])
def test_every_picture_arrives_over_rtmp(listener: RtmpListener, codec: Codec, b_frames: int) -> None:
    sent = footage(codec, seconds=4, b_frames=b_frames)
    listener.start(codec)
    with capture_logs() as logs, pushing(listener.target()) as pusher:
        pusher.begin(sent.parameters)
        give(pusher, sent.packets)
        assert wait(lambda: up(listener.target()) == 1, 5)
        time.sleep(0.5)  # for what the kernel still holds
    assert listener.running is not None
    listener.running.wait(10)
    came = play(listener.path)
    assert [picture.slices for picture in came] == pictures_of(codec, sent.packets)
    steps = [after.dts_90k - before.dts_90k for before, after in pairwise(came)]
    assert set(steps) == {3600}
    late = [packet.pts_90k - packet.dts_90k for packet in sent.packets]
    assert [picture.pts_90k - picture.dts_90k for picture in came] == late
    assert probed(listener.path) == (codec.value, sent.parameters.width, len(sent.packets))
    assert events(logs) == ["forward_began"]
    assert "hall" not in str(logs).replace(CAMERA, "")  # the stream key


def probed(path: Path) -> tuple[str, int, int]:
    entries = "stream=codec_name,width,nb_read_packets"
    command = ["ffprobe", "-v", "error", "-count_packets", "-show_entries", entries, "-of", "json", str(path)]
    (stream,) = json.loads(subprocess.check_output(command, timeout=30))["streams"]
    return stream["codec_name"], stream["width"], int(stream["nb_read_packets"])


def test_over_tls_to_a_server_whose_certificate_is_trusted(
    server: GstRecorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    front = Front(server.port, tls=tls)
    target = replace(server.target(Codec.H264), url=f"rtsps://127.0.0.1:{front.port}/h264")
    sent = footage(Codec.H264, seconds=2)
    with pushing(target) as pusher:
        pusher.begin(sent.parameters)
        give(pusher, sent.packets)
        assert wait(lambda: len(server.pictures(Codec.H264)) >= len(sent.packets) - 1, 5)
    front.close()


@pytest.mark.parametrize("scheme", ["rtsps", "rtmps"])
def test_over_tls_nobody_is_believed_without_a_certificate(server: GstRecorder, tmp_path: Path, scheme: str) -> None:
    front = Front(server.port, tls=certificate(tmp_path)[1])
    target = replace(server.target(Codec.H264), url=f"{scheme}://127.0.0.1:{front.port}/live/h264")
    with capture_logs() as logs, pushing(target) as pusher, fed(pusher, footage(Codec.H264)):
        assert wait(lambda: bool(logs), 3)
    front.close()
    assert "certificate verify failed" in logs[0]["reason"]


def test_a_wrong_password_is_told_without_it_and_tried_again(server: GstRecorder) -> None:
    target = server.target(Codec.H264, password="wr0ng/word")
    with capture_logs() as logs, pushing(target) as pusher, fed(pusher, footage(Codec.H264)):
        time.sleep(1.5)
    assert events(logs) == ["forward_lost"]
    assert logs[0]["reason"].startswith("ANNOUNCE: 401")
    assert "username: and password:" in logs[0]["reason"]
    assert "wr0ng" not in str(logs)


@pytest.mark.parametrize("transport", list(Transport))
def test_tries_leave_nothing_behind(server: GstRecorder, transport: Transport) -> None:
    sent = footage(Codec.H264)

    def one_try(target: Target) -> int:
        with pytest.raises((ForwardError, OSError)):
            open_outlet(target, sent.parameters, QUICK, threading.Event())
        return len(os.listdir("/proc/self/fd"))

    refused = server.target(Codec.H264, transport, "wr0ng")
    nobody = replace(refused, url=f"rtmps://127.0.0.1:{free_port()}/live/x")
    before = one_try(refused)
    assert max(one_try(target) for target in (refused, nobody) * 5) <= before


def test_a_path_that_is_not_there_is_told(server: GstRecorder) -> None:
    url = server.target(Codec.H264).url.replace("h264", "none")
    target = Target(CAMERA, server.target(Codec.H264).stream, url, username="publisher", password=PASSWORD)
    with capture_logs() as logs, pushing(target) as pusher, fed(pusher, footage(Codec.H264)):
        assert wait(lambda: bool(logs), 3)
    assert "404" in logs[0]["reason"]


@pytest.mark.parametrize("transport", list(Transport))
def test_a_server_that_dies_and_comes_back(server: GstRecorder, transport: Transport) -> None:
    target = server.target(Codec.H264, transport)
    with capture_logs() as logs, pushing(target) as pusher, fed(pusher, footage(Codec.H264)):
        assert wait(lambda: len(server.pictures(Codec.H264)) > RATE, 5)
        server.kill()
        assert wait(lambda: up(target) == 0, SLACK_S)
        time.sleep(0.5)
        server.file(Codec.H264).unlink()
        server.start()
        assert wait(lambda: len(server.pictures(Codec.H264)) > RATE, 5)
        assert up(target) == 1
    told = events(logs)
    assert told[0] == told[-1] == "forward_began"
    assert "forward_lost" in told
    first = server.pictures(Codec.H264)[0]
    assert first in {slices(Codec.H264, packet.data)[0] for packet in footage(Codec.H264).packets if packet.key}


def test_an_rtmp_server_that_dies_and_comes_back(listener: RtmpListener) -> None:
    listener.start(Codec.H264)
    target = listener.target()
    with pushing(target) as pusher, fed(pusher, footage(Codec.H264)):
        assert wait(lambda: up(target) == 1, 5)
        listener.kill()
        assert wait(lambda: up(target) == 0, SLACK_S)
        listener.start(Codec.H264)
        assert wait(lambda: up(target) == 1, 5)


@pytest.mark.parametrize("transport", list(Transport))
def test_a_server_that_hangs_is_noticed(server: GstRecorder, transport: Transport) -> None:
    """Its kernel takes all that comes for a long while, and UDP is never refused: it is asked."""
    target = server.target(Codec.H264, transport)
    with capture_logs() as logs, pushing(target) as pusher, fed(pusher, footage(Codec.H264)):
        assert wait(lambda: len(server.pictures(Codec.H264)) > RATE, 5)
        server.signal(signal.SIGSTOP)
        assert wait(lambda: up(target) == 0, QUICK.alive_every_s + QUICK.answer_s + SLACK_S)
        server.signal(signal.SIGCONT)
        assert wait(lambda: up(target) == 1, 6)
    assert any(line.get("reason") == "the server does not answer any more" for line in logs)


def test_an_rtmp_server_that_hangs_is_noticed(listener: RtmpListener) -> None:
    listener.start(Codec.H264)
    target = listener.target()
    with capture_logs() as logs, pushing(target) as pusher, fed(pusher, footage(Codec.H264, seconds=2, size=BIG)):
        assert wait(lambda: up(target) == 1, 5)
        listener.signal(signal.SIGSTOP)
        assert wait(lambda: up(target) == 0, 6 + QUICK.stall_s)
    assert logs[1]["reason"] == "nothing moved within the time-out"


@pytest.mark.parametrize("scheme", ["rtsp", "rtmp", "rtmps"])
def test_a_server_that_hangs_at_once_is_noticed_and_stops_nobody(scheme: str) -> None:
    silent = Silent()
    target = silent.target(scheme)
    ticks = [time.monotonic()]
    with (
        capture_logs() as logs,
        pushing(target, replace(QUICK, open_s=1.0)) as pusher,
        fed(pusher, footage(Codec.H264)),
    ):
        while not logs and ticks[-1] - ticks[0] < 1.0 + SLACK_S:
            time.sleep(0.01)
            ticks.append(time.monotonic())
    silent.close()
    assert logs[0]["reason"] == "nothing moved within the time-out"
    # FFmpeg's muxers hold the interpreter's lock meanwhile: no other thread of the node would have run.
    assert max(after - before for before, after in pairwise(ticks)) < 0.8


def test_a_slow_server_gets_whole_gops_and_is_not_given_up(server: GstRecorder) -> None:
    sent = footage(Codec.H264, seconds=2, size=BIG)
    front = Front(server.port, bytes_s=250_000)  # a quarter of what comes
    target = replace(server.target(Codec.H264), url=f"rtsp://127.0.0.1:{front.port}/h264")
    patient = replace(QUICK, stall_s=5.0, answer_s=20.0)
    pusher = Pusher(target, SystemClock(), Quick(), deadlines=patient, queue_bytes=2**20)
    labels = {"camera": CAMERA, "stream": "main", "target": target.name}
    with capture_logs() as logs:
        pusher.start()
        with fed(pusher, sent):
            dropped = partial(metrics.REGISTRY.get_sample_value, "vigil_forward_dropped_gops_total", labels)
            assert wait(lambda: (dropped() or 0) > 3, 12)
            assert up(target) == 1
        assert wait(lambda: len(server.pictures(Codec.H264)) > RATE, 5)
        pusher.stop()
        assert pusher.join(1.0)
    front.close()
    assert events(logs) == ["forward_began"]
    places = {slices(Codec.H264, packet.data)[0]: number for number, packet in enumerate(sent.packets)}
    came = [places[unit] for unit in server.pictures(Codec.H264)]
    assert all(after == before + 1 or sent.packets[after].key for before, after in pairwise(came))


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[GstCamera]:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(fragmented(footage(Codec.H264)))
    camera = GstCamera({Codec.H264: clip})
    camera.start()
    yield camera
    camera.kill()


def test_a_node_pushes_where_the_centre_s_site_says(server: GstRecorder, tmp_path: Path) -> None:
    (tmp_path / "media.key").write_text(f"{PASSWORD}\n")

    def change(document: dict[str, Any]) -> None:
        target = server.target(Codec.H264)
        login = {"username": target.username, "password": {"file": str(tmp_path / "media.key")}}
        document["site"]["halls"][0]["cameras"][0]["forward"] = [{"url": target.url, **login}]

    with DemoSystem(tmp_path, change=change) as system:
        assert wait(lambda: len(server.pictures(Codec.H264)) > RATE, 30), system.logs()
        shown = httpx.get(f"http://127.0.0.1:{system.node_port}/metrics").text
        assert re.search(r'^vigil_forward_up\{.*target="rtsp://127\.0\.0\.1:\d+"\} 1\.0$', shown, re.MULTILINE)
        assert "forward_began" in system.log_of("node")
        assert system.stop("node") == 0
    assert PASSWORD not in system.log_of("node") + shown


def test_a_hanging_server_costs_the_recording_nothing(camera: GstCamera, server: GstRecorder, tmp_path: Path) -> None:
    index, kept = Index(), KeptSink()
    recorder = Recorder(tmp_path / "spool", index, segment_s=1.0, queue_bytes=2**26)
    sink = recorder.sink(CAMERA)
    recorder.start()
    with pushing(server.target(Codec.H264)) as pusher, reading(camera.address("h264"), pusher, sink, kept):
        assert kept.wait(lambda: len(kept.packets) >= RATE, 15)
        server.signal(signal.SIGSTOP)
        assert kept.wait(lambda: len(kept.packets) >= 4 * RATE, 15)
    assert recorder.stop(5)
    came = pictures_of(Codec.H264, kept.packets)
    assert came == pictures_of(Codec.H264, footage(Codec.H264).packets)[: len(came)]
    assert [one.slices for _, path in index.segments for one in play(path)] == came
    assert index.gaps == []
