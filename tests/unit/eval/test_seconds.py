from __future__ import annotations

import numpy as np
import pytest

from tests.unit.eval.scenes import said, window
from vigil.eval.seconds import Confusion, confusion, of_window
from vigil.eval.statements import WindowStatements


def count(true: str, stated: str | WindowStatements | None) -> Confusion:
    told = said(stated) if isinstance(stated, str) else stated
    return confusion(of_window(window(true), told), np.ones(len(true), np.bool_))


def test_each_second_stands_in_its_cell() -> None:
    # Nothing changes in truth, so nothing is left out.
    assert count("U" * 6, "UUUSS?") == Confusion(right_unstaffed=3, wrong_staffed=2, seen=6, unknown_seen=1)
    assert count("S" * 6, "UUUSS?") == Confusion(wrong_unstaffed=3, right_staffed=2, seen=6, unknown_seen=1)


def test_the_rules_delay_after_a_true_change_is_left_out_and_told() -> None:
    found = count("SSSSSUUUUUUUSSSSS", "SSSSSSSSSUUUUUUSS")
    assert found == Confusion(right_unstaffed=3, right_staffed=7, seen=17, delayed=7)


def test_a_second_more_than_the_delay_is_wrong() -> None:
    assert count("SSSSSUUUUUUU", "SSSSSSSSSSUU").wrong_staffed == 1
    assert count("UUUUUSSSSSSS", "UUUUUUUUUSSS").wrong_unstaffed == 1


def test_the_delay_counts_from_a_change_that_nobody_saw() -> None:
    assert count("SSSS--UUUUUU", "SSSSSSSSSSUU") == Confusion(right_unstaffed=2, right_staffed=4, seen=10, delayed=4)


@pytest.mark.parametrize("true", ["cccc", "----"])
def test_out_of_hours_and_unlabelled_seconds_do_not_count(true: str) -> None:
    assert count(true, "USU?") == Confusion()


def test_seconds_that_no_camera_could_see_are_told_apart_and_a_wrong_claim_about_them_is_wrong() -> None:
    assert count("ssss", "?U?S") == Confusion(wrong_unstaffed=1, right_staffed=1, unseen=4, unknown_unseen=2)


def test_where_nothing_is_said_all_is_unknown() -> None:
    assert count("SSSS", None) == Confusion(seen=4, unknown_seen=4)
    assert count("SSSS", "S") == Confusion(right_staffed=1, seen=4, unknown_seen=3)


def test_only_the_seconds_of_the_mask_count() -> None:
    mask = np.array([True, False, False, True])
    assert confusion(of_window(window("SSSS"), said("SSUU")), mask) == Confusion(
        right_staffed=1, wrong_unstaffed=1, seen=2
    )
