"""Clips with their truth, put together into scenes. What does not belong together is told before anything is looked at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from vigil.errors import TruthError
from vigil.ingest.file_source import Clip
from vigil.model.media import CLOCK_RATE
from vigil.model.truth import PictureFault, Truth, TruthHeader
from vigil.truth.lines import SUFFIX, read, read_lines, truth_path

_SUFFIX: Final = ".mp4"
_LONGER_S: Final = 1.0
"""A clip's last picture may lie so far beyond its truth: containers round, and labels end at a whole second."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A video file and the file with its truth."""

    path: Path
    truth: Path
    header: TruthHeader

    @property
    def pixels(self) -> int:
        return self.header.width * self.header.height


def labelled(path: Path, truth: Path | None = None) -> LabelledClip:
    """A clip with the truth beside it, or with the one given. Raises TruthError."""
    truth = truth or truth_path(path)
    if not truth.exists():
        raise TruthError(
            f"{path}: there is no truth beside it ({truth.name}). Make it with `vigil label`, or give --truth"
        )
    header = next(read_lines(truth), None)
    if not isinstance(header, TruthHeader):
        raise TruthError(f"{truth}:1: a truth file begins with a line of type header")
    return LabelledClip(path, truth, header)


def find(paths: Iterable[Path]) -> list[LabelledClip]:
    """The clips named, and those in the folders named that have a truth beside them. Raises TruthError."""
    found: dict[Path, LabelledClip] = {}
    for path in paths:
        inside = _within(path) if path.is_dir() else [path]
        found |= {one.resolve(): labelled(one) for one in inside}
    return list(found.values())


def scenes(clips: Iterable[LabelledClip]) -> list[tuple[LabelledClip, ...]]:
    """The clips of each scene, one a camera. Of two sizes the smaller is taken, for a node analyses the substream.

    Raises TruthError where two clips claim to be the same camera's at the same time, and where a scene has two beginnings.
    """
    by_scene: dict[str, dict[str, LabelledClip]] = {}
    for clip in clips:
        cameras = by_scene.setdefault(clip.header.scene, {})
        other = cameras.get(clip.header.camera)
        if other is not None and other.pixels == clip.pixels:
            raise TruthError(
                f"{clip.path}: {other.path} is camera {clip.header.camera} of scene {clip.header.scene}, too. "
                "Give one of them, or give each recording a scene of its own in its truth"
            )
        if other is None or clip.pixels < other.pixels:
            cameras[clip.header.camera] = clip
    found = [tuple(cameras.values()) for cameras in by_scene.values()]
    for scene in found:
        _require_one_beginning(scene)
    return found


def truth_of(clip: LabelledClip) -> Truth:
    """The truth without its people: nothing here is measured by their boxes, and a day has a million of them."""
    truth = read(clip.truth)
    return replace(truth, seconds=tuple(replace(row, people=()) for row in truth.seconds))


def require_match(clip: LabelledClip, opened: Clip) -> None:
    """Raises TruthError where the truth is of a picture of another size, or of a shorter time."""
    size = (opened.parameters.width, opened.parameters.height)
    told = (clip.header.width, clip.header.height)
    if size != told:
        raise TruthError(
            f"{clip.truth}: this is the truth of a clip of {told[0]} x {told[1]}, and {clip.path.name} is {size[0]} x "
            f"{size[1]}. Give the truth that belongs to the clip"
        )
    last_s = max(picture.pts_90k for picture in opened.pictures()) / CLOCK_RATE
    if last_s > clip.header.seconds + _LONGER_S:
        raise TruthError(
            f"{clip.truth}: it tells of {clip.header.seconds:g} s, and {clip.path.name} has a picture at {last_s:g} s. "
            "Give the truth that belongs to the clip"
        )


def first_picture_s(truth: Truth) -> float:
    """When the clip's first picture was taken: a camera that is off line at the beginning of a scene has none until then."""
    seen = next((row.t_s for row in truth.seconds if row.fault is not PictureFault.OFFLINE), 0)
    fps = truth.header.fps
    return math.ceil(seen * fps) / fps if fps else float(seen)


def _within(folder: Path) -> Sequence[Path]:
    clips = sorted(path for path in folder.rglob(f"*{_SUFFIX}") if truth_path(path).exists())
    if not clips:
        raise TruthError(f"{folder}: no clip in it has a truth beside it (NAME{_SUFFIX} with NAME{SUFFIX})")
    return clips


def _require_one_beginning(scene: Sequence[LabelledClip]) -> None:
    first = scene[0]
    for other in scene[1:]:
        if other.header.start_at != first.header.start_at:
            raise TruthError(
                f"{other.truth}: scene {first.header.scene} begins at {other.header.start_at.isoformat()} here and at "
                f"{first.header.start_at.isoformat()} in {first.truth}. Cameras of one scene begin together"
            )
