from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.unit.analytics import drawn
from vigil.analytics.detector import Bgr
from vigil.analytics.quality import QualityGate
from vigil.analytics.scene import LEARN_LOOKS, Scene
from vigil.model.ids import CameraId
from vigil.model.looks import Unknown
from vigil.model.media import Frame
from vigil.testing import frame_of

PICTURES = Path(__file__).parents[2] / "data" / "hall"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def picture(name: str = "counter.jpg") -> Bgr:
    return np.asarray(cv2.imread(str(PICTURES / name)), np.uint8)


def noisy(bgr: Bgr, seed: int, strength: float = 3.0) -> Bgr:
    noise = np.random.default_rng(seed).normal(0, strength, bgr.shape)
    return np.clip(bgr + noise, 0, 255).astype(np.uint8)


def judge(bgr: Bgr) -> Unknown | None:
    return QualityGate().judge(frame_of(CameraId("a"), START, bgr))


def watch(*pictures: Bgr, every_s: float = 1.0) -> list[Unknown | None]:
    gate = QualityGate()
    return [
        gate.judge(frame_of(CameraId("a"), START + timedelta(seconds=index * every_s), bgr))
        for index, bgr in enumerate(pictures)
    ]


@pytest.mark.parametrize("name", ["counter.jpg", "hall.jpg", "empty.jpg"])
def test_a_hall_can_be_seen(name: str) -> None:
    assert judge(picture(name)) is None


@pytest.mark.parametrize("size", [(1920, 1080), (352, 288), (1280, 960)])
def test_whatever_the_picture_s_size(size: tuple[int, int]) -> None:
    assert judge(np.asarray(cv2.resize(picture(), size), np.uint8)) is None


def test_a_dim_hall_can_be_seen() -> None:
    assert judge((picture() * 0.35).astype(np.uint8)) is None


def test_lights_off_are_dark() -> None:
    assert judge(noisy(np.full((360, 640, 3), 6, np.uint8), 1)) is Unknown.DARK
    assert judge(np.zeros((360, 640, 3), np.uint8)) is Unknown.DARK


@pytest.mark.parametrize("gain", [3.0, 6.0])
def test_a_picture_of_which_most_is_white_is_overexposed(gain: float) -> None:
    assert judge(drawn.dimmed(picture(), gain)) is Unknown.OVEREXPOSED
    assert judge(np.full((360, 640, 3), 255, np.uint8)) is Unknown.OVEREXPOSED


@pytest.mark.parametrize("name", ["counter.jpg", "hall.jpg", "empty.jpg"])
def test_a_bright_hall_can_be_seen(name: str) -> None:
    assert judge(drawn.dimmed(picture(name), 1.3)) is None


def test_windows_in_the_sun_are_not_overexposed_though_they_take_up_half_of_the_picture() -> None:
    sunny = picture()
    sunny[:180] = 255
    assert judge(sunny) is None


def test_white_without_noise_is_overexposed_and_not_frozen() -> None:
    assert set(watch(*[np.full((360, 640, 3), 255, np.uint8)] * 30)) == {Unknown.OVEREXPOSED}


@pytest.mark.parametrize("luma", [40, 128, 230])
def test_a_covered_lens_with_nothing_but_noise_is_occluded(luma: int) -> None:
    assert judge(noisy(np.full((360, 640, 3), luma, np.uint8), 1)) is Unknown.OCCLUDED


def test_a_picture_blurred_beyond_recognition_is_occluded() -> None:
    assert judge(np.asarray(cv2.GaussianBlur(picture(), (0, 0), 30), np.uint8)) is Unknown.OCCLUDED


def test_the_same_picture_for_ten_seconds_is_frozen() -> None:
    assert watch(*[picture()] * 13) == [None] * 10 + [Unknown.FROZEN] * 3


def test_a_frozen_picture_that_moves_on_is_good_again_at_once() -> None:
    assert watch(*[picture()] * 12, picture("hall.jpg"), picture("hall.jpg"))[-3:] == [Unknown.FROZEN, None, None]


def test_the_time_counts_and_not_the_number_of_pictures() -> None:
    assert Unknown.FROZEN not in watch(*[picture()] * 100, every_s=0.1)
    assert watch(*[picture()] * 2, every_s=10) == [None, Unknown.FROZEN]


def test_a_still_hall_with_a_sensor_s_noise_is_not_frozen() -> None:
    assert set(watch(*(noisy(picture("empty.jpg"), seed) for seed in range(40)))) == {None}


def test_black_without_noise_is_dark_and_not_frozen() -> None:
    assert set(watch(*[np.zeros((360, 640, 3), np.uint8)] * 30)) == {Unknown.DARK}


# With a scene


def knowing() -> QualityGate:
    """A gate that has learned a drawn hall."""
    gate = QualityGate(Scene("zones"))
    for index in range(LEARN_LOOKS):
        assert gate.learned is None
        gate.judge(shot(drawn.hall(), index), learn=True)
    assert gate.learned is not None
    return gate


def shot(bgr: Bgr, second: int) -> Frame:
    return frame_of(CameraId("a"), START + timedelta(seconds=second), drawn.noisy(bgr, second))


def test_a_camera_that_was_turned_or_is_out_of_focus_is_told_by_what_was_learned() -> None:
    gate = knowing()
    assert gate.judge(shot(drawn.hall(), 30)) is None
    assert gate.judge(shot(drawn.blurred(drawn.hall(), 6), 31)) is Unknown.DEFOCUSED
    assert [gate.judge(shot(drawn.turned(drawn.hall(), 0.2), second)) for second in (32, 40)] == [
        Unknown.OCCLUDED,
        Unknown.MOVED,
    ]


def test_dark_covered_and_frozen_are_told_first_and_never_learned() -> None:
    gate = QualityGate(Scene("zones"))
    for index in range(LEARN_LOOKS):
        gate.judge(shot(drawn.dimmed(drawn.hall(), 0.05), index), learn=True)
        gate.judge(shot(np.full_like(drawn.hall(), 90), index), learn=True)
    hall = drawn.hall()
    still = [frame_of(CameraId("a"), START + timedelta(seconds=100 + 10 * index), hall) for index in range(40)]
    assert {gate.judge(frame, learn=True) for frame in still[1:]} == {None, Unknown.FROZEN}
    assert gate.learned is None


def test_a_cast_is_told_by_what_was_learned_and_without_it_when_it_is_glaring() -> None:
    pink, green = drawn.tinted(drawn.hall(), (1.05, 0.6, 1.2)), drawn.tinted(drawn.hall(), (0.3, 1.1, 0.3))
    assert knowing().judge(shot(pink, 30)) is Unknown.CAST
    assert QualityGate().judge(shot(pink, 30)) is None
    assert QualityGate().judge(shot(green, 30)) is Unknown.CAST


def test_a_picture_that_is_overexposed_or_has_a_glaring_cast_is_never_learned() -> None:
    gate = QualityGate(Scene("zones"))
    for index in range(LEARN_LOOKS):
        gate.judge(shot(drawn.dimmed(drawn.hall(), 4.0), index), learn=True)
        gate.judge(shot(drawn.tinted(drawn.hall(), (0.3, 1.1, 0.3)), index), learn=True)
    assert gate.learned is None


@cache
def hour() -> list[Bgr]:
    """Pictures of a lively hall, to be shown again and again in another light."""
    return [drawn.noisy(drawn.with_people(drawn.hall(), seed, 12), seed) for seed in range(101, 131)]


def flickering(picture: Bgr, second: int) -> Bgr:
    """A little brighter or darker each time, by the sun, the lamps and the camera's own gain."""
    light = 0.9 + 0.14 * math.sin(second / 400) + 0.03 * math.sin(second / 1.7)
    return np.asarray(cv2.convertScaleAbs(picture, alpha=light), np.uint8)


@pytest.mark.parametrize("lit", [np.copy, drawn.half_lit, drawn.warm], ids=["all-lamps", "half-lit", "warm"])
def test_in_an_hour_of_service_no_picture_is_called_bad(lit: Callable[[Bgr], Bgr]) -> None:
    gate, shown = knowing(), [lit(one) for one in hour()]
    for second in range(100, 3700, 2):
        picture = flickering(shown[second // 2 % len(shown)], second)
        assert gate.judge(frame_of(CameraId("a"), START + timedelta(seconds=second), picture), learn=True) is None


def test_in_an_hour_of_night_by_the_camera_s_own_lamp_no_picture_is_called_bad() -> None:
    gate = knowing()
    night = [drawn.noisy(drawn.dimmed(drawn.grey(drawn.hall()), 0.4), seed, 5) for seed in range(101, 131)]
    for second in range(100, 3700, 6):
        picture = night[second // 6 % len(night)]
        assert gate.judge(frame_of(CameraId("a"), START + timedelta(seconds=second), picture)) is None


def test_without_a_scene_a_camera_may_look_where_it_likes() -> None:
    gate = QualityGate()
    for index in range(2 * LEARN_LOOKS):
        assert gate.judge(shot(drawn.turned(drawn.hall(), 0.02 * index), index), learn=True) is None
    assert gate.learned is None
