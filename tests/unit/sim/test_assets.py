from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.unit.sim.miniature import VISITOR
from vigil.errors import ScenarioError
from vigil.model.site import Point
from vigil.model.truth import PersonRole
from vigil.sim.assets import Assets, Distance, load_assets
from vigil.sim.figures import Pose
from vigil.simulator.job import default_assets


def test_looks_are_known_by_role(assets: Assets) -> None:
    roles = assets.wardrobe.by_role()
    assert roles[PersonRole.CLERK] == ("c1", "c2")
    assert roles[PersonRole.VISITOR] == ("v1", "v2")
    assert roles[PersonRole.CLEANER] == ("w1",)


def test_a_sprite_is_measured_in_metres_from_the_floor(assets: Assets) -> None:
    sprite, mirrored = assets.wardrobe.sprite("v1", Pose.STAND, 0, 10, Distance.FAR)
    assert not mirrored
    assert sprite.bottom_m == 0
    assert sprite.top_m == pytest.approx(1.75, abs=0.01)
    assert sprite.right_m - sprite.left_m == pytest.approx(20 / 36)
    assert tuple(sprite.levels[0][5, 5]) == (*VISITOR, 255)


def test_a_seated_clerk_begins_above_the_floor(assets: Assets) -> None:
    sprite, _ = assets.wardrobe.sprite("c1", Pose.CLERK_TYPE, 0, 0, Distance.FAR)
    assert sprite.bottom_m > 0.4


def test_who_faces_left_is_the_mirror_of_who_faces_right(assets: Assets) -> None:
    right, right_mirrored = assets.wardrobe.sprite("v1", Pose.STAND, 0, 80, Distance.FAR)
    left, left_mirrored = assets.wardrobe.sprite("v1", Pose.STAND, 0, -80, Distance.FAR)
    assert right is left
    assert (right_mirrored, left_mirrored) == (False, True)


def test_who_lacks_a_pose_stands(assets: Assets) -> None:
    phone, _ = assets.wardrobe.sprite("v1", Pose.PHONE, 0, 0, Distance.FAR)
    stand, _ = assets.wardrobe.sprite("v1", Pose.STAND, 0, 0, Distance.FAR)
    assert phone is stand


def test_a_small_person_comes_from_a_small_sprite(assets: Assets) -> None:
    sprite, _ = assets.wardrobe.sprite("v1", Pose.STAND, 0, 0, Distance.FAR)
    assert sprite.level(sprite.px_per_m) is sprite.levels[0]
    assert sprite.level(sprite.px_per_m / 2) is sprite.levels[1]
    assert sprite.level(0.01) is sprite.levels[-1]


def test_transparent_pixels_have_no_colour(tmp_path: Path, assets: Assets) -> None:
    for source in assets.folder.iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    sheet = np.full((61, 40, 4), 255, np.uint8)
    sheet[:, :10, 3] = 0
    sheet[:, 10:, 3] = 128
    cv2.imwrite(str(tmp_path / "v1.png"), sheet)
    sprite, _ = load_assets(tmp_path).wardrobe.sprite("v1", Pose.STAND, 0, 0, Distance.FAR)
    assert tuple(sprite.levels[0][5, 5]) == (0, 0, 0, 0)
    assert tuple(sprite.levels[0][5, 15]) == (128, 128, 128, 128)


class TestErrors:
    def test_an_unknown_look_is_named(self, assets: Assets) -> None:
        with pytest.raises(ScenarioError, match=r"looks\.json: there is no look 'v9'"):
            assets.wardrobe.sprite("v9", Pose.STAND, 0, 0, Distance.FAR)

    def test_a_missing_plate_is_named(self, assets: Assets) -> None:
        with pytest.raises(ScenarioError, match=r"none\.webp: no such picture"):
            assets.plate("none.webp")

    def test_a_folder_without_looks_is_told_of(self, tmp_path: Path, assets: Assets) -> None:
        (tmp_path / "halls.json").write_bytes((assets.folder / "halls.json").read_bytes())
        with pytest.raises(ScenarioError, match=r"looks\.json: the looks of the simulator's people cannot be read"):
            load_assets(tmp_path)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda look: look.update(role="boss"), "staff"),
            (lambda look: look["sets"]["far"].update(extra=1), "extra"),
            (lambda look: look["sets"].clear(), "needs a set 'far'"),
        ],
    )
    def test_a_wrong_index_is_told_of(self, tmp_path: Path, assets: Assets, change: object, says: str) -> None:
        assert callable(change)
        (tmp_path / "halls.json").write_bytes((assets.folder / "halls.json").read_bytes())
        index = json.loads((assets.folder / "looks.json").read_text())
        change(index["characters"]["v1"])
        (tmp_path / "looks.json").write_text(json.dumps(index))
        with pytest.raises(ScenarioError, match=says):
            load_assets(tmp_path)

    def test_an_atlas_needs_transparency(self, tmp_path: Path, assets: Assets) -> None:
        for source in assets.folder.iterdir():
            (tmp_path / source.name).write_bytes(source.read_bytes())
        cv2.imwrite(str(tmp_path / "v1.png"), np.zeros((61, 40, 3), np.uint8))
        with pytest.raises(ScenarioError, match="transparency"):
            load_assets(tmp_path).wardrobe.sprite("v1", Pose.STAND, 0, 0, Distance.FAR)


def test_the_assets_of_the_checkout_are_complete() -> None:
    found = load_assets(default_assets())
    cameras = [camera for hall in found.world.halls.values() for camera in hall.cameras.values()]
    named = {occluder.mask for camera in cameras for occluder in camera.occluders}
    named |= {plate for camera in cameras for plate in camera.plates.values()}
    looks = json.loads((found.folder / "looks.json").read_text())["characters"]
    named |= {atlas["file"] for look in looks.values() for atlas in look["sets"].values()}
    assert sorted(name for name in named if not (found.folder / name).exists()) == []
    assert all(found.wardrobe.by_role().values())


def test_no_zone_of_the_checkout_crosses_itself() -> None:
    """Else the configuration that `vigil sim halls --zones` prints would be refused."""
    halls = load_assets(default_assets()).world.halls
    zones = [zone for hall in halls.values() for camera in hall.cameras.values() for zone in camera.zones]
    assert [zone for zone in zones if not _is_simple(zone.polygon)] == []


def _is_simple(polygon: Sequence[Point]) -> bool:
    edges = list(zip(polygon, [*polygon[1:], polygon[0]], strict=True))
    apart = [(one, other) for one, other in combinations(edges, 2) if not set(one) & set(other)]
    return not any(_parted(*one, *other) and _parted(*other, *one) for one, other in apart)


def _parted(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether c and d lie on different sides of the line through a and b."""

    def side(p: Point) -> float:
        return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])

    return side(c) * side(d) < 0
