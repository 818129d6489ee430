"""What a loss of power leaves, on a real file system: a disk of its own whose content is taken in the middle of recording.

A copy of the file behind a loop device is what the disk had been given by then; what was still in the page cache is not in it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.integration.record import picture_hash
from tests.kernel import refuses_loop_devices
from tests.media import play
from vigil.ingest.flusher import FLUSH_S, sync_file_system
from vigil.ingest.recorder import FRAGMENT_S, GATHER_S
from vigil.model.ids import CameraId
from vigil.node.leftovers import take_in
from vigil.simcam import SimcamConfig, Simcams
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.spool import Spool

ROOT = Path(__file__).parents[2]
CLIP = next(iter(sorted((ROOT / "sample_streams").glob("*.mp4"))))
CAMERAS = [CameraId(f"hall-{number}") for number in range(3)]
SEGMENT_S = "600"
"""None is closed, and so flushed for its own sake, while the test runs."""
RATE = 10
"""Pictures a second in the sample streams."""
SLOW_DISK_S = 1.0
"""What a flush may take on a machine that does other things."""
MOST_LOST = round(RATE * (FRAGMENT_S + GATHER_S + FLUSH_S + SLOW_DISK_S)) + 2


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    at.mkdir()
    subprocess.run(["mount", "-o", "loop", str(image), str(at)], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """An empty ext4 file system in a file."""
    if (reason := refuses_loop_devices()) is not None:
        pytest.skip(reason)
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(96 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    return image


def test_a_loss_of_power_costs_a_moment_and_not_the_open_segment(disk: Path, tmp_path: Path) -> None:
    after = tmp_path / "after.img"
    with ExitStack() as stack:
        folder = stack.enter_context(mounted(disk, tmp_path / "before"))
        simcams = stack.enter_context(Simcams(SimcamConfig(dict.fromkeys(CAMERAS, CLIP), port=0)))
        cameras = [f"{camera}={simcams.url(camera)}" for camera in CAMERAS]
        command = [sys.executable, "-m", "tests.integration.record", str(folder), "run", SEGMENT_S, *cameras]
        recording = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        stack.callback(recording.wait)
        stack.callback(recording.kill)
        _wait(lambda: all(len(_journal(folder, camera)) >= 50 for camera in CAMERAS))
        recording.send_signal(signal.SIGSTOP)
        _wait(lambda: _stopped(recording.pid))
        sent = {camera: _journal(folder, camera) for camera in CAMERAS}
        shutil.copyfile(disk, after)
    with mounted(after, tmp_path / "after") as folder:
        kept = _taken_in(folder)
    for camera in CAMERAS:
        assert kept[camera] == sent[camera][: len(kept[camera])]
        assert len(sent[camera]) - len(kept[camera]) <= MOST_LOST


def _taken_in(folder: Path) -> dict[CameraId, list[str]]:
    """What a node that starts there finds: the hashes of each camera's pictures."""
    with closing(LocalDatabase(folder / "node.db")) as database:
        spool = Spool(database, Outbox(database, max_bytes=2**24), folder / "spool", max_bytes=2**32)
        take_in(spool)
    return {
        camera: [
            picture_hash(played.slices)
            for path in sorted((spool.folder / camera).glob("*.mp4"))
            for played in play(path)
        ]
        for camera in CAMERAS
    }


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        sync_file_system(tmp_path / "nowhere")


def _journal(folder: Path, camera: CameraId) -> list[str]:
    path = folder / f"{camera}.run"
    return path.read_text().splitlines() if path.exists() else []


def _stopped(pid: int) -> bool:
    """Every thread of it, also those that were in the kernel."""
    tasks = Path(f"/proc/{pid}/task")
    return all((tasks / task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in os.listdir(tasks))


def _wait(probe: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not probe():
        assert time.monotonic() < deadline
        time.sleep(0.05)
