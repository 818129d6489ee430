"""What recording costs beside FFmpeg, and whether it loses anything.

**Cost**: the node's readers, recorder, flusher and spool in a process of their own record the main streams of some cameras
over RTSP/TCP, without analytics and without a centre; then as many `ffmpeg -c copy -f segment` do, one a camera. CPU is user +
system time of the processes that record, over the same number of seconds, the two in turn. vigil hashes what it writes, flushes
it twice a second and keeps an index; FFmpeg does none of that. Then the same with sound (sound.py): AAC beside the pictures.

**Return**: cameras are off the air, with their port closed, for so long that the back-off of their readers is at its longest; how
long after their return has each given its first picture?

**Count**: two hundred cameras whose pictures carry numbers (vigil/model/picture_numbers.py) are recorded by one process. Every
number between the first and the last that a camera has in the spool must be there, once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import sound, streams
from benchmarks.result import report, spread
from vigil.clock import SystemClock
from vigil.ingest.file_source import read_pictures
from vigil.ingest.flusher import Flusher
from vigil.ingest.reader import Reader
from vigil.ingest.recorder import Recorder
from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId
from vigil.model.media import Codec, GapCause, Packet, StreamKind, StreamParameters
from vigil.model.picture_numbers import number_of
from vigil.simcam import SimcamConfig, Simcams
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.spool import Spool

ROOT: Final = Path(__file__).resolve().parent.parent
SEGMENT_S: Final = 30.0
_TICK: Final = os.sysconf("SC_CLK_TCK")
_QUEUE_BYTES: Final = 128 * 1024 * 1024
_ENDS_WITHIN_S: Final = 30.0
_AWAY_S: Final = 75.0
"""Tries after 1, 2, 5, 10 and 30 s, each a fifth more or less: by then the reader waits for half a minute."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run that writes nothing")
    parser.add_argument("--cameras", type=int, default=24, help="whose cost is compared")
    parser.add_argument("--many", type=int, default=200, help="whose pictures are counted")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--record", nargs=2, metavar=("PORT", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--sound", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.record is not None:
        port, folder = given.record
        addresses = sound.addresses if given.sound else _addresses
        print(json.dumps(record(addresses(int(port), given.cameras), Path(folder), given.warm_up, given.seconds)))
        return
    if given.quick:
        given.cameras, given.many, given.seconds, given.warm_up, given.repeats = 2, 4, 4.0, 3.0, 1
    run(given.cameras, given.many, given.warm_up, given.seconds, given.repeats, save=not given.quick)


def run(cameras: int, many: int, warm_up_s: float, seconds: float, repeats: int, *, save: bool) -> None:
    clips = streams.prepared() if save else streams.small()
    span = warm_up_s, seconds
    with Simcams(_simulated(clips, cameras, 0)) as simulated:
        silent = [_compared(simulated.port, cameras, *span, heard=False) for _ in range(repeats)]
    with tempfile.TemporaryDirectory() as folder:
        clip = sound.with_sound(clips[min(clips)][0], streams.KEPT if save else Path(folder))
        with sound.camera(clip) as port:
            heard = [_compared(port, cameras, *span, heard=True) for _ in range(repeats)]
    returns = _returns(clips, cameras, away_s=_AWAY_S if save else 4.0)
    counted = _count(clips, many, warm_up_s, seconds)
    found = {
        **spread("cpu_ratio_to_ffmpeg", [ours / theirs for ours, theirs in silent]),
        **spread("percent_of_core_per_camera", [ours for ours, _ in silent]),
        **spread("cpu_ratio_to_ffmpeg_with_sound", [ours / theirs for ours, theirs in heard]),
        **spread("percent_of_core_per_camera_with_sound", [ours for ours, _ in heard]),
        "reconnect_s_median": round(statistics.median(returns), 2),
        "reconnect_s_max": round(max(returns), 2),
        "cameras": many,
        **counted,
    }
    baselines = {
        **spread("ffmpeg_percent_of_core_per_camera", [theirs for _, theirs in silent]),
        **spread("ffmpeg_percent_of_core_per_camera_with_sound", [theirs for _, theirs in heard]),
    }
    settings = {
        "cameras_compared": cameras,
        "compared": "1080p25, 4 Mbit/s" if save else "as in sample_streams",
        "sound": f"{sound.AAC}, beside the pictures of one camera, sent by GStreamer's RTSP server",
        "cameras_counted": many,
        "counted": "360p15, 0.3 Mbit/s" if save else "as in sample_streams",
        "seconds": seconds,
        "warm_up_s": warm_up_s,
        "repeats": repeats,
        "segment_s": SEGMENT_S,
    }
    report("recording", settings, found, baselines, save=save)


def _simulated(
    clips: Mapping[str, tuple[Path, Path]], cameras: int, which: int, *, numbered: bool = False
) -> SimcamConfig:
    """Main streams (0) or substreams (1), repeated; no two cameras have the same rhythm."""
    names = sorted(clips)
    mounts = {f"camera-{number}": clips[names[number % len(names)]][which] for number in range(cameras)}
    late_s = {name: streams.KEYFRAME_S * number / cameras for number, name in enumerate(mounts)}
    return SimcamConfig(mounts, port=0, late_s=late_s, numbered=numbered)


def _compared(port: int, cameras: int, warm_up_s: float, seconds: float, *, heard: bool) -> tuple[float, float]:
    """Percent of a core for each camera: ours, and FFmpeg's."""
    urls = sound.urls(port, cameras) if heard else [address.url for address in _addresses(port, cameras)]
    ours = _recorded_by_us(port, cameras, warm_up_s, seconds, heard=heard)["cpu_s"]
    # The kernel counts in ticks: in a smoke run of a second it may have counted none.
    theirs = max(_recorded_by_ffmpeg(urls, warm_up_s, seconds), 1 / _TICK)
    return 100 * ours / seconds / cameras, 100 * theirs / seconds / cameras


def _addresses(port: int, cameras: int) -> list[StreamAddress]:
    names = (CameraId(f"camera-{number}") for number in range(cameras))
    return [StreamAddress(name, f"rtsp://127.0.0.1:{port}/{name}") for name in names]


def _recorded_by_us(
    port: int, cameras: int, warm_up_s: float, seconds: float, folder: str | None = None, *, heard: bool = False
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as own:
        command = [sys.executable, "-m", "benchmarks.recording", "--record", str(port), folder or own]
        command += ["--cameras", str(cameras), "--warm-up", str(warm_up_s), "--seconds", str(seconds)]
        command += ["--sound"] if heard else []
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def record(addresses: Sequence[StreamAddress], folder: Path, warm_up_s: float, seconds: float) -> dict[str, Any]:
    """In this process: CPU time in seconds, and the number of gaps that were noted."""
    clock = SystemClock()
    with closing(LocalDatabase(folder / "node.db")) as database:
        outbox = Outbox(database, max_bytes=2**26)
        spool = Spool(database, outbox, folder / "spool", max_bytes=2**40)
        flusher = Flusher(spool.folder)
        recorder = Recorder(spool.folder, spool, segment_s=SEGMENT_S, queue_bytes=_QUEUE_BYTES, wrote=flusher.wrote)
        sinks = [(address, recorder.sink(CameraId(address.camera))) for address in addresses]
        readers = [Reader(address, StreamKind.MAIN, [sink], clock, hears=sink) for address, sink in sinks]
        flusher.start()
        recorder.start()
        for reader in readers:
            reader.start()
        time.sleep(warm_up_s)
        before = _own_cpu_s()
        time.sleep(seconds)
        cpu_s = _own_cpu_s() - before
        for reader in readers:
            reader.stop()
        if not all(reader.join(_ENDS_WITHIN_S) for reader in readers) or not recorder.stop(_ENDS_WITHIN_S):
            raise SystemExit("recording did not end in time")
        flusher.stop(_ENDS_WITHIN_S)
        gaps = sum(1 for entry in outbox.pending(0, 10_000) if entry.kind == "gap")
        if any(address.sound for address in addresses) and (mute := sound.without_sound(spool.folder)):
            raise SystemExit(f"{mute} cameras were recorded without their sound")
    return {"cpu_s": cpu_s, "gaps": gaps}


def _returns(clips: Mapping[str, tuple[Path, Path]], cameras: int, away_s: float) -> list[float]:
    """Seconds from the return of all cameras to the first picture of each."""
    config = _simulated(clips, cameras, 1)
    first_mono: dict[str, float] = {}
    watches = [_Watch(name, first_mono) for name in config.cameras]
    with Simcams(config) as simulated:
        port = simulated.port
        readers = [
            Reader(StreamAddress(w.name, f"rtsp://127.0.0.1:{port}/{w.name}"), StreamKind.MAIN, [w], SystemClock())
            for w in watches
        ]
        for reader in readers:
            reader.start()
        while len(first_mono) < cameras:
            time.sleep(0.1)
    time.sleep(away_s)
    first_mono.clear()
    with Simcams(replace(config, port=port)):
        back_mono = time.monotonic()
        while len(first_mono) < cameras:
            time.sleep(0.1)
        for reader in readers:
            reader.stop()
        for reader in readers:
            reader.join(_ENDS_WITHIN_S)
    return [mono - back_mono for mono in first_mono.values()]


class _Watch:
    """A sink that notes when a camera's first picture came."""

    def __init__(self, name: str, first_mono: dict[str, float]) -> None:
        self.name = name
        self._first_mono = first_mono

    def begin(self, parameters: StreamParameters) -> None: ...

    def packet(self, packet: Packet) -> None:  # noqa: ARG002, that one came is enough
        self._first_mono.setdefault(self.name, time.monotonic())

    def lost(self, at: datetime, cause: GapCause) -> None: ...


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _recorded_by_ffmpeg(urls: Sequence[str], warm_up_s: float, seconds: float) -> float:
    """CPU time in seconds of all processes together."""
    with tempfile.TemporaryDirectory() as folder, _ffmpegs(urls, Path(folder)) as programs:
        time.sleep(warm_up_s)
        before = sum(map(_cpu_s, programs))
        time.sleep(seconds)
        ended = [program.returncode for program in programs if program.poll() is not None]
        if ended:
            raise SystemExit(f"{len(ended)} of {len(urls)} ffmpeg ended by themselves, with {ended}")
        return sum(map(_cpu_s, programs)) - before


@contextmanager
def _ffmpegs(urls: Sequence[str], folder: Path) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    programs = [
        subprocess.Popen(
            [
                *("ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"),
                *("-i", url, "-c", "copy", "-f", "segment"),
                *("-segment_time", str(SEGMENT_S), "-reset_timestamps", "1", str(folder / f"{number}-%03d.mp4")),
            ]
        )
        for number, url in enumerate(urls)
    ]
    try:
        yield programs
    finally:
        for program in programs:
            program.terminate()
        for program in programs:
            program.wait()


def _cpu_s(program: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{program.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK  # user and system, proc(5)


def _count(clips: Mapping[str, tuple[Path, Path]], cameras: int, warm_up_s: float, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        with Simcams(_simulated(clips, cameras, 1, numbered=True)) as simulated:
            done = _recorded_by_us(simulated.port, cameras, warm_up_s, seconds, folder)
        numbers = [_numbers(place) for place in sorted((Path(folder) / "spool").iterdir())]
    counted = [Counter(of_one) for of_one in numbers]
    return {
        "packets": sum(map(len, numbers)),
        "packets_lost": sum(max(one) - min(one) + 1 - len(one) for one in counted if one),
        "packets_doubled": sum(times - 1 for one in counted for times in one.values()),
        "cameras_without_pictures": cameras - sum(1 for one in counted if one),
        "gaps": done["gaps"],
        "many_percent_of_core_per_camera": round(100 * done["cpu_s"] / seconds / cameras, 3),
        "fewest_pictures_of_a_camera": min(map(len, numbers)),
        "median_pictures_of_a_camera": statistics.median(map(len, numbers)),
    }


def _numbers(folder: Path) -> list[int]:
    """Of all pictures of a camera, as they are in its files."""
    found = []
    for path in sorted(folder.glob("*.mp4")):
        for picture in read_pictures(path):
            number = number_of(Codec.H264, picture.data)
            if number is None:
                raise SystemExit(f"{path.name}: a picture without a number")
            found.append(number)
    return found


if __name__ == "__main__":
    main()
