from __future__ import annotations

import numpy as np
import pytest

from tests.unit.sim.miniature import HALL, SIZE
from vigil.sim.assets import Assets
from vigil.sim.view import Region, View
from vigil.sim.world import Light


def view(assets: Assets, size: tuple[int, int] = SIZE, light: Light = Light.DAY) -> View:
    return View(assets.world.hall(HALL).cameras["front"], light, size, assets)


def test_another_size_shows_the_same_view(assets: Assets) -> None:
    point = np.array([[0.4, -1.0, 0.8]])
    small, large = view(assets).project(point), view(assets, (640, 360)).project(point)
    assert small is not None
    assert large is not None
    assert large == pytest.approx(small * 2)
    assert view(assets, (640, 360)).plate.shape == (360, 640, 3)


def test_what_is_behind_the_camera_has_no_pixels(assets: Assets) -> None:
    assert view(assets).project(np.array([[0, 0, 1], [0, -6.5, 2.6]])) is None
    assert not view(assets).holds((0, -7))


def test_a_floor_point_is_inside_or_outside_of_the_picture(assets: Assets) -> None:
    assert view(assets).holds((0, 0))
    assert not view(assets).holds((9, 0))


def test_the_counter_hides_only_what_is_behind_it(assets: Assets) -> None:
    whole = Region(0, 0, *SIZE)
    hidden = view(assets).hidden((0.5, 1.0), whole)
    assert hidden is not None
    assert 0 < np.count_nonzero(hidden) < hidden.size
    assert view(assets).hidden((0.5, -0.4), whole) is None


def test_dusk_has_a_plate_and_a_tint_of_its_own(assets: Assets) -> None:
    day, dusk = view(assets), view(assets, light=Light.DUSK)
    assert dusk.plate.mean() == pytest.approx(day.plate.mean() / 2, abs=1)
    assert (day.tint, dusk.tint) == ((1, 1, 1), (0.5, 0.5, 0.5))


def test_nearer_people_are_larger(assets: Assets) -> None:
    near, far = view(assets).px_per_m((0, -3)), view(assets).px_per_m((0, 2))
    assert near > 1.3 * far
    place = view(assets).nearer((0.0, 1.0), 0.5)
    assert place == pytest.approx((0.0, 0.5))


@pytest.mark.parametrize(
    ("region", "within"),
    [
        (Region(-5, -5, 10, 10), Region(0, 0, 10, 10)),
        (Region(30, 30, 99, 99), Region(30, 30, 40, 50)),
        (Region(40, 0, 60, 10), None),
    ],
)
def test_a_region_is_cut_to_the_picture(region: Region, within: Region | None) -> None:
    assert region.within(40, 50) == within
