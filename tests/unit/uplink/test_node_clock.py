from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.uplink.samples import at
from vigil.uplink.node_clock import ClockMeasure, ClockReading


def asked(measure: ClockMeasure, when_s: float, *, there_s: float, back_s: float, offset_s: float) -> ClockReading:
    """A question that took `there_s` to the node and `back_s` from it."""
    return measure.take(at(when_s), at(when_s + there_s + offset_s), at(when_s + there_s + back_s))


def test_a_line_that_is_alike_both_ways_tells_it_exactly() -> None:
    assert asked(ClockMeasure(), 0, there_s=0.3, back_s=0.3, offset_s=5) == ClockReading(at(0.6), 5.0, 0.3)


def test_the_answer_that_was_under_way_for_the_shortest_time_holds() -> None:
    measure = ClockMeasure()
    best = asked(measure, 0, there_s=0.01, back_s=0.01, offset_s=1)
    assert asked(measure, 60, there_s=2, back_s=0.1, offset_s=1) == best


def test_a_clock_that_was_set_is_believed_at_once() -> None:
    measure = ClockMeasure()
    asked(measure, 0, there_s=0.01, back_s=0.01, offset_s=100)
    assert abs(asked(measure, 60, there_s=0.2, back_s=0.2, offset_s=0).offset_s) < 0.001


def test_an_answer_grows_too_old() -> None:
    measure = ClockMeasure()
    asked(measure, 0, there_s=0.001, back_s=0.001, offset_s=0)
    readings = [asked(measure, 60.0 * n, there_s=0.1, back_s=0.1, offset_s=0) for n in range(1, 9)]
    assert readings[0].error_s < 0.01
    assert readings[-1].error_s > 0.05


_WAYS = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=12)


@given(_WAYS, st.integers(-100, 100))
def test_the_truth_is_always_within_the_error(ways: list[tuple[float, float]], offset_s: int) -> None:
    measure = ClockMeasure()
    for number, (there_s, back_s) in enumerate(ways):
        reading = asked(measure, 60.0 * number, there_s=there_s, back_s=back_s, offset_s=offset_s)
        assert abs(reading.offset_s - offset_s) <= reading.error_s + timedelta(microseconds=3).total_seconds()
