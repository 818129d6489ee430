from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.uplink_faults.schedule import LONGEST_CUT_S, MOST_CUT, SHORTEST_CUT_S, CutKind, Program, draw

FULL = draw(3600, 200, 50, seed=1)


def test_everything_that_was_asked_for_happens_within_the_run() -> None:
    assert len(FULL.cuts) == 200
    assert len(FULL.kills) == 50
    assert all(cut.at_s >= 0 and cut.at_s + cut.length_s <= 3600 for cut in FULL.cuts)
    assert all(0 <= kill.at_s <= 3600 for kill in FULL.kills)


def test_cuts_do_not_overlap() -> None:
    assert all(before.at_s + before.length_s <= after.at_s for before, after in pairwise(FULL.cuts))


def test_the_line_is_up_for_the_rest_of_the_time() -> None:
    assert sum(cut.length_s for cut in FULL.cuts) <= MOST_CUT * 3600


@pytest.mark.parametrize("cuts", [20, 200])
def test_in_an_hour_cuts_have_all_lengths(cuts: int) -> None:
    lengths = [cut.length_s for cut in draw(3600, cuts, 0, seed=1).cuts]
    assert all(SHORTEST_CUT_S <= length <= LONGEST_CUT_S for length in lengths)
    assert min(lengths) < 2 * SHORTEST_CUT_S
    assert max(lengths) > LONGEST_CUT_S / 2


def test_all_kinds_and_both_programs_have_their_share() -> None:
    assert {kind: sum(cut.kind is kind for cut in FULL.cuts) for kind in CutKind} == {
        CutKind.RESET: 67,
        CutKind.STALLED: 67,
        CutKind.REFUSED: 66,
    }
    assert sum(kill.program is Program.NODE for kill in FULL.kills) == 25


@pytest.mark.parametrize("seconds", [20, 180])
def test_a_shorter_run_is_the_same_pressed_together(seconds: float) -> None:
    cuts = draw(seconds, 200, 50, seed=1).cuts
    assert len(cuts) == 200
    assert cuts[-1].at_s + cuts[-1].length_s <= seconds


def test_a_seed_says_all() -> None:
    assert draw(3600, 200, 50, seed=1) == FULL
    assert draw(3600, 200, 50, seed=2) != FULL


def test_nothing_may_be_asked_for() -> None:
    assert draw(60, 0, 0, seed=1).cuts == ()
