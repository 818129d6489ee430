"""The shipped weights on rendered pictures whose people are known (tests/data/README.md)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.analytics.detector import Backend, Bgr, Detector, DetectorSettings, Precision, Region, open_detector
from vigil.analytics.weights import PROVENANCE, read_weights, shipped, write_provenance
from vigil.errors import DetectorError
from vigil.model.looks import Detection
from vigil.testing import FakeDetector, planes_of

HALL = Path(__file__).parents[2] / "data" / "hall"
Box = tuple[float, float, float, float]


def picture(name: str) -> Bgr:
    frame = cv2.imread(str(HALL / name))
    assert frame is not None
    return np.asarray(frame, np.uint8)


def truth(name: str) -> list[Box]:
    boxes: list[Box] = json.loads((HALL / "truth.json").read_text(encoding="utf-8"))[name]
    return boxes


def overlap(a: Detection, b: Box) -> float:
    width, height = min(a.x1, b[2]) - max(a.x0, b[0]), min(a.y1, b[3]) - max(a.y0, b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / ((a.x1 - a.x0) * (a.y1 - a.y0) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def seen(detector: Detector, picture: Bgr) -> tuple[Detection, ...]:
    """Those of whom the detector is sure."""
    (people,) = looked(detector, picture)
    return tuple(person for person in people if person.sure)


def looked(detector: Detector, *pictures: Bgr) -> list[tuple[Detection, ...]]:
    return detector.look([Region.whole(planes_of(picture)) for picture in pictures])


@pytest.fixture(scope="module")
def detector() -> Iterator[Detector]:
    detector = open_detector(DetectorSettings())
    yield detector
    detector.close()


@pytest.mark.parametrize("name", ["counter.jpg", "hall.jpg", "empty.jpg"])
def test_sees_the_people_who_are_there_and_no_others(detector: Detector, name: str) -> None:
    people = seen(detector, picture(name))
    assert len(people) == len(truth(name))
    assert all(max(overlap(person, box) for person in people) > 0.4 for box in truth(name))
    assert [person.score for person in people] == sorted((person.score for person in people), reverse=True)
    assert all(0 <= person.x0 < person.x1 <= 1 and 0 <= person.y0 < person.y1 <= 1 for person in people)


def test_a_picture_after_one_of_another_shape_is_seen_as_if_alone(detector: Detector) -> None:
    counter = picture("counter.jpg")
    portrait = np.ascontiguousarray(counter[:, 200:400])
    first, _, empty, again = looked(detector, counter, portrait, picture("empty.jpg"), counter)
    assert first == again
    assert empty == ()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (704, 576), (641, 359)])
def test_size_and_aspect_of_the_picture_do_not_move_the_people(detector: Detector, size: tuple[int, int]) -> None:
    people = seen(detector, cv2.resize(picture("counter.jpg"), size))
    assert all(max(overlap(person, box) for person in people) > 0.4 for box in truth("counter.jpg"))
    # In eight bits a second box of somebody may be left where a picture is squeezed.
    assert all(max(overlap(person, box) for box in truth("counter.jpg")) > 0.4 for person in people)
    assert len(people) - len(truth("counter.jpg")) in (0, 1)


def test_people_below_and_beside_padding_are_placed_right(detector: Detector) -> None:
    counter = picture("counter.jpg")
    tall = np.full((720, 640, 3), 114, np.uint8)
    tall[360:] = counter  # the hall fills the lower half, so every y moves to 0.5 + y / 2
    people = seen(detector, tall)
    boxes = [(x0, 0.5 + y0 / 2, x1, 0.5 + y1 / 2) for x0, y0, x1, y1 in truth("counter.jpg")]
    assert people
    assert all(max(overlap(person, box) for box in boxes) > 0.4 for person in people)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3000, 3), (901, 37, 3)])
def test_odd_pictures_are_pictures_without_people(detector: Detector, shape: tuple[int, int, int]) -> None:
    assert looked(detector, np.full(shape, 60, np.uint8)) == [()]


def test_no_regions_no_answers(detector: Detector) -> None:
    assert detector.look([]) == []


def test_people_found_in_a_part_of_a_picture_are_where_they_are_in_the_whole(detector: Detector) -> None:
    whole = planes_of(picture("counter.jpg"))
    parts = [Region(whole, left, 60, left + 320, 300, scale) for left in (0, 160, 320) for scale in (0.75, 1.0)]
    for part, people in zip(parts, detector.look(parts), strict=True):
        placed = [person for person in people if person.plain]
        assert placed
        for person in placed:
            assert part.left / 640 <= person.x0 < person.x1 <= part.right / 640
            assert max(overlap(person, box) for box in truth("counter.jpg")) > 0.4


def test_whom_a_region_finds_does_not_depend_on_its_neighbours(detector: Detector) -> None:
    counter, hall = planes_of(picture("counter.jpg")), planes_of(picture("hall.jpg"))
    mine = Region(counter, 100, 60, 400, 300)
    others = [Region(hall, left, 100, left + 160, 260, 1.2) for left in range(0, 480, 80)]
    (alone,), together = detector.look([mine]), detector.look([*others[:3], mine, *others[3:]])[3]
    for one in (person for person in alone if person.score > 0.5):
        box = (one.x0, one.y0, one.x1, one.y1)
        partner = max(together, key=lambda other, box=box: overlap(other, box))  # type: ignore[misc]
        assert overlap(partner, box) > 0.7
        assert partner.sure


def test_canvases_looked_at_side_by_side_say_the_same(detector: Detector) -> None:
    pictures = [planes_of(picture(name)) for name in ("counter.jpg", "hall.jpg", "empty.jpg")]
    parts = [Region(one, left, 60, left + 200, 240) for one in pictures for left in range(0, 440, 40)]
    regions = [*map(Region.whole, pictures), *parts]
    beside = open_detector(DetectorSettings(threads=3))
    assert beside.look(regions) == detector.look(regions) == detector.look(regions)
    beside.close()


def test_a_region_outside_of_its_picture_or_at_odd_corners_is_refused(detector: Detector) -> None:
    planes = planes_of(picture("empty.jpg"))
    for wrong in (
        Region(planes, 0, 0, 642, 360),
        Region(planes, -2, 0, 100, 100),
        Region(planes, 10, 10, 10, 100),
        Region(planes, 1, 0, 101, 100),
        Region(planes, 0, 0, 100, 99),
        Region(planes, 0, 0, 100, 100, scale=0.0),
    ):
        with pytest.raises(DetectorError, match=r"region 1: .* no rectangle with even corners .* 640x360"):
            detector.look([Region.whole(planes), wrong])


def test_looking_again_and_again_takes_no_more_memory(detector: Detector) -> None:
    whole = planes_of(picture("counter.jpg"))
    regions = [Region.whole(whole), *(Region(whole, left, 60, left + 200, 240) for left in range(0, 440, 40))]
    for _ in range(5):  # until every canvas has been used
        detector.look(regions)
    before = resident_mib()
    for _ in range(15):
        detector.look(regions)
    assert resident_mib() - before < 4


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_the_name_says_what_looked(detector: Detector) -> None:
    assert detector.name == f"yolov8n-openvino-int8-384x640@{read_weights(shipped(Precision.INT8)).fingerprint}"


def test_the_weights_in_sixteen_bits_see_the_same_people() -> None:
    detector = open_detector(DetectorSettings(precision=Precision.FP16))
    assert detector.name.startswith("yolov8n-openvino-fp16-384x640@")
    for name in ("counter.jpg", "hall.jpg", "empty.jpg"):
        people = seen(detector, picture(name))
        assert len(people) == len(truth(name))
        assert all(max(overlap(person, box) for person in people) > 0.4 for box in truth(name))
    detector.close()


def test_another_input_size() -> None:
    detector = open_detector(DetectorSettings(input_height=192, input_width=320, confidence=0.35))
    people = seen(detector, picture("counter.jpg"))
    assert "-192x320@" in detector.name
    assert 6 <= len(people) <= 12  # a quarter of the pixels: the far ones may be missed
    detector.close()


def test_closed_means_closed() -> None:
    detector = open_detector(DetectorSettings(input_height=64, input_width=64))
    detector.close()
    detector.close()
    with pytest.raises(DetectorError, match="closed; open a new detector"):
        looked(detector, picture("empty.jpg"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped(Precision.FP16), tmp_path / "yolov8n"))


def test_a_copy_of_the_weights_is_taken_by_its_folder(copy: Path) -> None:
    assert open_detector(DetectorSettings(model=str(copy))).name.startswith("yolov8n-openvino-fp16-384x640@")


@pytest.mark.parametrize("name", ["yolov8n.bin", "yolov8n.xml"])
def test_altered_weights_are_refused(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(
        DetectorError, match=rf"{name} is not the file that its provenance names .* Install vigil again"
    ):
        open_detector(DetectorSettings(model=str(copy)))


def test_a_model_of_the_user_needs_no_provenance(copy: Path) -> None:
    (copy / PROVENANCE).unlink()
    assert open_detector(DetectorSettings(model=str(copy))).name.startswith("yolov8n-openvino-384x640@")


@pytest.mark.parametrize("text", ["not toml", "[files]", '[export]\nprecision = "fp16"'])
def test_a_damaged_provenance_is_refused(copy: Path, text: str) -> None:
    (copy / PROVENANCE).write_text(text, encoding="utf-8")
    with pytest.raises(DetectorError, match="not a record of provenance"):
        read_weights(copy)


def test_missing_weights_say_what_to_do(copy: Path, tmp_path: Path) -> None:
    (copy / "yolov8n.bin").unlink()
    with pytest.raises(DetectorError, match=r"the weights cannot be read: .*yolov8n\.bin.* Install vigil"):
        read_weights(copy)
    with pytest.raises(DetectorError, match=r"expected one OpenVINO model .* found 0\. Name the folder"):
        read_weights(tmp_path / "nowhere")


def test_a_model_that_is_no_detector_of_people_is_refused(copy: Path) -> None:
    xml = copy / "yolov8n.xml"
    original = xml.read_text(encoding="utf-8")
    for altered, complaint in (
        (original.replace('<labels value="person ', '<labels value="parson '), "none of its classes is 'person'"),
        (
            original.replace('<labels value="person ', '<labels value="person cow '),
            r"expected one output \[1, 85, anchors\]",
        ),
        (original.replace("<labels ", "<names "), "does not name its classes"),
        (original[: len(original) // 2], "OpenVINO cannot take this model at 384x640"),
    ):
        xml.write_text(altered, encoding="utf-8")
        write_provenance(copy, {"export": {"precision": "fp16"}})
        with pytest.raises(DetectorError, match=complaint):
            open_detector(DetectorSettings(model=str(copy)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"input_height": 360}, "input_height is 360; use a multiple of 32"),
        ({"confidence": 0.0}, "confidence is 0.0; use a share between 0 and 1"),
        ({"confidence": 0.3, "doubt": 0.4}, "doubt is 0.4; use at most confidence, 0.3"),
        ({"iou": 1.5}, "iou is 1.5"),
        ({"threads": 0}, "threads is 0"),
    ],
)
def test_settings_that_cannot_be(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(DetectorError, match=complaint):
        open_detector(replace(DetectorSettings(), **change))  # type: ignore[arg-type]


def test_a_look_needs_neither_torch_nor_a_connection() -> None:
    program = """
import sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.fork"):
        print(event, arguments)
sys.addaudithook(hook)
import numpy as np
from vigil.analytics.detector import DetectorSettings, Region, open_detector
from vigil.model.media import Planes
detector = open_detector(DetectorSettings(input_height=64, input_width=64))
half = np.full((32, 32), 128, np.uint8)
detector.look([Region.whole(Planes(np.zeros((64, 64), np.uint8), half, half))])
print(*sorted({"torch", "ultralytics"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_fake_follows_its_script() -> None:
    somebody = Detection(0.1, 0.2, 0.3, 0.9, 0.8)
    fake: Detector = FakeDetector([(somebody,), DetectorError("broken"), ()])
    frame = picture("empty.jpg")
    assert looked(fake, frame) == [(somebody,)]
    with pytest.raises(DetectorError, match="broken"):
        looked(fake, frame)
    assert looked(fake, frame, frame) == [(), ()]
    fake.close()
    with pytest.raises(DetectorError, match="closed"):
        looked(fake, frame)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    with pytest.raises(DetectorError, match=r"not installed .* pip install 'vigil\[ultralytics\]'"):
        open_detector(DetectorSettings(backend=Backend.ULTRALYTICS))
