from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.truth.samples import LANE
from vigil.model.truth import Box
from vigil.truth.footage import holds, second, shares

SIZE = (640, 360)
BEND = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0), (0.5, 0.5), (0.0, 0.5))
"""An L: the lower left quarter is outside."""


def test_a_box_becomes_shares_of_the_picture() -> None:
    assert shares(64, 36, 128, 72, SIZE) == (0.1, 0.1, 0.3, 0.3)


def test_a_box_is_cut_at_the_edges_of_the_picture() -> None:
    assert shares(-64, 324, 128, 72, SIZE) == (0.0, 0.9, 0.1, 1.0)


def test_a_box_outside_of_the_picture_is_none() -> None:
    assert shares(-128, 0, 100, 100, SIZE) is None
    assert shares(0, 360, 100, 100, SIZE) is None


@pytest.mark.parametrize(
    ("point", "inside"), [((0.25, 0.25), True), ((0.75, 0.75), True), ((0.25, 0.75), False), ((1.5, 0.25), False)]
)
def test_a_polygon_may_have_a_bend(point: tuple[float, float], inside: bool) -> None:
    assert holds(BEND, point) is inside


@given(st.tuples(st.floats(-1, 2), st.floats(-1, 2)), st.integers(0, 5))
def test_it_does_not_matter_where_a_polygon_begins_and_which_way_it_goes(point: tuple[float, float], turn: int) -> None:
    turned = (*BEND[turn:], *BEND[:turn])
    assert holds(turned, point) == holds(BEND, point)
    assert holds(turned[::-1], point) == holds(BEND, point)


WAITS: tuple[Box, float] = ((0.7, 0.4, 0.8, 0.9), 1.0)
PASSES: tuple[Box, float] = ((0.1, 0.4, 0.2, 0.9), 0.5)


def test_who_stands_in_the_lane_is_in_the_queue() -> None:
    found = second(3, {2: WAITS, 1: PASSES}, [LANE])
    assert found.t_s == 3
    assert found.queue_in_view == 1
    assert [(person.id, person.in_queue, person.visibility) for person in found.people] == [
        (1, False, 0.5),
        (2, True, 1.0),
    ]


def test_without_a_lane_the_queue_is_unknown_and_windows_always_are() -> None:
    found = second(0, {1: WAITS}, [])
    assert (found.queue, found.queue_in_view, found.windows) == (None, None, {})
