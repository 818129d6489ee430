from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.unit.analytics.halls import NINE
from vigil.analytics import gate
from vigil.analytics.detector import Bgr
from vigil.model.ids import CameraId
from vigil.testing import frame_of

PICTURES = Path(__file__).parents[2] / "data" / "hall"
COUNTER: Bgr = np.asarray(cv2.imread(str(PICTURES / "counter.jpg")), np.uint8)
CHAIR = ((0.36, 0.40), (0.44, 0.40), (0.44, 0.60), (0.36, 0.60))


def blocks(bgr: Bgr) -> gate.Floats:
    even = np.ascontiguousarray(bgr[: bgr.shape[0] // 2 * 2, : bgr.shape[1] // 2 * 2])
    return gate.blocks(frame_of(CameraId("a"), NINE, even).planes)


def has_changed(now: Bgr, then: Bgr = COUNTER) -> bool:
    chair = gate.mask([CHAIR])
    return gate.changed(blocks(now)[chair], blocks(then)[chair])


def grainy(bgr: Bgr, seed: int, strength: float = 6.0) -> Bgr:
    noise = np.random.default_rng(seed).normal(0, strength, bgr.shape)
    return np.clip(bgr + noise, 0, 255).astype(np.uint8)


def with_somebody(bgr: Bgr, x: float = 0.40, y: float = 0.50, grey: int = 40) -> Bgr:
    """A head and shoulders, about a twentieth of the width, at the place given."""
    drawn = bgr.copy()
    height, width = bgr.shape[:2]
    centre = (round(x * width), round(y * height))
    cv2.ellipse(drawn, centre, (width // 40, height // 16), 0, 0, 360, (grey, grey, grey), -1)
    return drawn


def test_noise_is_no_change() -> None:
    assert not any(has_changed(grainy(COUNTER, seed), grainy(COUNTER, seed + 100)) for seed in range(20))


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_compression_is_no_change(quality: int) -> None:
    _, jpeg = cv2.imencode(".jpg", COUNTER, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert not has_changed(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8))


@pytest.mark.parametrize("step", [-25, -10, 10, 25])
def test_light_that_changes_everywhere_is_no_change(step: int) -> None:
    muted = np.clip(COUNTER.astype(int) // 2 + 60, 0, 255)
    lit = (muted + step).astype(np.uint8)
    assert not has_changed(lit, muted.astype(np.uint8))


def test_who_sits_down_is_a_change_and_so_is_who_goes() -> None:
    assert has_changed(with_somebody(COUNTER))
    assert has_changed(COUNTER, with_somebody(COUNTER))


def test_who_sits_still_is_none() -> None:
    seated = with_somebody(COUNTER)
    assert not any(has_changed(grainy(seated, seed), grainy(seated, seed + 100)) for seed in range(20))


def test_what_happens_elsewhere_is_none() -> None:
    assert not has_changed(with_somebody(COUNTER, x=0.7, y=0.5))


def test_what_creeps_adds_up() -> None:
    """Each step is too small to be seen from one picture to the next, and is seen against the first."""
    creeping = [with_somebody(COUNTER, grey=grey) for grey in range(120, 60, -4)]
    assert not any(has_changed(now, before) for before, now in itertools.pairwise(creeping))
    assert has_changed(creeping[-1], creeping[0])


def test_a_zone_at_the_very_edge_of_the_picture_has_blocks() -> None:
    corner = gate.mask([((0.99, 0.99), (1.0, 0.99), (1.0, 1.0), (0.99, 1.0))])
    assert corner.sum() >= 4
    assert corner[-1, -1]
