"""The folder of assets in memory: the halls, people's looks as sprites, plates and masks.

looks.json names each look's atlases: pictures that hold one person in many poses and from many sides, seen from 14
degrees above ("far") and for some from 27 ("near").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from vigil.errors import ScenarioError
from vigil.model.site import Strict
from vigil.model.truth import PersonRole
from vigil.sim.figures import Pose
from vigil.sim.world import World, load_world

FILE: Final = "looks.json"

Picture = npt.NDArray[np.uint8]
"""uint8 (height, width, 3) in the order blue, green, red; a mask is (height, width), a sprite (height, width, 4)."""

_LEVELS: Final = 4
"""A sprite is kept in its own size, a half, a quarter and an eighth of it, so that a small person does not flicker."""
_PROFILES: Final = (0, 180)
"""Directions whose mirror picture is the direction itself."""


class Distance(StrEnum):
    FAR = "far"
    NEAR = "near"


class LookRole(StrEnum):
    STAFF = "staff"
    VISITOR = "visitor"
    CLEANER = "cleaner"


_ROLES: Final = {
    LookRole.STAFF: PersonRole.CLERK,
    LookRole.VISITOR: PersonRole.VISITOR,
    LookRole.CLEANER: PersonRole.CLEANER,
}


@dataclass(frozen=True, slots=True)
class Atlas(Strict):
    """`sprites`: pose, frame, direction in degrees, x, y, width, height and anchor x, y in pixels of the file."""

    file: str
    pitch: float
    px_per_m: float
    sprites: tuple[tuple[str, int, float, int, int, int, int, float, float], ...]


@dataclass(frozen=True, slots=True)
class Look(Strict):
    role: LookRole
    height_m: float
    sets: dict[Distance, Atlas]


@dataclass(frozen=True, slots=True)
class Looks(Strict):
    """The file. `fields` and `note` are for those who read it."""

    licence: str
    fields: tuple[str, ...]
    note: str
    characters: dict[str, Look]


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A person as a flat picture that stands upright: its edges in metres from the point of the floor below the body.

    `levels` are premultiplied BGRA, each half as large as the one before.
    """

    left_m: float
    right_m: float
    top_m: float
    bottom_m: float
    px_per_m: float
    levels: tuple[Picture, ...]

    def level(self, px_per_m: float) -> Picture:
        """The smallest one that is at least as fine as the picture it goes into."""
        index = 0
        while index + 1 < len(self.levels) and self.px_per_m / 2 ** (index + 1) >= px_per_m:
            index += 1
        return self.levels[index]


Side = float
_Cut = dict[tuple[str, int], dict[Side, Sprite]]


class Wardrobe:
    """Sprites by look, cut out of their atlas when a look first appears. Several painters may share one."""

    def __init__(self, folder: Path, looks: Mapping[str, Look]) -> None:
        self._folder = folder
        self._looks = looks
        self._cut: dict[tuple[str, Distance], _Cut] = {}

    def by_role(self) -> dict[PersonRole, tuple[str, ...]]:
        """The names of the looks for each role, in order."""
        roles: dict[PersonRole, tuple[str, ...]] = dict.fromkeys(_ROLES.values(), ())
        for name, look in sorted(self._looks.items()):
            roles[_ROLES[look.role]] += (name,)
        return roles

    def sprite(self, look: str, pose: Pose, frame: int, turn_deg: float, distance: Distance) -> tuple[Sprite, bool]:
        """The nearest that there is, and whether it is to be mirrored.

        `turn_deg` is 0 for a person who faces the camera, 90 for one who faces the picture's right, -90 its left. A
        look that lacks the pose stands. Raises ScenarioError for an unknown look.
        """
        poses = self._of(look, distance)
        sides = poses.get((pose.value, frame)) or poses[Pose.STAND.value, 0]
        side = min(sides, key=lambda one: abs(one - abs(turn_deg)))
        return sides[side], turn_deg < 0 and side not in _PROFILES

    def _of(self, look: str, distance: Distance) -> _Cut:
        if look not in self._looks:
            raise ScenarioError(f"{self._folder / FILE}: there is no look {look!r}")
        if distance not in self._looks[look].sets:
            distance = Distance.FAR
        key = (look, distance)
        if key not in self._cut:
            self._cut[key] = _cut(self._folder, self._looks[look].sets[distance])
        return self._cut[key]


@dataclass(frozen=True, slots=True, eq=False)
class Assets:
    folder: Path
    world: World
    wardrobe: Wardrobe

    def plate(self, name: str) -> Picture:
        """Raises ScenarioError."""
        return read_picture(self.folder / name, cv2.IMREAD_COLOR)

    def mask(self, name: str) -> Picture:
        """Raises ScenarioError."""
        return read_picture(self.folder / name, cv2.IMREAD_GRAYSCALE)


_ADAPTER: Final[TypeAdapter[Any]] = TypeAdapter(Looks)


def load_assets(folder: Path) -> Assets:
    """Halls and looks; pictures are read when they are needed. Raises ScenarioError."""
    world = load_world(folder)
    path = folder / FILE
    try:
        looks: Looks = _ADAPTER.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ScenarioError(f"{path}: the looks of the simulator's people cannot be read: {error}") from error
    except (json.JSONDecodeError, ValidationError) as error:
        raise ScenarioError(f"{path}: this does not describe looks: {error}") from error
    for name, look in looks.characters.items():
        _require_standing(path, name, look)
    return Assets(folder, world, Wardrobe(folder, looks.characters))


def read_picture(path: Path, mode: int) -> Picture:
    """Raises ScenarioError for a file that is missing or no picture."""
    picture: Picture | None = cv2.imread(str(path), mode)
    if picture is None:
        raise ScenarioError(f"{path}: no such picture, or it cannot be read. Is the folder of assets complete?")
    return picture


def _require_standing(path: Path, name: str, look: Look) -> None:
    """Whatever else a look lacks, it must be able to stand."""
    atlas = look.sets.get(Distance.FAR)
    if atlas is None or not any(row[:2] == (Pose.STAND, 0) for row in atlas.sprites):
        raise ScenarioError(f"{path}: look {name} needs a set 'far' with the pose 'stand', frame 0")


def _cut(folder: Path, atlas: Atlas) -> _Cut:
    sheet = read_picture(folder / atlas.file, cv2.IMREAD_UNCHANGED)
    if sheet.ndim != 3 or sheet.shape[2] != 4:
        raise ScenarioError(f"{folder / atlas.file}: a picture with transparency is needed here")
    upright = atlas.px_per_m * np.cos(np.radians(atlas.pitch))
    cut: _Cut = {}
    for pose, frame, side, x, y, width, height, anchor_x, anchor_y in atlas.sprites:
        cut.setdefault((pose, frame), {})[side] = Sprite(
            left_m=-anchor_x / atlas.px_per_m,
            right_m=(width - anchor_x) / atlas.px_per_m,
            top_m=float(anchor_y / upright),
            bottom_m=float((anchor_y - height) / upright),
            px_per_m=atlas.px_per_m,
            levels=_levels(sheet[y : y + height, x : x + width]),
        )
    return cut


def _levels(sprite: Picture) -> tuple[Picture, ...]:
    full: Picture = np.ascontiguousarray(sprite)
    alpha = cv2.cvtColor(np.ascontiguousarray(sprite[:, :, 3]), cv2.COLOR_GRAY2BGR)
    full = np.dstack((cv2.multiply(sprite[:, :, :3], alpha, scale=1 / 255), sprite[:, :, 3]))
    levels = [full]
    while len(levels) < _LEVELS and min(levels[-1].shape[:2]) > 8:
        height, width = levels[-1].shape[:2]
        levels.append(cv2.resize(full, (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return tuple(levels)
