from __future__ import annotations

import pytest

from vigil.model.notices import Answer, Verdict
from vigil.notify.backoff import rest_s


def rest(verdict: Verdict, failures: int = 0, chance: float = 1, asked_s: float | None = None) -> float:
    return rest_s(Answer(verdict, "", asked_s), failures, chance)


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.UNCERTAIN])
def test_a_rest_doubles_up_to_a_quarter_of_an_hour(verdict: Verdict) -> None:
    assert [rest(verdict, failures) for failures in (0, 1, 2, 7, 8, 1000)] == [5, 10, 20, 640, 900, 900]
    assert rest(verdict, 1, chance=0) == 5


def test_success_and_a_message_that_was_wrong_cost_no_rest() -> None:
    assert rest(Verdict.DELIVERED, 3) == rest(Verdict.REJECTED, 3) == 0


def test_a_throttle_is_as_long_as_it_was_asked_for_but_for_a_day() -> None:
    assert (rest(Verdict.THROTTLED), rest(Verdict.THROTTLED, asked_s=600)) == (60, 600)
    assert rest(Verdict.THROTTLED, asked_s=1e12) == 86_400


def test_a_refusal_rests_for_long() -> None:
    assert rest(Verdict.REFUSED) == 600
