"""Recording end to end, from RTSP to segments in the spool, with the recorder's process killed on the way."""

from __future__ import annotations

import hashlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from tests.integration.record import picture_hash
from tests.media import play, slices
from tests.sinks import KeptSink
from vigil.clock import SystemClock
from vigil.ingest.file_source import open_clip
from vigil.ingest.reader import Reader
from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId
from vigil.model.media import Codec, Gap, GapCause, Segment, StreamKind
from vigil.simcam import SimcamConfig, Simcams

ROOT = Path(__file__).parents[2]
CLIPS = {path.stem: path for path in sorted((ROOT / "sample_streams").glob("*.mp4"))}
CAMERAS = [CameraId(name) for name in CLIPS]
SEGMENT_S = "3"
RATE = 10
"""Pictures a second in the sample streams, and so in a fragment."""
MOST_LOST = RATE + 2
"""A second: the fragment that was open and what had gathered for the recorder. A fragment is written when the picture behind
it comes; one more may be between the journal and the recorder."""


@pytest.fixture(scope="module")
def simcams() -> Iterator[Simcams]:
    with Simcams(SimcamConfig(CLIPS, port=0)) as simcams:
        yield simcams


@dataclass(slots=True)
class Run:
    """One life of the recording process."""

    folder: Path
    name: str
    process: subprocess.Popen[bytes]

    @classmethod
    def begin(cls, folder: Path, number: int, simcams: Simcams) -> Run:
        name = f"run{number}"
        cameras = [f"{camera}={simcams.url(camera)}" for camera in CAMERAS]
        command = [sys.executable, "-m", "tests.integration.record", str(folder), name, SEGMENT_S, *cameras]
        return cls(folder, name, subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))

    def journal(self, camera: CameraId) -> list[str]:
        path = self.folder / f"{camera}.{self.name}"
        return path.read_text().splitlines() if path.exists() else []

    def wait(self, pictures: int) -> None:
        """Until every camera has given that many."""
        deadline = time.monotonic() + 60
        while min(len(self.journal(camera)) for camera in CAMERAS) < pictures:
            assert self.process.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, {camera: len(self.journal(camera)) for camera in CAMERAS}
            time.sleep(0.05)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is in the spool after all runs, oldest first."""

    folder: Path
    runs: list[Run]
    rows: list[tuple[Segment, Path]]
    gaps: list[Gap]

    def of(self, camera: CameraId) -> list[Segment]:
        return [segment for segment, _ in self.rows if segment.camera == camera]

    def paths(self, camera: CameraId) -> list[Path]:
        return [path for segment, path in self.rows if segment.camera == camera]

    def gaps_of(self, camera: CameraId) -> list[Gap]:
        return [gap for gap in self.gaps if gap.camera == camera]

    def pictures(self, camera: CameraId) -> list[str]:
        return [picture_hash(played.slices) for path in self.paths(camera) for played in play(path)]


_OLDEST_REPLAY_S = 4.0
"""A camera gives a new reader its current GOP, up to 2 s old: a run that began sooner could take up where the last one ended."""


@pytest.fixture(scope="module")
def recorded(simcams: Simcams, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Two runs that were killed, in the middle of a segment and at no chosen moment, and one that ended well."""
    folder = tmp_path_factory.mktemp("node")
    runs = []
    for number in range(3):
        run = Run.begin(folder, number, simcams)
        runs.append(run)
        run.wait(45 if number < 2 else 25)
        time.sleep(random.uniform(0, 1.5))
        if number < 2:
            assert run.end(signal.SIGKILL) == -signal.SIGKILL
            assert len(list(folder.glob("spool/*/*.part"))) == len(CAMERAS)
            time.sleep(_OLDEST_REPLAY_S)
        else:
            assert run.end(signal.SIGTERM) == 0
    return Recorded(folder, runs, *_rows(folder / "node.db"))


def _rows(database: Path) -> tuple[list[tuple[Segment, Path]], list[Gap]]:
    segment, gap = TypeAdapter(Segment), TypeAdapter(Gap)
    with closing(sqlite3.connect(database)) as connection:
        segments = connection.execute("SELECT segment, path FROM segments ORDER BY start_at").fetchall()
        gaps = connection.execute("SELECT body FROM outbox WHERE kind = 'gap' ORDER BY seq").fetchall()
    spool = database.with_name("spool")
    return [(segment.validate_json(text), spool / path) for text, path in segments], [
        gap.validate_json(text) for (text,) in gaps
    ]


@pytest.mark.parametrize("camera", CAMERAS)
class TestKilled:
    def test_the_camera_was_read_without_a_hole(self, recorded: Recorded, camera: CameraId) -> None:
        clip = [picture_hash(slices(Codec.H264, picture.data)) for picture in open_clip(CLIPS[camera]).pictures()]
        for run in recorded.runs:
            seen = run.journal(camera)
            begin = clip.index(seen[0])
            assert seen == [clip[(begin + index) % len(clip)] for index in range(len(seen))]

    @pytest.mark.lesson(6)
    def test_at_most_the_last_second_is_lost_and_nothing_is_there_twice(
        self, recorded: Recorded, camera: CameraId
    ) -> None:
        pictures = recorded.pictures(camera)
        for run in recorded.runs:
            given = run.journal(camera)
            end = len(given)
            while pictures[:end] != given[:end]:
                end -= 1
            lost = len(given) - end
            assert lost <= (0 if run is recorded.runs[-1] else MOST_LOST), run.name
            pictures = pictures[end:]
        assert pictures == []

    def test_the_time_between_is_a_gap_of_the_node(self, recorded: Recorded, camera: CameraId) -> None:
        segments = recorded.of(camera)
        apart = [(a.end_at, b.start_at) for a, b in pairwise(segments) if a.end_at != b.start_at]
        gaps = recorded.gaps_of(camera)
        assert [(gap.start_at, gap.end_at, gap.cause) for gap in gaps] == [(*span, GapCause.NODE) for span in apart]
        assert len(apart) == 2

    def test_the_hashes_make_one_chain(self, recorded: Recorded, camera: CameraId) -> None:
        previous = ""
        for segment, path in zip(recorded.of(camera), recorded.paths(camera), strict=True):
            assert segment.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
            assert segment.previous_sha256 == previous
            previous = segment.sha256

    def test_what_was_recovered_says_so_and_only_what_was_empty_is_put_aside(
        self, recorded: Recorded, camera: CameraId
    ) -> None:
        """A kill within the first fragment of a segment finds a file without a byte."""
        segments = recorded.of(camera)
        lost = list(recorded.folder.glob(f"spool/{camera}/*.lost"))
        assert sum(segment.recovered for segment in segments) + len(lost) == 2
        assert all(path.stat().st_size == 0 for path in lost)
        assert list(recorded.folder.glob(f"spool/{camera}/*.part")) == []


def test_two_readers_date_a_picture_alike(simcams: Simcams) -> None:
    """The later one gets the GOP that had begun as a burst."""
    camera = CAMERAS[0]
    sinks = KeptSink(), KeptSink()
    readers = [
        Reader(StreamAddress(camera, simcams.url(camera)), StreamKind.MAIN, [sink], SystemClock()) for sink in sinks
    ]
    try:
        readers[0].start()
        assert sinks[0].wait(lambda: len(sinks[0].packets) >= RATE, 15)
        readers[1].start()
        assert sinks[1].wait(lambda: len(sinks[1].packets) >= RATE, 15)
        newest = sinks[1].packets[-1].data
        assert sinks[0].wait(lambda: any(packet.data == newest for packet in sinks[0].packets), 5)
    finally:
        for reader in readers:
            reader.stop()
        assert all(reader.join(10) for reader in readers)
    dated = {packet.data: packet.at for packet in sinks[0].packets}
    apart_s = [abs((dated[one.data] - one.at).total_seconds()) for one in sinks[1].packets if one.data in dated]
    assert len(apart_s) >= RATE
    assert max(apart_s) < 0.2
