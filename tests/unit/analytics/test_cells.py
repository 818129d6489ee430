from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from tests.unit.analytics.halls import (
    COUNTER,
    GROUP,
    LANE,
    NINE,
    ONE,
    SPOT_ONE,
    STAFF_ONE,
    STAFF_TWO,
    TWO,
    box,
    camera,
)
from vigil.analytics.cells import STAFF_HEIGHT, Cell, cells_of, together
from vigil.analytics.detector import Region
from vigil.model.media import Planes
from vigil.model.site import Zone, ZoneKind
from vigil.testing import frame_of


def picture(width: int = 640, height: int = 360) -> Planes:
    return frame_of(COUNTER, NINE + timedelta(0), np.zeros((height, width, 3), np.uint8)).planes


def staff_area(height: float, left: float = 0.3, top: float = 0.2) -> Cell:
    zone = Zone(ZoneKind.STAFF_AREA, box(left, top, left + 0.1, top + height), window=ONE)
    (cell,) = cells_of(camera(COUNTER, zone))
    return cell


def area(region: Region) -> float:
    return (region.right - region.left) * (region.bottom - region.top) * region.scale**2


def test_each_window_and_each_lane_is_a_cell() -> None:
    cells = cells_of(camera(COUNTER, STAFF_ONE, SPOT_ONE, STAFF_TWO, LANE))
    assert [(cell.window, cell.group) for cell in cells] == [(ONE, None), (TWO, None), (None, GROUP)]
    assert cells[0].polygons == (STAFF_ONE.polygon, SPOT_ONE.polygon)


def test_a_cell_has_room_around_its_zones_and_ends_where_the_picture_does() -> None:
    (cell,) = cells_of(camera(COUNTER, STAFF_ONE, SPOT_ONE))
    assert cell.left < 0.1 < 0.4 < cell.right
    assert 0 <= cell.top < 0.2
    assert 0.85 < cell.bottom <= 1
    at_the_edge = cells_of(camera(COUNTER, Zone(ZoneKind.STAFF_AREA, box(0.0, 0.0, 1.0, 1.0), window=ONE)))[0]
    assert (at_the_edge.left, at_the_edge.top, at_the_edge.right, at_the_edge.bottom) == (0, 0, 1, 1)


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (1920, 1080), (704, 576)])
def test_a_staff_area_is_scaled_to_one_height_whatever_the_camera_sends(size: tuple[int, int]) -> None:
    region = staff_area(0.4).region(picture(*size))
    assert 0.4 * size[1] * region.scale == pytest.approx(STAFF_HEIGHT)


def test_what_the_camera_did_not_see_is_not_made_up() -> None:
    assert staff_area(0.02).region(picture()).scale == 2.0


@pytest.mark.parametrize("size", [(640, 360), (642, 362), (1920, 1080)])
@pytest.mark.parametrize("left", [0.0, 0.333, 0.8999])
def test_a_region_has_even_corners_within_the_picture(size: tuple[int, int], left: float) -> None:
    region = staff_area(0.3, left=left).region(picture(*size))
    sides = (region.left, region.top, region.right, region.bottom)
    assert all(side % 2 == 0 for side in sides)
    assert 0 <= region.left < region.right <= size[0]
    assert 0 <= region.top < region.bottom <= size[1]


def test_a_lane_is_looked_at_as_it_is_with_room_for_those_who_stand_in_it() -> None:
    (cell,) = cells_of(camera(COUNTER, LANE))
    assert cell.region(picture()).scale == 1.0
    assert cell.top <= 0.9 - 0.4
    assert (cell.left, cell.right, cell.bottom) == (0.0, 1.0, 1.0)


def test_regions_that_overlap_are_looked_at_as_one_where_that_is_cheaper() -> None:
    planes = picture()
    near = [Region(planes, 0, 0, 100, 100), Region(planes, 20, 0, 120, 100), Region(planes, 500, 200, 600, 300)]
    joined = together(near)
    assert [places for _, places in joined] == [(2,), (0, 1)]
    first = joined[1][0]
    assert (first.left, first.top, first.right, first.bottom) == (0, 0, 120, 100)
    assert sum(area(region) for region, _ in joined) < sum(area(region) for region in near)


def test_regions_of_different_scale_are_joined_only_where_the_finer_one_is_not_made_larger_by_it() -> None:
    planes = picture()
    far, close = Region(planes, 0, 0, 60, 60, 2.0), Region(planes, 40, 0, 400, 300, 0.5)
    assert [places for _, places in together([far, close])] == [(0,), (1,)]


def test_all_is_looked_at_once_however_regions_are_joined() -> None:
    planes = picture()
    chance = np.random.default_rng(5)
    regions = []
    for left, top, width, height in chance.integers(0, 150, (12, 4)).tolist():
        regions.append(
            Region(planes, 2 * left, top // 2 * 2, 2 * left + 2 * width + 2, top // 2 * 2 + height // 2 * 2 + 2)
        )
    joined = together(regions)
    assert sorted(place for _, places in joined for place in places) == list(range(12))
    for region, places in joined:
        for place in places:
            assert region.left <= regions[place].left
            assert regions[place].right <= region.right
            assert region.top <= regions[place].top
            assert regions[place].bottom <= region.bottom
