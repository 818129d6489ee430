from __future__ import annotations

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.analytics.drawn import coded, dimmed, gamma, grey, hall, noisy, tinted, with_people
from vigil.analytics.colour import CAST_FROM, is_cast, leaning
from vigil.analytics.detector import Bgr
from vigil.analytics.edges import GRID, Floats
from vigil.analytics.sight import Sight
from vigil.model.ids import CameraId
from vigil.testing import frame_of

PINK, YELLOW, BLUE, GREEN = (1.05, 0.6, 1.2), (0.45, 0.9, 1.15), (1.3, 0.9, 0.5), (0.6, 1.1, 0.6)
LAMP = (0.85, 0.96, 1.04)
"""Of another temperature than the white balance is for."""


def tint_of(picture: Bgr) -> Floats:
    return Sight.of(frame_of(CameraId("a"), datetime.now(UTC), picture).planes).tint


USUAL = tint_of(hall())


@pytest.mark.parametrize("cast", [PINK, YELLOW, BLUE, GREEN])
@pytest.mark.parametrize("light", [1.0, 0.4])
def test_a_picture_that_leans_to_one_side_has_a_cast_by_day_and_at_dusk(
    cast: tuple[float, float, float], light: float
) -> None:
    assert is_cast(tint_of(noisy(tinted(dimmed(hall(), light), cast), 1)), USUAL)


@pytest.mark.parametrize(
    "picture",
    [
        hall(),
        with_people(hall(), 3, 30),
        noisy(hall(), 1, 12),
        coded(hall()),
        dimmed(hall(), 0.2),
        dimmed(hall(), 1.3),
        gamma(hall(), 2.0),
        tinted(hall(), LAMP),
    ],
    ids=["as-it-is", "people", "noisy", "coded", "dim", "bright", "gamma", "lamp"],
)
def test_light_people_and_noise_make_no_cast(picture: Bgr) -> None:
    assert not is_cast(tint_of(picture), USUAL)


def test_a_camera_by_night_sends_no_colours_and_has_no_cast() -> None:
    yellow_hall = tint_of(tinted(hall(), YELLOW))
    assert leaning(tint_of(grey(hall())) - yellow_hall) > CAST_FROM
    assert not is_cast(tint_of(grey(hall())), yellow_hall)


def test_a_yellow_hall_that_was_learned_has_no_cast_and_turns_blue_like_any_other() -> None:
    yellow = tinted(hall(), (0.6, 0.95, 1.05))
    assert not is_cast(tint_of(yellow), tint_of(yellow))
    assert is_cast(tint_of(tinted(yellow, (1.6, 0.9, 0.4))), tint_of(yellow))


def test_what_covers_half_of_the_picture_is_no_cast() -> None:
    half = hall()
    half[:, :320] = (40, 40, 200)
    assert not is_cast(tint_of(half), USUAL)


def test_while_no_tint_is_learned_only_glaring_colours_are_a_cast() -> None:
    decoder = np.zeros((540, 640), np.uint8)  # I420 of nothing but zeros, and something to see in it
    decoder[:360] = cv2.cvtColor(hall(), cv2.COLOR_BGR2GRAY) // 2
    assert is_cast(tint_of(np.asarray(cv2.cvtColor(decoder, cv2.COLOR_YUV2BGR_I420), np.uint8)), None)
    assert not is_cast(tint_of(hall()), None)
    assert not is_cast(tint_of(tinted(hall(), (0.6, 0.95, 1.05))), None)


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_a_tint_leans_as_far_as_it_was_shifted(blue: float, red: float) -> None:
    shift = np.array([blue, red], np.float32)[:, None, None]
    assert leaning(np.zeros((2, *GRID), np.float32) + shift) == pytest.approx(float(np.hypot(blue, red)), abs=1e-4)
