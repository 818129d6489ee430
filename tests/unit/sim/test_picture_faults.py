from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.sim.moments import fault
from vigil.model.truth import PictureFault
from vigil.sim.assets import Picture
from vigil.sim.picture_faults import PictureFaults

SIZE = (320, 180)


@pytest.fixture(scope="module")
def scene() -> Picture:
    blocks = np.random.default_rng(1).integers(60, 200, (18, 32, 3), np.uint8)
    return np.asarray(cv2.resize(blocks, SIZE, interpolation=cv2.INTER_NEAREST), np.uint8)


def spoiled(kind: PictureFault, scene: Picture, *, t_s: float = 7.9, seed: int = 0) -> Picture:
    faults = PictureFaults([fault(kind)], SIZE, [seed])
    trouble = faults.at(t_s)
    assert trouble is not None
    return faults.spoil(scene, trouble)


def developed(kind: PictureFault, scene: Picture, *, seed: int = 0) -> Picture:
    faults = PictureFaults([fault(kind)], SIZE, [seed])
    trouble = faults.at(7.9)
    assert trouble is not None
    return faults.develop(faults.spoil(scene, trouble), trouble)


def sharpness(picture: Picture) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


def test_a_fault_begins_at_its_time_and_is_over_at_its_end() -> None:
    faults = PictureFaults([fault(PictureFault.DARK, 2, 8)], SIZE, [0])
    assert faults.at(1.99) is None
    assert faults.at(8) is None
    trouble = faults.at(2)
    assert trouble is not None
    assert (trouble.fault, trouble.since_s) == (PictureFault.DARK, 0)


def test_of_two_faults_the_worse_one_counts() -> None:
    faults = PictureFaults([fault(PictureFault.MOVED, 0, 9), fault(PictureFault.OFFLINE, 4, 5)], SIZE, [0])
    kinds = [faults.at(t_s) for t_s in (3, 4, 5)]
    assert [one.fault for one in kinds if one is not None] == [
        PictureFault.MOVED,
        PictureFault.OFFLINE,
        PictureFault.MOVED,
    ]


@pytest.mark.parametrize("seed", range(5))
def test_in_the_dark_two_to_four_percent_of_the_light_are_left(scene: Picture, seed: int) -> None:
    dark = spoiled(PictureFault.DARK, scene, seed=seed)
    assert 0.015 < dark.mean() / scene.mean() < 0.045


@pytest.mark.parametrize("seed", range(5))
def test_a_cloth_shows_nothing_of_the_scene(scene: Picture, seed: int) -> None:
    cloth = spoiled(PictureFault.COVERED, scene, seed=seed)
    assert cloth.shape == scene.shape
    assert cloth.reshape(-1, 3).std(axis=0).max() < 6
    assert (cloth == spoiled(PictureFault.COVERED, 255 - scene, seed=seed)).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_turned_camera_shows_the_scene_elsewhere(scene: Picture, seed: int) -> None:
    moved = spoiled(PictureFault.MOVED, scene, seed=seed)
    middle = scene[70:110, 140:180]
    found = cv2.minMaxLoc(cv2.matchTemplate(moved, middle, cv2.TM_CCOEFF_NORMED))
    across = abs(found[3][0] - 140) / SIZE[0]
    assert found[1] > 0.5
    assert 0.10 < across < 0.27


def test_a_turned_camera_stays_as_it_was_turned(scene: Picture) -> None:
    early = spoiled(PictureFault.MOVED, scene, t_s=2.1)
    assert (early == spoiled(PictureFault.MOVED, scene, t_s=7.9)).all()


def test_the_focus_is_lost_within_five_seconds(scene: Picture) -> None:
    values = [sharpness(spoiled(PictureFault.DEFOCUSED, scene, t_s=t_s)) for t_s in (2.0, 3.0, 5.0, 7.5)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.01 * sharpness(scene)
    assert values[0] > 0.02 * sharpness(scene)


@pytest.mark.parametrize("seed", range(5))
def test_an_overexposed_picture_is_white_where_the_scene_is_not_black(scene: Picture, seed: int) -> None:
    white = developed(PictureFault.OVEREXPOSED, scene, seed=seed)
    assert (white[scene > 45] == 255).all()
    assert (white[scene == 0] == 0).all()


def test_a_cast_gives_one_colour_too_much_weight_and_there_are_several() -> None:
    grey = np.full((*SIZE[::-1], 3), 128, np.uint8)
    casts = [developed(PictureFault.CAST, grey, seed=seed)[0, 0].astype(int) for seed in range(30)]
    assert min(int(colour.max() - colour.min()) for colour in casts) > 60
    assert len({tuple(colour) for colour in casts}) == 4


@pytest.mark.parametrize("kind", [kind for kind in PictureFault if kind not in ("overexposed", "cast")])
def test_no_other_fault_is_the_camera_s_own(scene: Picture, kind: PictureFault) -> None:
    assert (developed(kind, scene) == spoiled(kind, scene)).all()


def test_two_events_of_one_kind_look_different(scene: Picture) -> None:
    faults = PictureFaults([fault(PictureFault.MOVED, 0, 1), fault(PictureFault.MOVED, 2, 3)], SIZE, [0])
    first, second = faults.at(0.5), faults.at(2.5)
    assert first is not None
    assert second is not None
    assert (faults.spoil(scene, first) != faults.spoil(scene, second)).any()
