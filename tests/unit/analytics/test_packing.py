from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.analytics.halls import COUNTER, NINE
from vigil.analytics.detector import Region
from vigil.analytics.packing import GUTTER, Place, Sheet, belonging, canvas, pack, paint
from vigil.model.looks import Detection
from vigil.model.media import Planes
from vigil.testing import frame_of

SIZES = ((192, 256), (256, 448), (384, 640))


def picture(width: int = 640, height: int = 360, grey: int = 200) -> Planes:
    return frame_of(COUNTER, NINE, np.full((height, width, 3), grey, np.uint8)).planes


def region(width: int, height: int, scale: float = 1.0, left: int = 0, top: int = 0) -> Region:
    return Region(picture(), left, top, left + width, top + height, scale)


def chance_regions(seed: int) -> list[Region]:
    chance = np.random.default_rng(seed)
    sizes = 2 * chance.integers(10, 160, (int(chance.integers(1, 40)), 2))
    return [region(width, height, float(chance.choice([0.5, 1.0, 2.0]))) for width, height in sizes.tolist()]


@pytest.mark.parametrize("seed", range(20))
def test_every_region_has_one_place_and_no_two_touch(seed: int) -> None:
    regions = chance_regions(seed)
    sheets = pack(regions, SIZES)
    assert sorted(place.index for sheet in sheets for place in sheet.places) == list(range(len(regions)))
    for sheet in sheets:
        for place in sheet.places:
            assert 0 <= place.left < place.left + place.width <= sheet.size[1]
            assert 0 <= place.top < place.top + place.height <= sheet.size[0]
            assert [side % 2 for side in (place.left, place.top, place.width, place.height)] == [0, 0, 0, 0]
        for one, other in combinations(sheet.places, 2):
            beside = one.left + one.width + GUTTER <= other.left or other.left + other.width + GUTTER <= one.left
            above = one.top + one.height + GUTTER <= other.top or other.top + other.height + GUTTER <= one.top
            assert beside or above


def test_one_small_region_takes_the_smallest_canvas_that_holds_it() -> None:
    assert [sheet.size for sheet in pack([region(200, 150)], SIZES)] == [(192, 256)]
    assert [sheet.size for sheet in pack([region(200, 200)], SIZES)] == [(256, 448)]
    assert [sheet.size for sheet in pack([region(640, 360)], SIZES)] == [(384, 640)]


def test_a_substream_keeps_its_own_canvas_where_there_is_a_larger_one() -> None:
    sizes = ((192, 224), (384, 640), (416, 672))
    (sheet,) = pack([Region.whole(picture())], sizes, (384, 640))
    assert sheet == Sheet((384, 640), (Place(0, 0, 12, 640, 360),))
    ((place,),) = (sheet.places for sheet in pack([Region.whole(picture(1920, 1080))], sizes, (384, 640)))
    assert (place.width, place.height) == (640, 360)  # and does not grow because of it
    assert [sheet.size for sheet in pack([region(208, 184)] * 6, sizes, (384, 640))] == [(416, 672)]


def test_of_the_last_canvases_those_that_cover_least_are_taken() -> None:
    two = [region(180, 180), region(180, 180)]
    assert [sheet.size for sheet in pack(two, SIZES)] == [(192, 256), (192, 256)]
    assert [sheet.size for sheet in pack([*two, region(60, 180)], SIZES)] == [(192, 256), (192, 256)]
    full = [region(300, 180)] * 4
    assert [sheet.size for sheet in pack([*full, region(100, 100)], SIZES)] == [(384, 640), (192, 256)]


def test_the_same_regions_lie_in_the_same_places() -> None:
    assert pack(chance_regions(3), SIZES) == pack(chance_regions(3), SIZES)


def test_nothing_to_look_at_needs_no_canvas() -> None:
    assert pack([], SIZES) == []


def test_what_is_larger_than_the_largest_canvas_is_scaled_down_and_keeps_its_form() -> None:
    ((place,),) = (sheet.places for sheet in pack([Region.whole(picture(1920, 1080))], SIZES))
    assert (place.width, place.height) == (640, 360)


def test_a_substream_is_painted_as_it_is() -> None:
    planes = Planes(
        np.random.default_rng(1).integers(16, 235, (360, 640), np.uint8),
        np.random.default_rng(2).integers(16, 240, (180, 320), np.uint8),
        np.random.default_rng(3).integers(16, 240, (180, 320), np.uint8),
    )
    regions = [Region.whole(planes)]
    (sheet,) = pack(regions, SIZES)
    on = canvas(sheet.size)
    paint(regions, sheet, on)
    place = sheet.places[0]
    assert (on.y[place.top : place.top + 360, place.left : place.left + 640] == planes.y).all()
    assert (on.u[place.top // 2 : place.top // 2 + 180, place.left // 2 : place.left // 2 + 320] == planes.u).all()


def test_between_the_regions_and_after_them_there_is_grey() -> None:
    regions = [region(100, 100), region(100, 100)]
    (sheet,) = pack(regions, SIZES)
    on = canvas(sheet.size)
    on.y[:] = 0  # of the batch before
    paint(regions, sheet, on)
    covered = np.zeros(sheet.size, np.bool_)
    for place in sheet.places:
        covered[place.top : place.top + place.height, place.left : place.left + place.width] = True
    assert set(np.unique(on.y[~covered]).tolist()) == {114}  # 114 of 255 in studio range
    assert (on.u[~covered[::2, ::2]] == 128).all()


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("seed", range(5))
def test_boxes_come_back_to_where_they_are_in_the_picture(scale: float, seed: int) -> None:
    chance = np.random.default_rng(seed)
    regions = [region(160, 120, scale, 2 * left, 2 * top) for left, top in chance.integers(0, 120, (6, 2)).tolist()]
    for sheet in pack(regions, SIZES):
        boxes = [_share(place, sheet, 0.25, 0.5, 0.75, 0.9) for place in sheet.places]
        for index, people in belonging(boxes, sheet, regions).items():
            (one,) = people
            looked = regions[index]
            assert one.x0 * 640 == pytest.approx(looked.left + 0.25 * 160)
            assert one.y0 * 360 == pytest.approx(looked.top + 0.5 * 120)
            assert one.x1 * 640 == pytest.approx(looked.left + 0.75 * 160)
            assert one.y1 * 360 == pytest.approx(looked.top + 0.9 * 120)
            assert not one.cut


def _share(place: Place, sheet: Sheet, x0: float, y0: float, x1: float, y1: float) -> Detection:
    """A box that fills those shares of its region's place, in shares of the canvas."""
    height, width = sheet.size
    return Detection(
        (place.left + x0 * place.width) / width,
        (place.top + y0 * place.height) / height,
        (place.left + x1 * place.width) / width,
        (place.top + y1 * place.height) / height,
        0.9,
    )


even = st.integers(0, 130).map(lambda half: 2 * half)
side = st.integers(10, 100).map(lambda half: 2 * half)
shares = st.tuples(*[st.floats(0.1, 0.45)] * 2, *[st.floats(0.55, 0.9)] * 2)


@given(st.lists(st.tuples(even, st.integers(0, 70), side, side, st.floats(0.3, 3.0), shares), min_size=1, max_size=8))
def test_a_box_comes_back_to_its_place_whatever_its_region(
    cases: list[tuple[int, int, int, int, float, tuple[float, float, float, float]]],
) -> None:
    regions = [region(width, height, scale, left, 2 * top) for left, top, width, height, scale, _ in cases]
    for sheet in pack(regions, SIZES):
        boxes = [_share(place, sheet, *cases[place.index][5]) for place in sheet.places]
        for index, people in belonging(boxes, sheet, regions).items():
            (one,), looked, (x0, y0, x1, y1) = people, regions[index], cases[index][5]
            width, height = looked.right - looked.left, looked.bottom - looked.top
            assert (one.x0 * 640, one.x1 * 640) == pytest.approx((looked.left + x0 * width, looked.left + x1 * width))
            assert (one.y0 * 360, one.y1 * 360) == pytest.approx((looked.top + y0 * height, looked.top + y1 * height))


@pytest.mark.parametrize(
    ("sides", "cut"),
    [
        ((0.2, 0.2, 0.8, 0.8), False),
        ((0.0, 0.2, 0.8, 0.8), True),
        ((0.2, 0.0, 0.8, 0.8), True),
        ((0.2, 0.2, 1.0, 0.8), True),
        ((0.2, 0.2, 0.8, 1.0), True),
    ],
)
def test_a_box_that_ends_where_its_region_does_is_cut(sides: tuple[float, float, float, float], *, cut: bool) -> None:
    inside = [region(200, 100, left=200, top=100)]
    (sheet,) = pack(inside, SIZES)
    assert belonging([_share(sheet.places[0], sheet, *sides)], sheet, inside)[0][0].cut is cut


def test_a_box_that_ends_where_the_picture_does_is_whole() -> None:
    everything = [Region.whole(picture())]
    (sheet,) = pack(everything, SIZES)
    assert not belonging([_share(sheet.places[0], sheet, 0.0, 0.0, 1.0, 1.0)], sheet, everything)[0][0].cut


def test_a_box_is_clipped_to_its_region_and_one_in_the_grey_is_nobodys() -> None:
    regions = [region(100, 100), region(100, 100, left=300)]
    (sheet,) = pack(regions, SIZES)
    first = next(place for place in sheet.places if place.index == 0)
    found = belonging(
        [_share(first, sheet, 0.1, 0.2, 1.1, 0.8), _share(first, sheet, 1.02, 0.2, 1.12, 0.8)], sheet, regions
    )
    assert found[1] == ()
    assert [one.x1 * 640 for one in found[0]] == [pytest.approx(100)]
