from __future__ import annotations

import math
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.analytics.drawn import blurred, coded, dimmed, gamma, half_lit, hall, noisy, turned, warm
from vigil.analytics import edges
from vigil.analytics.detector import Bgr
from vigil.analytics.edges import GRID, EdgePoints, Floats, Gray, agreement, edge_map, energy, halved, shaken
from vigil.model.ids import CameraId
from vigil.testing import frame_of

EVERYWHERE = np.ones(GRID, np.bool_)


def luma(picture: Bgr) -> Gray:
    return edges.luma(frame_of(CameraId("a"), datetime.now(UTC), picture).planes.y)


def edges_of(picture: Bgr) -> Floats:
    return edge_map(halved(luma(picture)))


def sharpness_of(picture: Bgr) -> float:
    return EdgePoints.of(edges_of(picture)).sharpness(luma(picture), EVERYWHERE)


def median_agreement(one: Bgr, other: Bgr) -> float:
    return float(np.median(agreement(edges_of(one), edges_of(other))))


# Edge maps


@pytest.mark.parametrize("size", [(1280, 720), (704, 576), (352, 288)])
def test_a_picture_of_any_size_gives_the_same_map(size: tuple[int, int]) -> None:
    scaled = np.asarray(cv2.resize(hall(), size), np.uint8)
    assert edges_of(scaled).shape == (2, 90, 160)
    assert median_agreement(scaled, hall()) > 0.9


@pytest.mark.parametrize(
    "lit",
    [dimmed(hall(), 0.2), gamma(hall(), 2.2), half_lit(hall()), warm(hall()), noisy(hall(), 1, 8), coded(hall())],
    ids=["dim", "gamma", "half-lit", "warm", "noisy", "coded"],
)
def test_light_noise_and_compression_leave_the_edges_where_they_are(lit: Bgr) -> None:
    assert median_agreement(lit, hall()) > 0.8


def test_another_view_has_few_edges_in_common() -> None:
    assert median_agreement(turned(hall(), 0.2, 0.1), hall()) < 0.3


@given(st.integers(0, 2**32 - 1), st.floats(0, 60), st.integers(0, 255))
@settings(max_examples=25)
def test_an_edge_is_never_longer_than_one_whatever_the_picture(seed: int, strength: float, base: int) -> None:
    noise = np.random.default_rng(seed).normal(base, strength, (90, 160))
    edges = edge_map(np.clip(noise, 0, 255).astype(np.uint8))
    assert np.isfinite(edges).all()
    assert float(np.hypot(*edges).max()) < 1


def test_a_blank_picture_has_no_edges_and_agrees_with_nothing() -> None:
    blank = edge_map(np.full((90, 160), 120, np.uint8))
    assert float(energy(blank).max()) == 0
    assert float(np.abs(agreement(blank, edges_of(hall()))).max()) == 0


def test_trembling_is_tried_in_place_first_and_then_to_all_sides() -> None:
    edges = edges_of(hall())
    tried = shaken(edges)
    assert tried[0] is edges
    assert len(tried) == 9
    trembled = edges_of(turned(hall(), 2 / 160))  # two pixels of the map to the right
    assert max(float(np.median(agreement(one, edges))) for one in shaken(trembled)) > 0.95


# Sharpness


def test_the_softer_the_lens_the_less_sharp() -> None:
    found = [sharpness_of(blurred(hall(), sigma)) for sigma in (0.3, 2, 4, 8)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.4 * found[0]


@pytest.mark.parametrize("strength", [4, 10])
def test_a_blurred_picture_with_noise_is_no_sharper(strength: float) -> None:
    points, soft = EdgePoints.of(edges_of(hall())), blurred(hall(), 5)
    clean = points.sharpness(luma(soft), EVERYWHERE)
    assert points.sharpness(luma(noisy(soft, 1, strength)), EVERYWHERE) == pytest.approx(clean, rel=0.15)


def test_light_is_not_sharpness() -> None:
    points = EdgePoints.of(edges_of(hall()))
    day = points.sharpness(luma(hall()), EVERYWHERE)
    assert points.sharpness(luma(dimmed(hall(), 0.3)), EVERYWHERE) == pytest.approx(day, rel=0.1)


def test_only_the_blocks_that_count_are_measured() -> None:
    points = EdgePoints.of(edges_of(hall()))
    half_soft = np.concatenate((hall()[:, :320], blurred(hall(), 6)[:, 320:]), 1)
    left = np.zeros(GRID, np.bool_)
    left[:, :3] = True
    assert points.sharpness(luma(half_soft), left) > 2 * points.sharpness(luma(half_soft), np.fliplr(left))


def test_where_no_edge_counts_nothing_is_said() -> None:
    assert math.isnan(EdgePoints.of(edges_of(hall())).sharpness(luma(hall()), ~EVERYWHERE))
