"""COCO annotations (https://cocodataset.org/#format-data) of a clip's pictures: JSON with images, annotations, categories.

Pictures are put in order by `frame_id` where they have one, else by file name, numbers in it compared as numbers; the
first picture is the clip's first. A person keeps an id where the annotation has `track_id` or `instance_id` (its own or
among `attributes`), and else has a new one in each picture. Crowd regions (`iscrowd`) are no persons and are left out.
A second is told by the first picture in it, and a second without any is an error: COCO cannot say "nobody looked".
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from vigil.errors import TruthError
from vigil.model.truth import Box, SecondTruth, Truth, TruthSource
from vigil.truth.footage import Footage, second, shares

PERSON: Final = "person"


class _Image(BaseModel):
    id: int
    width: int
    height: int
    file_name: str = ""
    frame_id: int | None = None
    video_id: int | None = None


class _Annotation(BaseModel):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    iscrowd: int = 0
    track_id: int | None = None
    instance_id: int | None = None
    attributes: dict[str, Any] = {}

    @property
    def person(self) -> int:
        for known in (self.track_id, self.instance_id, self.attributes.get("track_id")):
            if isinstance(known, int):
                return known
        return self.id


class _Category(BaseModel):
    id: int
    name: str


class _File(BaseModel):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


@dataclass(slots=True)
class _Pictures:
    """One video's pictures in order, and the people in each."""

    size: tuple[int, int]
    numbers: list[int]
    """Of each picture, how many come before it at the clip's full rate."""
    ids: list[int]
    people: dict[int, dict[int, tuple[Box, float]]] = field(default_factory=lambda: defaultdict(dict))


def read_coco(path: Path, footage: Footage, *, fps: float, video: int | None = None) -> Truth:
    """People per second. `fps`: pictures a second, as numbered; `video`: the `video_id`, where a file has several.

    Raises TruthError with file and place.
    """
    if not 0 < fps < math.inf:
        raise TruthError(f"{path}: {fps:g} pictures a second; a number above 0 is expected")
    file = _read(path)
    pictures = _pictures(file, path, video)
    _add_people(file, pictures, path)
    length = (pictures.numbers[-1] + 1) / fps
    header = footage.header(TruthSource.COCO, seconds=length, size=pictures.size, fps=fps)
    return Truth(header, tuple(_seconds(pictures, fps, math.ceil(length), footage, path)))


def _read(path: Path) -> _File:
    try:
        return _File.model_validate_json(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise TruthError(f"{path}: cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise TruthError(f"{path}: {_place(first['loc'])}{first['msg']}") from error


def _place(parts: tuple[int | str, ...]) -> str:
    """("images", 3, "width") → "images[3].width: "."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")
    return f"{text}: " if text else ""


def _pictures(file: _File, path: Path, video: int | None) -> _Pictures:
    videos = sorted({image.video_id for image in file.images if image.video_id is not None})
    if video is None and len(videos) > 1:
        raise TruthError(f"{path}: there are several videos; choose one: {', '.join(map(str, videos))}")
    images = [image for image in file.images if video is None or image.video_id == video]
    if not images:
        raise TruthError(f"{path}: images: there is none" + ("" if video is None else f" with video_id {video}"))
    size = images[0].width, images[0].height
    for image in images:
        if (image.width, image.height) != size or min(size) < 1:
            raise TruthError(
                f"{path}: image {image.id} has {image.width} × {image.height} pixels and the first has "
                f"{size[0]} × {size[1]}; the pictures of a clip have one size"
            )
    numbers, ordered = _in_order(images, path)
    return _Pictures(size, numbers, [image.id for image in ordered])


def _in_order(images: list[_Image], path: Path) -> tuple[list[int], list[_Image]]:
    numbered = [image.frame_id for image in images if image.frame_id is not None]
    if not numbered:
        ordered = sorted(images, key=lambda image: _natural(image.file_name))
        return list(range(len(ordered))), ordered
    if len(numbered) < len(images):
        missing = next(image.id for image in images if image.frame_id is None)
        raise TruthError(f"{path}: image {missing} has no frame_id, and others have one")
    if len(set(numbered)) < len(numbered):
        twice = next(number for number in numbered if numbered.count(number) > 1)
        raise TruthError(f"{path}: two images have frame_id {twice}; are they of two videos without video_id?")
    first = min(numbered)
    return [number - first for number in sorted(numbered)], sorted(images, key=lambda image: image.frame_id or 0)


def _natural(name: str) -> list[tuple[int, str]]:
    """frame_2 comes before frame_10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _add_people(file: _File, pictures: _Pictures, path: Path) -> None:
    persons = {category.id for category in file.categories if category.name.lower() == PERSON}
    if not persons:
        raise TruthError(f"{path}: categories: none of them is named {PERSON!r}")
    wanted, known = set(pictures.ids), {image.id for image in file.images}
    for index, one in enumerate(file.annotations):
        where = f"{path}: annotations[{index}] (id {one.id})"
        if one.image_id not in known:
            raise TruthError(f"{where}: there is no image {one.image_id}")
        if one.image_id not in wanted or one.category_id not in persons or one.iscrowd:
            continue
        if not (all(map(math.isfinite, one.bbox)) and one.bbox[2] > 0 and one.bbox[3] > 0):
            raise TruthError(f"{where}: bbox {list(one.bbox)}: width and height must be above 0")
        if one.person in pictures.people[one.image_id]:
            raise TruthError(f"{where}: person {one.person} is in image {one.image_id} twice")
        box = shares(*one.bbox, pictures.size)
        if box is not None:
            pictures.people[one.image_id][one.person] = box, 1.0


def _seconds(pictures: _Pictures, fps: float, count: int, footage: Footage, path: Path) -> list[SecondTruth]:
    first_of: dict[int, int] = {}
    for number, image in zip(pictures.numbers, pictures.ids, strict=True):
        first_of.setdefault(int(number / fps), image)
    missing = next((t_s for t_s in range(count) if t_s not in first_of), None)
    if missing is not None:
        raise TruthError(
            f"{path}: no image lies in second {missing} at {fps:g} pictures a second; each second needs one"
        )
    return [second(t_s, pictures.people.get(first_of[t_s], {}), footage.zones) for t_s in range(count)]
