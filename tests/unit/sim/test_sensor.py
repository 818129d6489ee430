from __future__ import annotations

import numpy as np
import pytest

from vigil.sim.assets import Picture
from vigil.sim.sensor import SENSORS, Exposure, Sensor
from vigil.sim.world import Light

SIZE = (160, 90)
STILL = Sensor(noise=0, drift=0, wobble=0, vignette=0, blur=0, halo=0)


def grey(level: int = 120) -> Picture:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def exposure(sensor: Sensor, seed: int = 0) -> Exposure:
    return Exposure(sensor, SIZE, np.random.default_rng(seed))


def test_one_seed_gives_one_film_and_another_seed_another() -> None:
    def film(seed: int) -> list[Picture]:
        camera = exposure(Sensor(), seed)
        return [camera.expose(grey(), t_s) for t_s in range(4)]

    first = film(7)
    assert all((a == b).all() for a, b in zip(first, film(7), strict=True))
    assert any((a != b).any() for a, b in zip(first, film(8), strict=True))


def test_no_two_pictures_of_a_still_scene_are_alike() -> None:
    camera = exposure(Sensor())
    assert (camera.expose(grey(), 0.0) != camera.expose(grey(), 0.0)).any()


@pytest.mark.parametrize(("factor", "sigma"), [(1.0, 3.0), (2.0, 6.0)])
def test_noise_has_the_strength_that_is_asked_for(factor: float, sigma: float) -> None:
    camera = exposure(Sensor(noise=3.0, drift=0, wobble=0, vignette=0, blur=0, halo=0))
    noisy = camera.expose(grey(), 0.0, factor)
    assert noisy.std() == pytest.approx(sigma, rel=0.1)
    assert noisy.mean() == pytest.approx(120, abs=0.5)


def test_dusk_is_noisier_than_day() -> None:
    assert SENSORS[Light.DUSK].noise > 1.5 * SENSORS[Light.DAY].noise


def test_the_gain_stays_within_drift_and_wobble_and_uses_them() -> None:
    camera = exposure(Sensor(drift=0.02, wobble=0.01))
    gains = [camera.gain(t_s / 10) for t_s in range(1200)]
    assert max(gains) <= 1.0301
    assert min(gains) >= 0.9699
    assert max(gains) - min(gains) > 0.04


def test_corners_are_darker_than_the_middle() -> None:
    dimmed = exposure(Sensor(noise=0, drift=0, wobble=0, vignette=0.2, blur=0, halo=0)).expose(grey(200), 0.0)
    assert dimmed[45, 80, 0] == pytest.approx(200, abs=1)
    assert dimmed[0, 0, 0] == pytest.approx(160, abs=2)


def test_sharpening_makes_a_halo_at_an_edge() -> None:
    edge = grey(80)
    edge[:, 80:] = 160
    sharpened = exposure(Sensor(noise=0, drift=0, wobble=0, vignette=0, blur=0, halo=0.5)).expose(edge, 0.0)
    assert sharpened.max() > 165
    assert sharpened.min() < 75


def test_a_sensor_without_faults_shows_what_is_there() -> None:
    assert (exposure(STILL).expose(grey(), 3.0) == grey()).all()
