"""MOTChallenge labels (https://motchallenge.net/instructions/): a `gt.txt`, with `seqinfo.ini` in the folder above its own.

A line is frame,id,x,y,w,h,conf,class,visibility: frames and pixels count from 1, conf 0 says "ignore this box", class 1 is
a pedestrian. The form of 2015 has ten columns, without class and visibility; all in it are pedestrians. A frame without
lines shows nobody. A second is told by the frame at its beginning.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigil.errors import TruthError
from vigil.model.truth import Box, Truth, TruthSource
from vigil.truth.footage import Footage, second, shares

SEQINFO: Final = "seqinfo.ini"
_PEDESTRIAN: Final = 1
_COLUMNS: Final = 9
_COLUMNS_2015: Final = 10

People = dict[int, tuple[Box, float]]
"""Boxes and visibility by id."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """What seqinfo.ini says. `frames` is 0 where it does not say how many there are."""

    fps: float
    width: int
    height: int
    frames: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    frame: int
    id: int
    left: float
    top: float
    width: float
    height: float
    counts: bool
    visibility: float


def read_mot(gt: Path, footage: Footage, seqinfo: Path | None = None) -> Truth:
    """People per second. Raises TruthError with file and line."""
    sequence = read_seqinfo(seqinfo or gt.parent.parent / SEQINFO)
    frames, last = _frames(gt, sequence)
    count = sequence.frames or last
    header = footage.header(
        TruthSource.MOT, seconds=count / sequence.fps, size=(sequence.width, sequence.height), fps=sequence.fps
    )
    seconds = (
        second(t_s, frames.get(int(t_s * sequence.fps) + 1, {}), footage.zones)
        for t_s in range(math.ceil(header.seconds))
    )
    return Truth(header, tuple(seconds))


def read_seqinfo(path: Path) -> Sequence:
    """Raises TruthError."""
    found: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(_text(path).splitlines(), start=1):
        key, equals, value = line.partition("=")
        if equals:
            found[key.strip().lower()] = number, value.strip()
    fps = _positive(found, "frameRate", path)
    width, height = (_positive(found, key, path) for key in ("imWidth", "imHeight"))
    frames = _positive(found, "seqLength", path) if "seqlength" in found else 0
    return Sequence(fps, int(width), int(height), int(frames))


def _positive(found: dict[str, tuple[int, str]], key: str, path: Path) -> float:
    if key.lower() not in found:
        raise TruthError(f"{path}: {key} is missing; write {key}=… below [Sequence]")
    line, text = found[key.lower()]
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise TruthError(f"{path}:{line}: {key} is {text!r}; a number above 0 is expected")
    return value


def _frames(gt: Path, sequence: Sequence) -> tuple[dict[int, People], int]:
    """People by frame, and the last frame that is named."""
    size = sequence.width, sequence.height
    frames: dict[int, People] = defaultdict(dict)
    seen: dict[tuple[int, int], int] = {}
    last = 0
    for number, line in enumerate(_text(gt).splitlines(), start=1):
        if not line.strip():
            continue
        row = _row(line, f"{gt}:{number}", sequence)
        if (row.frame, row.id) in seen:
            first = seen[row.frame, row.id]
            raise TruthError(
                f"{gt}:{number}: frame {row.frame} has person {row.id} twice; the first is in line {first}"
            )
        seen[row.frame, row.id] = number
        last = max(last, row.frame)
        box = shares(row.left - 1, row.top - 1, row.width, row.height, size)
        if row.counts and box is not None:
            frames[row.frame][row.id] = box, row.visibility
    if not seen:
        raise TruthError(f"{gt}: there is no line in it")
    return frames, last


def _row(line: str, where: str, sequence: Sequence) -> _Row:
    fields = line.split(",")
    if len(fields) not in {_COLUMNS, _COLUMNS_2015}:
        raise TruthError(
            f"{where}: {len(fields)} columns; expected are frame,id,x,y,w,h,conf,class,visibility, "
            "or the ten of MOTChallenge 2015"
        )
    try:
        values = [float(field) for field in fields]
    except ValueError as error:
        raise TruthError(f"{where}: {error}; numbers are expected, with commas between them") from error
    frame, person, left, top, width, height, conf = values[:7]
    kind, visibility = (values[7], values[8]) if len(fields) == _COLUMNS else (_PEDESTRIAN, 1.0)
    _check(where, values, sequence)
    if not 0 <= visibility <= 1:
        raise TruthError(f"{where}: visibility is {visibility:g}; a share between 0 and 1 is expected")
    return _Row(int(frame), int(person), left, top, width, height, conf != 0 and kind == _PEDESTRIAN, visibility)


def _check(where: str, values: list[float], sequence: Sequence) -> None:
    frame, person, _, _, width, height = values[:6]
    if not all(math.isfinite(value) for value in values):
        raise TruthError(f"{where}: every column must be a finite number")
    if frame != int(frame) or person != int(person) or frame < 1:
        raise TruthError(f"{where}: frame and id are whole numbers, and frames count from 1")
    if sequence.frames and frame > sequence.frames:
        raise TruthError(f"{where}: frame {frame:g}, but {SEQINFO} says that there are {sequence.frames}")
    if width <= 0 or height <= 0:
        raise TruthError(f"{where}: a box of {width:g} × {height:g} pixels; width and height must be above 0")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TruthError(f"{path}: cannot be read: {error}") from error
