"""Sound from a camera to a clip: GStreamer's RTSP server sends a scene that flashes and beeps together."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.integration.record import open_spool
from tests.integration.test_gst_rtsp import CAMERA, PASSWORD, USER, GstCamera, Index, connector, ffmpeg
from tests.integration.test_rtsp_client import OddCamera, rtp, with_sound
from tests.media import RATE, play, without_sound
from tests.sinks import KeptSink
from tests.sounds import beeps_s, flashes_s, heard, loudest_hz, loudness, write_scene
from vigil.clock import SystemClock
from vigil.ingest.ffmpeg import Connection
from vigil.ingest.reader import Connect, Reader
from vigil.ingest.recorder import Recorder
from vigil.ingest.remux import Piece, remux
from vigil.ingest.source import StreamAddress
from vigil.model.media import CLOCK_RATE, SoundCodec, StreamKind
from vigil.model.site import Transport
from vigil.node.leftovers import take_in

HZ = 1000.0
SECONDS = 20
ROOT = Path(__file__).parents[2]
TOGETHER_S = 0.05
"""How far flash and beep may be apart once the camera has sent its reports, which this one does within four seconds, and a new
segment has begun."""
ARRIVED_S = 0.15
"""And before: this one sends a piece of 64 ms when it begins, and not when it ends."""
REPORTED_S = 6.5
CODECS = {
    "aac": ("aac", SoundCodec.AAC, 16_000),
    "pcma": ("pcm_s16le", SoundCodec.LPCM, 8000),
    "pcmu": ("pcm_s16le", SoundCodec.LPCM, 8000),
}


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GstCamera]:
    scene = tmp_path_factory.mktemp("scene") / "scene.mp4"
    write_scene(scene, seconds=SECONDS, hz=HZ)
    assert flashes_s(scene) == pytest.approx(beeps_s(heard(scene), SECONDS), abs=0.03)
    camera = GstCamera({}, scenes=dict.fromkeys(CODECS, scene))
    camera.start()
    yield camera
    camera.kill()


def recorded(address: StreamAddress, folder: Path, seconds: float, connect: Connect) -> tuple[Index, KeptSink]:
    """Segments of two seconds."""
    index, kept = Index(), KeptSink()
    recorder = Recorder(folder, index, segment_s=2.0, queue_bytes=2**26)
    sink = recorder.sink(CAMERA)
    recorder.start()
    reader = Reader(address, StreamKind.MAIN, [kept, sink], SystemClock(), hears=sink, connect=connect)
    reader.start()
    assert kept.wait(lambda: len(kept.packets) >= seconds * RATE, seconds + 15)
    reader.stop()
    assert reader.join(10)
    assert recorder.stop(10)
    return index, kept


@pytest.mark.parametrize(
    ("transport", "connect"),
    [(Transport.TCP, connector()), (Transport.TCP, ffmpeg), (Transport.UDP, ffmpeg)],
    ids=["tcp", "tcp by FFmpeg", "udp"],
)
@pytest.mark.parametrize("mount", list(CODECS))
def test_what_is_heard_is_what_is_seen(
    camera: GstCamera, mount: str, transport: Transport, connect: Connect, tmp_path: Path
) -> None:
    address = replace(camera.address(mount, transport), sound=True)
    index, kept = recorded(address, tmp_path, 11.0, connect)
    paths = [path for _, path in index.segments]
    name, codec, rate = CODECS[mount]
    (line,) = kept.time_lines
    assert line.parameters.sound is not None
    assert (line.parameters.sound.codec, line.parameters.sound.rate) == (codec, rate)
    assert not line.heard, "only the recorder asked"
    assert sum(segment.packets for segment, _ in index.segments) == len(kept.packets)
    assert ffprobe(paths[1]) == f"h264\n{name}"

    start_at, end_at = index.segments[0][0].start_at, index.segments[-1][0].end_at
    clip = tmp_path / "clip.mp4"
    made = remux([Piece(path, segment.start_at) for segment, path in index.segments], start_at, end_at, clip)
    assert made.packets == len(kept.packets)
    sound, lasts_s = heard(clip), (end_at - start_at) / timedelta(seconds=1)
    flashes = flashes_s(clip)
    assert len(flashes) >= 4
    # Of the first second it was not known yet where its sound belongs, and at the end some is on its way.
    whole = [at for at in flashes if 1.5 < at < lasts_s - 1.5]
    beeps = [at for at in beeps_s(sound, lasts_s) if 1.2 < at < lasts_s - 1.2]
    for beep_s, flash_s in zip(beeps, whole, strict=True):
        assert beep_s == pytest.approx(flash_s, abs=TOGETHER_S if flash_s > REPORTED_S else ARRIVED_S)
    assert whole[-1] > REPORTED_S
    beep = sound.between(whole[0] + 0.08, whole[0] + 0.22)
    assert loudest_hz(beep, sound.rate) == pytest.approx(HZ, abs=10)  # 0.14 s tell it to 7 Hz
    assert loudness(sound.between(whole[0] + 0.5, whole[0] + 1.5)) < 0.01


def ffprobe(path: Path) -> str:
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", str(path)]
    return subprocess.check_output(command, timeout=30).decode().strip()


def test_nothing_is_heard_of_a_camera_whose_entry_does_not_ask(camera: GstCamera, tmp_path: Path) -> None:
    index, _ = recorded(camera.address("aac"), tmp_path, 3.0, connector())
    assert {ffprobe(path) for _, path in index.segments} == {"h264"}


def test_kill_9_costs_the_last_moment_of_both(camera: GstCamera, tmp_path: Path) -> None:
    place = camera.address("pcma").url.removeprefix("rtsp://")
    url = f"{CAMERA}=rtsp://{USER}:{PASSWORD.replace('/', '%2F')}@{place}"
    command = [sys.executable, "-m", "tests.integration.record", str(tmp_path), "run", "60", url]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    journal = tmp_path / f"{CAMERA}.run"
    deadline = time.monotonic() + 30
    while not journal.exists() or len(journal.read_text().splitlines()) < 6 * RATE:
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    given = len(journal.read_text().splitlines())

    spool = open_spool(tmp_path)
    take_in(spool)
    (path,) = tmp_path.glob("spool/*/*.mp4")
    sound, pictures = heard(path), len(play(path))
    assert given - pictures <= RATE
    assert sound.ends_s >= last_shown_s(path) - 0.7
    beeps, flashes = beeps_s(sound, sound.ends_s), flashes_s(path)
    assert [at for at in beeps if at > flashes[0] + 1] == pytest.approx(
        [at for at in flashes[1:] if at < sound.ends_s - 0.1], abs=ARRIVED_S
    )


def last_shown_s(path: Path) -> float:
    return play(path)[-1].pts_90k / CLOCK_RATE


class TestRefused:
    def test_ffmpeg_reads_a_camera_that_refuses_sound_without_it(self) -> None:
        """By itself it would give up the pictures, too."""
        with OddCamera(rtp(), then="close", body=with_sound(), SOUND="461 Unsupported Transport") as camera:
            address = replace(camera.address, sound=True)
            with Connection(address, number=1, open_timeout_s=5.0, read_timeout_s=0.5) as connection:
                assert connection.parameters.sound is None
                assert "refuses" in str(connection.no_sound)
                assert next(without_sound(connection.packets())).key

    def test_a_camera_that_refuses_it_is_recorded(self, tmp_path: Path) -> None:
        with OddCamera(rtp(), body=with_sound(), SOUND="461 Unsupported Transport") as camera, capture_logs() as logs:
            index, kept = recorded(replace(camera.address, sound=True), tmp_path, 7.0, connector())
        assert {ffprobe(path) for _, path in index.segments} == {"h264"}
        assert [told["event"] for told in logs].count("camera_without_sound") == 1
        assert sum(segment.packets for segment, _ in index.segments) == len(kept.packets)
