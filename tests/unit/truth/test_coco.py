from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.truth.samples import FOOTAGE, WITH_LANE
from vigil.errors import TruthError
from vigil.model.truth import Truth, TruthSource
from vigil.truth.coco import read_coco

BOX = [600, 300, 100, 150]


def image(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "width": 1000, "height": 500, "file_name": f"frame_{number}.jpg", **more}


def person(number: int, in_image: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "image_id": in_image, "category_id": 1, "bbox": BOX, **more}


def labels(images: list[Any], annotations: list[Any], categories: list[Any] | None = None) -> dict[str, Any]:
    known = [{"id": 1, "name": "person"}, {"id": 2, "name": "chair"}] if categories is None else categories
    return {"images": images, "annotations": annotations, "categories": known}


def write(folder: Path, value: Any) -> Path:
    path = folder / "labels.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def read(folder: Path, value: Any, *, fps: float = 1, video: int | None = None) -> Truth:
    return read_coco(write(folder, value), WITH_LANE, fps=fps, video=video)


def refusal(folder: Path, value: Any, *, fps: float = 1, video: int | None = None) -> str:
    with pytest.raises(TruthError) as error:
        read(folder, value, fps=fps, video=video)
    return str(error.value).removeprefix(f"{folder / 'labels.json'}: ")


def ids(truth: Truth) -> list[list[int]]:
    return [[one.id for one in second.people] for second in truth.seconds]


def test_pictures_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    images = [image(10), image(9), image(11)]
    assert ids(read(tmp_path, labels(images, [person(1, 9), person(2, 11)]))) == [[1], [], [2]]


def test_a_frame_id_goes_before_the_name(tmp_path: Path) -> None:
    images = [image(1, frame_id=21), image(2, frame_id=20)]
    assert ids(read(tmp_path, labels(images, [person(1, 1)]))) == [[], [1]]


def test_each_second_has_the_people_of_its_first_picture(tmp_path: Path) -> None:
    truth = read(tmp_path, labels([image(n) for n in range(5)], [person(n, n) for n in range(5)]), fps=2)
    assert ids(truth) == [[0], [2], [4]]
    assert (truth.header.source, truth.header.seconds) == (TruthSource.COCO, 2.5)
    assert (truth.header.width, truth.header.height, truth.header.fps) == (1000, 500, 2)


def test_pictures_may_be_labelled_now_and_then(tmp_path: Path) -> None:
    images = [image(1, frame_id=0), image(2, frame_id=27)]
    assert ids(read(tmp_path, labels(images, [person(1, 1), person(2, 2)]), fps=25)) == [[1], [2]]


def test_a_second_that_nobody_looked_at_is_no_empty_hall(tmp_path: Path) -> None:
    images = [image(1, frame_id=0), image(2, frame_id=50)]
    assert refusal(tmp_path, labels(images, []), fps=25) == (
        "no image lies in second 1 at 25 pictures a second; each second needs one"
    )


def test_only_persons_count_and_no_crowd(tmp_path: Path) -> None:
    annotations = [person(1, 1, category_id=2), person(2, 1, iscrowd=1), person(3, 1)]
    assert ids(read(tmp_path, labels([image(1)], annotations))) == [[3]]


@pytest.mark.parametrize("track", [{"track_id": 77}, {"instance_id": 77}, {"attributes": {"track_id": 77}}])
def test_a_person_keeps_an_id_where_labels_have_one(tmp_path: Path, track: dict[str, Any]) -> None:
    annotations = [person(1, 1, **track), person(2, 2, **track)]
    assert ids(read(tmp_path, labels([image(1), image(2)], annotations))) == [[77], [77]]


def test_pixels_count_from_zero_and_the_lane_is_counted(tmp_path: Path) -> None:
    (second,) = read(tmp_path, labels([image(1)], [person(1, 1)])).seconds
    assert second.people[0].box == (0.6, 0.6, 0.7, 0.9)
    assert (second.queue_in_view, second.windows) == (1, {})
    (second,) = read_coco(write(tmp_path, labels([image(1)], [person(1, 1)])), FOOTAGE, fps=1).seconds
    assert second.queue_in_view is None


def test_one_of_several_videos_is_chosen(tmp_path: Path) -> None:
    images = [image(1, video_id=4), image(2, video_id=5)]
    value = labels(images, [person(1, 1), person(2, 2)])
    assert ids(read(tmp_path, value, video=5)) == [[2]]
    assert refusal(tmp_path, value) == "there are several videos; choose one: 4, 5"
    assert refusal(tmp_path, value, video=6) == "images: there is none with video_id 6"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{", "Invalid JSON"),
        ("[]", "Input should be an object"),
        (labels([], []), "images: there is none"),
        (labels([{"id": 1}], []), "images[0].width: Field required"),
        (labels([image(1), image(2, width=900)], []), "image 2 has 900 × 500 pixels and the first has 1000 × 500"),
        (labels([image(1, frame_id=1), image(2)], []), "image 2 has no frame_id, and others have one"),
        (labels([image(1, frame_id=1), image(2, frame_id=1)], []), "two images have frame_id 1"),
        (labels([image(1)], [], [{"id": 3, "name": "dog"}]), "categories: none of them is named 'person'"),
        (labels([image(1)], [person(8, 2)]), "annotations[0] (id 8): there is no image 2"),
        (labels([image(1)], [person(8, 1, bbox=[1, 1, 0, 5])]), "annotations[0] (id 8): bbox [1.0, 1.0, 0.0, 5.0]"),
        (labels([image(1)], [person(8, 1, bbox=[1, 1, 5])]), "annotations[0].bbox[3]: Field required"),
        (
            labels([image(1)], [person(1, 1, track_id=3), person(2, 1, track_id=3)]),
            "annotations[1] (id 2): person 3 is in image 1 twice",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, value: Any, said: str) -> None:
    assert refusal(tmp_path, value).startswith(said)


def test_the_rate_must_be_one(tmp_path: Path) -> None:
    assert refusal(tmp_path, labels([image(1)], []), fps=0) == "0 pictures a second; a number above 0 is expected"
