"""How many people a system counts in a camera's zones: what a baseline has before it says anything of windows.

As JSON lines: one with what counted, then one for each change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from vigil.errors import TruthError
from vigil.model.ids import CameraId, WindowId


@dataclass(frozen=True, slots=True)
class Counts:
    """Boxes in each staff area and in the lane, from `at_s` (seconds of the scene) on. `queue` is None without a lane."""

    at_s: float
    staff: dict[WindowId, int]
    queue: int | None = None


@dataclass(frozen=True, slots=True)
class CameraCounts:
    """One camera's counts, in order of time; nothing was counted before the first. What it cost, where that is known."""

    system: str
    scene: str
    camera: CameraId
    counts: tuple[Counts, ...] = ()
    frames: int = 0
    ms_per_frame: float | None = None
    threads: int | None = None
    device: str = ""

    @property
    def windows(self) -> frozenset[WindowId]:
        return frozenset(window for one in self.counts for window in one.staff)


_HEAD: Final = TypeAdapter(CameraCounts)
_LINE: Final = TypeAdapter(Counts)


def changes(counts: Iterable[Counts]) -> Iterator[Counts]:
    """Those that differ from the one before."""
    last: Counts | None = None
    for one in counts:
        if last is None or (one.staff, one.queue) != (last.staff, last.queue):
            yield one
            last = one


def write(path: Path, camera: CameraCounts) -> None:
    with path.open("w", encoding="utf-8") as stream:
        head = _HEAD.dump_python(replace(camera, counts=()), mode="json", exclude_defaults=True)
        for line in (head, *(_LINE.dump_python(one, mode="json") for one in camera.counts)):
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def read(path: Path) -> CameraCounts:
    """Raises TruthError with file and line."""
    camera: CameraCounts | None = None
    counts: list[Counts] = []
    try:
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if camera is None:
                camera = _parsed(_HEAD, text, f"{path}:{number}")
            else:
                counts.append(_parsed(_LINE, text, f"{path}:{number}"))
    except (OSError, UnicodeDecodeError) as error:
        raise TruthError(f"{path}: cannot be read: {error}") from error
    if camera is None:
        raise TruthError(f"{path}: it is empty")
    return replace(camera, counts=tuple(counts))


def _parsed(adapter: TypeAdapter[Any], text: str, where: str) -> Any:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        raise TruthError(f"{where}: these are no counts: {error.errors(include_url=False)[0]['msg']}") from error
