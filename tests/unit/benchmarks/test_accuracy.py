from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.memory import RememberingDetector
from benchmarks.accuracy.plan import CALIBRATION, PUBLISHED, QUICK, TUNING, TUNING_FROM, Take
from vigil.analytics.detector import DetectorSettings, Region
from vigil.model.looks import Detection
from vigil.model.media import Planes
from vigil.sim.world import Light
from vigil.testing import FakeDetector

SURE = Detection(0.1, 0.2, 0.3, 0.4, 1 / 3)
DOUBTFUL = Detection(0.5, 0.25, 0.625, 1.0, 0.1, sure=False)
SETTINGS = DetectorSettings()


def whole(grey: int) -> Region:
    half = np.full((18, 32), 128, np.uint8)
    return Region.whole(Planes(np.full((36, 64), grey, np.uint8), half, half))


def remembering(folder: Path, fake: FakeDetector, settings: DetectorSettings = SETTINGS) -> RememberingDetector:
    return RememberingDetector(fake, settings, folder / "looks.db")


def test_what_was_looked_at_once_is_remembered_to_the_last_bit(tmp_path: Path) -> None:
    fake = FakeDetector([(SURE, DOUBTFUL), ()])
    detector = remembering(tmp_path, fake)
    for _ in range(2):
        assert detector.look([whole(1), whole(2)]) == [(SURE, DOUBTFUL), ()]
    assert fake.looks == 2
    again = FakeDetector()
    assert remembering(tmp_path, again).look([whole(1), whole(2)]) == [(SURE, DOUBTFUL), ()]
    assert again.looks == 0


@pytest.mark.parametrize(
    ("name", "settings", "shown"),
    [
        ("other-weights", SETTINGS, [1]),
        (FakeDetector().name, replace(SETTINGS, confidence=0.3), [1]),
        (FakeDetector().name, SETTINGS, [3]),
        (FakeDetector().name, SETTINGS, [1, 1]),
        (FakeDetector().name, SETTINGS, [1]),
    ],
)
def test_what_is_remembered_belongs_to_weights_settings_and_pixels(
    tmp_path: Path, name: str, settings: DetectorSettings, shown: list[int]
) -> None:
    remembering(tmp_path, FakeDetector([(SURE,)])).look([whole(1)])
    fake = FakeDetector([()], name)
    remembering(tmp_path, fake, settings).look([whole(grey) for grey in shown])
    same = shown == [1] and name == FakeDetector().name and settings == SETTINGS
    assert fake.looks == (0 if same else len(shown))


def test_what_is_remembered_belongs_to_the_place_and_the_scale(tmp_path: Path) -> None:
    planes = whole(1).picture
    places = [Region(planes, 0, 0, 32, 36), Region(planes, 2, 0, 34, 36), Region(planes, 0, 0, 32, 36, 0.5)]
    fake = FakeDetector()
    detector = remembering(tmp_path, fake)
    for place in places:
        detector.look([place])
    assert fake.looks == 3


def test_nothing_is_tuned_on_what_is_published() -> None:
    published, tuning = ({take.seed for take in takes} for takes in (PUBLISHED, (*TUNING, *QUICK, *CALIBRATION)))
    assert max(published) < 100 < TUNING_FROM <= min(tuning)
    assert len(published) == len(PUBLISHED)


def test_each_hall_in_each_light_is_calibrated_with_a_take_on_which_nothing_is_measured() -> None:
    assert not set(CALIBRATION) & {*PUBLISHED, *TUNING}
    for take in (*PUBLISHED, *TUNING):
        assert (take.calibration.hall, take.calibration.light) == (take.hall, take.light)
    assert len({(take.hall, take.light) for take in CALIBRATION}) == len(CALIBRATION)


@pytest.mark.parametrize("take", [*PUBLISHED, *TUNING, *QUICK, *CALIBRATION], ids=lambda take: take.name)
def test_every_take_can_be_rendered(take: Take, tmp_path: Path) -> None:
    job = take.job(tmp_path)
    assert job.scenario.hall == take.hall
    assert job.stream.fps * take.keyframe_s == 1


def test_a_smaller_hall_leaves_out_what_happens_at_windows_that_it_has_not() -> None:
    scenario = Take("queue", "canlian", Light.DAY, 199).job(Path()).scenario
    assert scenario.windows == (1, 2, 3)
    assert {getattr(event, "window", None) for event in scenario.events} == {None, 2}
