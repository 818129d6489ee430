from __future__ import annotations

import pytest

from vigil.ingest.resting import LONG_REST_S, REST_S, Resting

ON_TIME_S = 0.02


def rested(*, for_keys: bool = True) -> Resting:
    """At 100 s: the last key picture came just now, two seconds after the one before; a picture was waited for."""
    resting = Resting(for_keys=for_keys)
    assert resting.length_s(99.0, ON_TIME_S, LONG_REST_S) == 0, "the first one is waited for"
    resting.key_came(98.0)
    resting.key_came(100.0)
    return resting


@pytest.mark.parametrize("longest_s", [REST_S, LONG_REST_S])
def test_as_long_as_it_may(longest_s: float) -> None:
    assert rested().length_s(100.0, ON_TIME_S, longest_s) == longest_s


def test_not_past_the_next_key_picture() -> None:
    resting = rested()
    assert resting.length_s(101.9, ON_TIME_S, REST_S) == pytest.approx(0.15)


def test_a_key_picture_that_does_not_come_is_looked_for_a_while() -> None:
    resting = rested()
    assert resting.length_s(102.1, ON_TIME_S, LONG_REST_S) == pytest.approx(0.05)
    assert resting.length_s(102.4, ON_TIME_S, LONG_REST_S) == REST_S, "then it comes when it comes"


def test_where_key_pictures_are_not_foreseen_rests_are_short() -> None:
    resting = Resting(for_keys=True)
    resting.length_s(100.0, ON_TIME_S, LONG_REST_S)
    resting.key_came(100.1)
    assert resting.length_s(100.2, ON_TIME_S, LONG_REST_S) == REST_S


def test_past_key_pictures_that_nobody_waits_for() -> None:
    assert rested(for_keys=False).length_s(101.9, ON_TIME_S, REST_S) == REST_S


@pytest.mark.parametrize("late_s", [None, 0.25, 3.0])
def test_not_while_it_is_behind_or_does_not_know(late_s: float | None) -> None:
    assert rested().length_s(100.0, late_s, REST_S) == 0


def test_now_and_then_a_picture_is_waited_for() -> None:
    """A picture that lay in the kernel came earlier than it was fetched. Only one that was waited for tells when it came."""
    resting = rested()
    looks = [resting.length_s(99.0 + second, ON_TIME_S, REST_S) for second in range(1, 21)]
    assert [second for second, length_s in enumerate(looks, 1) if not length_s] == [5, 10, 15, 20]
