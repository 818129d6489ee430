from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.memory import RememberingDetector
from benchmarks.accuracy.plan import PUBLISHED, QUICK, TUNING, TUNING_FROM, Take
from vigil.analytics.detector import Bgr, DetectorSettings
from vigil.model.looks import Detection
from vigil.sim.world import Light
from vigil.testing import FakeDetector

SURE = Detection(0.1, 0.2, 0.3, 0.4, 1 / 3)
DOUBTFUL = Detection(0.5, 0.25, 0.625, 1.0, 0.1, sure=False)
SETTINGS = DetectorSettings()


def picture(grey: int, height: int = 36) -> Bgr:
    return np.full((height, 64, 3), grey, np.uint8)


def remembering(folder: Path, fake: FakeDetector, settings: DetectorSettings = SETTINGS) -> RememberingDetector:
    return RememberingDetector(fake, settings, folder / "looks.db")


def test_a_picture_is_looked_at_once_and_remembered_to_the_last_bit(tmp_path: Path) -> None:
    fake = FakeDetector([(SURE, DOUBTFUL), ()])
    detector = remembering(tmp_path, fake)
    first = detector.detect([picture(1), picture(2), picture(1)])
    assert first == [(SURE, DOUBTFUL), (), (SURE, DOUBTFUL)]
    assert fake.looks == 2
    again = FakeDetector()
    assert remembering(tmp_path, again).detect([picture(1), picture(2)]) == [(SURE, DOUBTFUL), ()]
    assert again.looks == 0


@pytest.mark.parametrize(
    ("name", "settings", "shown"),
    [
        ("other-weights", SETTINGS, picture(1)),
        (FakeDetector().name, replace(SETTINGS, confidence=0.3), picture(1)),
        (FakeDetector().name, SETTINGS, picture(1, height=72)[::2]),
        (FakeDetector().name, SETTINGS, picture(3)),
    ],
)
def test_what_is_remembered_belongs_to_weights_settings_and_pixels(
    tmp_path: Path, name: str, settings: DetectorSettings, shown: Bgr
) -> None:
    remembering(tmp_path, FakeDetector([(SURE,)])).detect([picture(1)])
    fake = FakeDetector([()], name)
    remembering(tmp_path, fake, settings).detect([shown])
    same = np.array_equal(shown, picture(1)) and name == FakeDetector().name and settings == SETTINGS
    assert fake.looks == (0 if same else 1)


def test_nothing_is_tuned_on_what_is_published() -> None:
    published, tuning = ({take.seed for take in takes} for takes in (PUBLISHED, (*TUNING, *QUICK)))
    assert max(published) < 100 < TUNING_FROM <= min(tuning)
    assert len(published) == len(PUBLISHED)


@pytest.mark.parametrize("take", [*PUBLISHED, *TUNING, *QUICK], ids=lambda take: take.name)
def test_every_take_can_be_rendered(take: Take, tmp_path: Path) -> None:
    job = take.job(tmp_path)
    assert job.scenario.hall == take.hall
    assert job.stream.fps * take.keyframe_s == 1


def test_a_smaller_hall_leaves_out_what_happens_at_windows_that_it_has_not() -> None:
    scenario = Take("queue", "canlian", Light.DAY, 199).job(Path()).scenario
    assert scenario.windows == (1, 2, 3)
    assert {getattr(event, "window", None) for event in scenario.events} == {None, 2}
