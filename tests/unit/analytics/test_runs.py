from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vigil.analytics.runs import NOBODY, Run

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def second(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def run_of(looks: str, every_s: float = 2.0) -> Run:
    """`+` is a look that saw somebody, `-` one that did not."""
    run = NOBODY
    for number, look in enumerate(looks):
        at = second(number * every_s)
        run = run.seen(at, every_s) if look == "+" else run.unseen(at)
    return run


def test_a_presence_counts_from_its_first_look() -> None:
    assert run_of("-+++") == Run(second(2), 4.0, 3)


def test_one_miss_costs_nothing_but_itself() -> None:
    run = run_of("++-++")
    assert (run.from_at, run.seconds, run.looks, run.present) == (second(0), 4.0, 4, True)


def test_a_miss_is_remembered_until_the_next_look() -> None:
    run = run_of("++-")
    assert (run.lasts, run.present, run.missed_at) == (True, False, second(4))


def test_two_misses_in_a_row_end_it() -> None:
    assert run_of("++++--") == NOBODY
    assert run_of("++--+").from_at == second(8)


def test_what_is_forgiven_lasts_as_long_as_it_is_told_to() -> None:
    run = run_of("++++++").unseen(second(4), 8)
    assert run.unseen(second(11), 8).lasts
    assert run.unseen(second(11), 8).seen(second(12), 1.0).from_at == second(0)
    assert not run.unseen(second(11), 8).unseen(second(12), 8).lasts


def test_people_who_pass_are_forgiven_nothing() -> None:
    run = NOBODY
    for number in range(100):
        run = run.seen(second(number), 1.0) if number % 4 < 2 else run.unseen(second(number), 8)
        assert run.looks <= 3


@given(st.text("+-", max_size=60))
def test_it_lasts_until_two_looks_in_a_row_see_nobody(looks: str) -> None:
    assert run_of(looks).lasts == ("+" in looks.rpartition("--")[2])
