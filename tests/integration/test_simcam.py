"""Simulated cameras over real sockets, and the faults that other tests ask of them."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import av
import pytest
from av.container import InputContainer

from vigil.errors import SourceError
from vigil.model.media import Codec
from vigil.model.picture_numbers import number_of
from vigil.simcam import SimcamConfig, Simcams, find_clips, run_simcams

CLIP_SECONDS = 2
RATE = 10


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "hall.mp4"
    source = f"testsrc2=size=320x240:rate={RATE}:duration={CLIP_SECONDS}"
    encoder = ["-c:v", "libx264", "-g", "10", "-bf", "0"]  # without B-frames, as cameras send
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *encoder, str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture
def cameras(clip: Path) -> Iterator[Simcams]:
    config = SimcamConfig({"hall/one": clip, "hall/two": clip}, port=0)
    with Simcams(config) as simcams:
        yield simcams


def watch(simcams: Simcams, name: str, *, transport: str = "tcp", read_s: float = 10.0) -> InputContainer:
    options = {"rtsp_transport": transport, "analyzeduration": "200000"}
    return av.open(simcams.url(name), options=options, timeout=(10.0, read_s))


def times_90k(container: InputContainer, count: int) -> list[int]:
    """Media times of the next pictures. FFmpeg gives none to the first picture of an RTSP stream: it is left out."""
    times = (
        round(packet.pts * packet.time_base * 90_000) for packet in container.demux(video=0) if packet.pts is not None
    )
    return list(islice(times, count))


def test_loops_without_a_jump(cameras: Simcams) -> None:
    with watch(cameras, "hall/one") as container:
        times = times_90k(container, 3 * CLIP_SECONDS * RATE)
    assert {after - before for before, after in pairwise(times)} == {90_000 // RATE}


def test_numbered_pictures_are_counted_over_the_loops(clip: Path) -> None:
    sent: list[tuple[str, int]] = []
    config = SimcamConfig({"hall": clip}, port=0, numbered=True)
    with (
        Simcams(config, sent=lambda name, number: sent.append((name, number))) as simcams,
        watch(simcams, "hall") as container,
    ):
        packets = islice(container.demux(video=0), 2 * CLIP_SECONDS * RATE)
        numbers = [number_of(Codec.H264, bytes(packet)) for packet in packets]
    assert numbers[0] is not None
    assert numbers == [numbers[0] + index for index in range(2 * CLIP_SECONDS * RATE)]
    assert sent == [("hall", number) for number in range(len(sent))]


def test_runs_in_real_time(cameras: Simcams) -> None:
    with watch(cameras, "hall/one") as container:
        times_90k(container, 20)  # the GOP that had waited, and what the player read ahead
        begin_s = time.monotonic()
        times_90k(container, 2 * RATE)
        assert 1.5 < time.monotonic() - begin_s < 2.5


def test_a_stalled_camera_stays_connected_and_silent(cameras: Simcams) -> None:
    with watch(cameras, "hall/one", read_s=1.0) as container:
        times_90k(container, 5)
        cameras.stall("hall/one")
        with pytest.raises(av.FFmpegError) as caught:
            times_90k(container, 40)
        assert not isinstance(caught.value, av.EOFError)


def test_a_stalled_camera_comes_back_with_a_key_frame(cameras: Simcams) -> None:
    with watch(cameras, "hall/one") as container:
        before = times_90k(container, 5)[-1]
        cameras.stall("hall/one")
        threading.Timer(1.5, cameras.resume, ["hall/one"]).start()
        packets = list(islice(container.demux(video=0), 30))
    times = [round((packet.pts or 0) * packet.time_base * 90_000) for packet in packets]
    gap = next(index for index, (a, b) in enumerate(pairwise([before, *times])) if b - a > 45_000)
    assert packets[gap].is_keyframe


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_camera_off_the_air_lets_its_reader_go_and_no_other(cameras: Simcams, transport: str) -> None:
    with watch(cameras, "hall/one", transport=transport) as one, watch(cameras, "hall/two") as two:
        times_90k(one, 3)
        cameras.unpublish("hall/one")
        assert list(one.demux(video=0))  # comes to an end, not to a time-out
        with pytest.raises(av.HTTPNotFoundError):
            watch(cameras, "hall/one")
        assert len(times_90k(two, 20)) == 20
        cameras.publish("hall/one")
        with watch(cameras, "hall/one") as again:
            assert len(times_90k(again, 5)) == 5


def test_asks_for_the_password(clip: Path) -> None:
    with Simcams(SimcamConfig({"one": clip}, port=0, users={"viewer": "secret"})) as simcams:
        with pytest.raises(av.HTTPUnauthorizedError):
            watch(simcams, "one")
        address = simcams.url("one").replace("//", "//viewer:secret@")
        with av.open(address, options={"rtsp_transport": "tcp"}, timeout=10) as container:
            assert times_90k(container, 2)


def test_reads_large_clips_from_their_file(clip: Path) -> None:
    with Simcams(SimcamConfig({"one": clip}, port=0, memory_bytes=0)) as simcams, watch(simcams, "one") as container:
        assert len(times_90k(container, 2 * CLIP_SECONDS * RATE)) == 2 * CLIP_SECONDS * RATE


def test_runs_until_told_to_stop(clip: Path) -> None:
    stop = threading.Event()
    threads = threading.active_count()
    running = threading.Thread(target=run_simcams, args=(SimcamConfig({"one": clip}, port=0), stop))
    running.start()
    stop.set()
    running.join(10)
    assert threading.active_count() == threads


def test_says_why_it_cannot_start(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        Simcams(SimcamConfig({"one": tmp_path / "none.mp4"}))
    with pytest.raises(ValueError, match="slash"):
        Simcams(SimcamConfig({"one/": clip}, port=0)).start()
    with Simcams(SimcamConfig({"one": clip}, port=0)) as first:
        second = Simcams(SimcamConfig({"one": clip}, port=first.port))
        with pytest.raises(OSError, match="in use"):
            second.start()


def test_names_cameras_after_their_files(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "hall-a").mkdir()
    inner = tmp_path / "hall-a" / "counter.mp4"
    inner.touch()
    assert find_clips([clip, tmp_path]) == {"hall": clip, "hall-a/counter": inner}
