from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.analytics.halls import NINE
from vigil.analytics.trace import LEAD, LONGEST, MOST_KEPT, Trace, thinned
from vigil.model.looks import Presence, Unknown
from vigil.model.trace import MOST_POINTS, TracePoint

SEEN, CLEAR = Presence.SEEN, Presence.CLEAR


def point(second: float, presence: Presence = CLEAR, score: float = 0.0) -> TracePoint:
    return TracePoint(NINE + timedelta(seconds=second), presence, score)


def kept(*points: TracePoint, since: float = 0) -> list[float]:
    """Seconds of the points that a trace gives out of those it was given."""
    trace = Trace()
    for one in points:
        trace.add(one)
    return [(one.at - NINE).total_seconds() for one in trace.since(NINE + timedelta(seconds=since))]


def test_an_episode_is_shown_with_the_minute_before_it() -> None:
    assert kept(*map(point, range(0, 300, 10)), since=200)[0] == 200 - LEAD.total_seconds()


def test_the_same_look_told_again_is_one_point() -> None:
    assert kept(point(1), point(1), point(2), point(1.5), point(3)) == [1, 2, 3]


def test_no_more_is_remembered_than_a_quarter_of_an_hour_and_never_too_many_points() -> None:
    assert kept(*map(point, range(0, 3000, 5)), since=0)[0] == 2995 - LONGEST.total_seconds()
    many = kept(*(point(second / 4) for second in range(4000)))
    assert many[0] >= 1000 - MOST_KEPT / 4


def test_after_a_clock_was_set_back_what_it_had_called_later_is_forgotten() -> None:
    assert kept(*map(point, range(100)), point(40.5), point(41.5), since=39 + 60) == [39, 40, 40.5, 41.5]


def test_thinning_keeps_every_change() -> None:
    points = [point(second, SEEN if second in (17, 400, 401, 899) else CLEAR) for second in range(900)]
    thin = thinned(points, MOST_POINTS)
    assert len(thin) == MOST_POINTS
    assert [one for one in thin if one.presence is SEEN] == [one for one in points if one.presence is SEEN]
    assert {points[18], points[402]} <= set(thin)
    assert max(later.at - former.at for former, later in pairwise(thin)) <= timedelta(seconds=4)


@pytest.mark.parametrize("count", [MOST_POINTS, MOST_POINTS + 1, 900])
def test_where_everything_is_a_change_they_are_thinned_evenly(count: int) -> None:
    thin = thinned([point(second, SEEN if second % 2 else CLEAR) for second in range(count)], MOST_POINTS)
    assert len(thin) == MOST_POINTS
    assert thin[-1].at == NINE + timedelta(seconds=count - 1)


@given(st.lists(st.tuples(st.floats(0.1, 30), st.sampled_from(list(Presence))), max_size=120), st.integers(1, 50))
def test_whatever_is_thinned_is_a_part_of_it_in_its_order(said: list[tuple[float, Presence]], most: int) -> None:
    points, second = [], 0.0
    for step, presence in said:
        second += step
        why = Unknown.DARK if presence is Presence.UNKNOWN else None
        points.append(TracePoint(NINE + timedelta(seconds=second), presence, why=why))
    thin = thinned(points, most)
    assert len(thin) == min(most, len(points))
    assert sorted(set(thin), key=points.index) == list(thin)
    assert thin[-1:] == tuple(points[-1:])
