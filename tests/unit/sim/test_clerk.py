from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.sim.scenes import plan
from vigil.sim.clerk import LAST_CALL_S, SPEED, Clerk, Outing, staff_way
from vigil.sim.figures import Pose
from vigil.sim.route import distance
from vigil.sim.walker import DT


def clerk(*outings: tuple[float, float, str], mirrored: bool = False, finish_s: float = 0) -> Clerk:
    where = plan(mirrored=mirrored)
    way = staff_way(where, where.windows[0], 0.1)
    reach = {"out": way.out, "aisle": way.aisle, "beside": way.beside}
    made = [Outing(begin, end, reach[name], finish_s) for begin, end, name in outings]
    return Clerk(1, "s1", 1, way, where.lift, made, np.random.default_rng(1))


def live(one: Clerk, until_s: float, *, busy_until_s: float = -1) -> list[tuple[float, bool]]:
    """(time, at the window) of each step."""
    window, seen = plan().windows[0], []
    for n in range(round(until_s / DT) + 1):
        one.step(n * DT, n * DT < busy_until_s)
        seen.append((n * DT, one.here(window, 1.0)))
    return seen


def test_a_clerk_is_seated_again_at_the_end_of_a_break() -> None:
    one = clerk((10, 60, "out"))
    seen = dict(live(one, 59.9))
    assert not one.ready(59.9)
    one.step(60.0, False)
    assert one.away == 0
    gone = [t for t, here in seen.items() if not here]
    assert 10 < gone[0] < 11.5
    assert 58.5 < gone[-1] < 60


def test_who_is_out_is_not_in_the_hall() -> None:
    one = clerk((10, 60, "out"))
    live(one, 35)
    assert one.figure(1.0) is None


def test_a_short_break_ends_before_the_door() -> None:
    one = clerk((10, 14, "out"))
    live(one, 12)
    figure = one.figure(1.0)
    assert figure is not None
    assert figure.pose is Pose.WALK
    live(one, 14)
    assert one.away == 0


def test_standing_beside_is_at_the_window_and_standing_behind_is_not() -> None:
    beside, behind = clerk((10, 60, "beside")), clerk((10, 60, "aisle"))
    assert all(here for _, here in live(beside, 60))
    assert not any(here for t, here in live(behind, 60) if 13 < t < 57)
    for one in (clerk((0, 60, "beside")), clerk((0, 60, "aisle"))):
        live(one, 30)
        figure = one.figure(1.0)
        assert figure is not None
        assert figure.pose is Pose.STAND


def test_the_seat_is_raised_and_the_aisle_is_not() -> None:
    seated, behind = clerk(), clerk((0, 60, "aisle"))
    live(seated, 1)
    live(behind, 30)
    lifts = [figure.lift for one in (seated, behind) if (figure := one.figure(1.0))]
    assert lifts == [0.25, 0.0]


def test_somebody_who_is_served_is_served_to_the_end() -> None:
    one = clerk((10, 100, "out"), finish_s=30)
    assert all(here for t, here in live(one, 25, busy_until_s=25) if t <= 25)
    late = clerk((10, 100, "out"), finish_s=30)
    seen = dict(live(late, 60, busy_until_s=60))
    assert not any(here for t, here in seen.items() if t > 42), "but no longer than that"


def test_a_break_that_was_put_off_past_its_end_does_not_happen() -> None:
    assert all(here for _, here in live(clerk((10, 20, "out"), finish_s=60), 40, busy_until_s=30))


def test_who_is_about_to_leave_calls_nobody() -> None:
    one = clerk((60, 90, "out"))
    ready = []
    for n in range(600):
        one.step(n * DT, False)
        if one.ready(n * DT):
            ready.append(n * DT)
    assert max(ready) == pytest.approx(60 - LAST_CALL_S, abs=2 * DT)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(0, 60), st.floats(0, 40), st.sampled_from(["out", "aisle", "beside"])),
        min_size=1,
        max_size=5,
    ),
    st.booleans(),
)
def test_nobody_jumps_whatever_overlaps(drawn: list[tuple[float, float, str]], mirrored: bool) -> None:
    one = clerk(*((begin, begin + length, name) for begin, length, name in drawn), mirrored=mirrored)
    places = []
    for n in range(1100):
        one.step(n * DT, False)
        figure = one.figure(1.0)
        places.append(figure.place if figure else plan(mirrored=mirrored).doors.staff)
    assert all(distance(a, b) <= SPEED * DT + 1e-9 for a, b in pairwise(places))
    assert one.away == 0


def test_walking_back_one_looks_where_one_goes() -> None:
    one = clerk((0, 30, "out"))
    live(one, 27.5)
    figure = one.figure(1.0)
    assert figure is not None
    one.step(27.6, False)
    following = one.figure(1.0)
    assert following is not None
    (x0, y0), (x1, y1) = figure.place, following.place
    assert math.cos(following.heading - math.atan2(y1 - y0, x1 - x0)) > 0.9
