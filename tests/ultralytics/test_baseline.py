"""The baseline that runs Ultralytics' own region counting, on a few frames. Not part of the default run."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.baselines import counts
from benchmarks.baselines.ultralytics_queue import count, shipped_weights
from vigil.errors import TruthError
from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.site import Point, Zone, ZoneKind
from vigil.model.truth import SecondTruth, TruthHeader, TruthSource
from vigil.truth import lines

pytestmark = pytest.mark.ultralytics

ROOT = Path(__file__).parents[2]
HALL = ROOT / "tests" / "data" / "hall"
FPS = 5
FULL, EMPTY = "counter.jpg", "empty.jpg"
ALL, NONE = WindowId("all"), WindowId("none")


def rectangle(x0: float, y0: float, x1: float, y1: float) -> tuple[Point, ...]:
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


HEADER = TruthHeader(
    scene="hall",
    camera=CameraId("counter"),
    source=TruthSource.LABEL,
    start_at=datetime(2026, 3, 2, 1, tzinfo=UTC),
    seconds=4.0,
    width=0,
    height=0,
    fps=FPS,
    windows=(ALL, NONE),
    zones=(
        Zone(ZoneKind.STAFF_AREA, rectangle(0.0, 0.0, 1.0, 1.0), window=ALL),
        Zone(ZoneKind.STAFF_AREA, rectangle(0.0, 0.0, 0.02, 0.02), window=NONE),
        Zone(ZoneKind.QUEUE, rectangle(0.5, 0.0, 1.0, 1.0), group=GroupId("group")),
        Zone(ZoneKind.VISITOR_SPOT, rectangle(0.0, 0.0, 1.0, 1.0), window=ALL),
    ),
)


@pytest.fixture(scope="module", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YOLO_CONFIG_DIR", str(tmp_path_factory.mktemp("settings")))
        yield


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a full hall and two of an empty one."""
    path = tmp_path_factory.mktemp("clip") / "hall.mp4"
    pictures = {name: np.asarray(cv2.imread(str(HALL / name))) for name in (FULL, EMPTY)}
    height, width = pictures[FULL].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (width, height))
    for name in [FULL] * 2 * FPS + [EMPTY] * 2 * FPS:
        writer.write(cv2.resize(pictures[name], (width, height)))
    writer.release()
    return path


def test_regions_are_counted_on_every_frame(clip: Path) -> None:
    counted = count(clip, HEADER, shipped_weights(), threads=1, first_s=10.0)

    assert (counted.frames, counted.threads, counted.camera) == (4 * FPS, 1, "counter")
    assert counted.ms_per_frame is not None
    assert counted.ms_per_frame > 1
    last, most = counted.counts[-1], max(counted.counts, key=lambda one: one.staff[ALL])
    assert 5 <= most.staff[ALL] <= 12, "of the 12 in the picture the tracker takes up those of whom it is sure"
    assert most.queue is not None
    assert 0 < most.queue < most.staff[ALL]
    assert (last.staff, last.queue) == ({ALL: 0, NONE: 0}, 0)
    assert 12.0 <= last.at_s < 13.0, "the hall is empty from the third second on"
    assert all(one.staff[NONE] == 0 for one in counted.counts)


def test_without_zones_there_is_nothing_to_count(clip: Path) -> None:
    spots = [zone for zone in HEADER.zones if zone.kind is ZoneKind.VISITOR_SPOT]
    header = replace(HEADER, zones=tuple(spots))
    with pytest.raises(TruthError, match="its truth names neither a staff area nor a lane"):
        count(clip, header, shipped_weights())


def test_as_a_command_it_writes_what_the_reader_reads(clip: Path) -> None:
    assert importlib.util.find_spec("shapely") is not None, "pip install shapely lap: Ultralytics' solutions need them"
    lines.write(lines.truth_path(clip), [HEADER, SecondTruth(0, {})])
    out = clip.with_suffix(".counts.jsonl")
    command = [sys.executable, "-m", "benchmarks.baselines.ultralytics_queue", str(clip), "--out", str(out)]

    subprocess.run([*command, "--threads", "1"], cwd=ROOT, check=True, env=os.environ)

    counted = counts.read(out)
    assert (counted.system, counted.frames) == ("ultralytics", 4 * FPS)
    assert counted.windows == {ALL, NONE}
