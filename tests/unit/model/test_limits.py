from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.model.limits import Limit, free_at, longest_s
from vigil.notify import dingtalk, feishu, webhook, wecom

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_a_place_is_free_again_after_the_end_of_what_held_it() -> None:
    limits = (Limit(2, 60),)
    assert free_at(limits, [], at(0)) == at(0)
    assert free_at(limits, [at(-10)], at(0)) == at(0)
    assert free_at(limits, [at(-10), at(-50)], at(0)) == at(10)
    assert free_at(limits, [at(-10), at(-60)], at(0)) == at(0)


def test_the_strictest_of_several_limits_holds() -> None:
    assert free_at((Limit(3, 60), Limit(1, 1)), [at(-0.5)], at(0)) == at(0.5)
    assert longest_s((Limit(3, 60), Limit(1, 1))) == 60
    assert longest_s(()) == 0


def test_a_clock_that_was_put_back_holds_nothing_up_for_longer_than_the_limit_says() -> None:
    assert free_at((Limit(1, 60),), [at(86_400)], at(0)) == at(60)


@pytest.mark.parametrize("limits", [wecom.LIMITS, dingtalk.LIMITS, feishu.LIMITS, webhook.LIMITS])
@given(st.data())
def test_in_no_window_does_more_arrive_than_the_limit_allows(limits: tuple[Limit, ...], data: st.DataObject) -> None:
    """A sender that is always as eager as it may be, on a line that takes now this long and now that."""
    now, ended, arrived = at(0), list[datetime](), list[datetime]()
    seconds = st.floats(0, 30) | st.just(0.0)
    for took_s, share, idle_s in data.draw(st.lists(st.tuples(seconds, st.floats(0, 1), seconds), max_size=260)):
        now = free_at(limits, ended, now + timedelta(seconds=idle_s if idle_s < 10 else 0))
        arrived.append(now + timedelta(seconds=took_s * share))
        now += timedelta(seconds=took_s)
        ended.append(now)
    for limit in limits:
        for first, beyond in zip(arrived, arrived[limit.times :], strict=False):
            assert beyond - first >= timedelta(seconds=limit.within_s)


def test_an_eager_sender_loses_nothing_of_what_the_limit_allows() -> None:
    now, ended = at(0), list[datetime]()
    for _ in range(41):
        now = free_at(wecom.LIMITS, ended, now)
        ended.append(now)
    assert now == at(120)
