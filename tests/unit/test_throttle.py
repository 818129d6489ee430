from __future__ import annotations

from vigil.throttle import FIRST_DELAY_S, FORGET_AFTER_S, LONGEST_DELAY_S, MAX_ENTRIES, Throttle

KEY = ("li", "192.0.2.1")


def test_the_delay_grows_to_its_limit() -> None:
    throttle, now, waits = Throttle(), 0.0, []
    for _ in range(16):
        assert throttle.attempt(KEY, now) == 0
        wait = throttle.attempt(KEY, now)
        if wait == 0:
            continue
        waits.append(wait)
        now += wait
    assert waits[:4] == [FIRST_DELAY_S, 10, 20, 40]
    assert waits[-1] == LONGEST_DELAY_S


def test_waiting_tries_do_not_count() -> None:
    throttle = Throttle()
    for _ in range(100):
        throttle.attempt(KEY, 0)
    assert throttle.attempt(KEY, 1) == FIRST_DELAY_S - 1


def test_the_right_password_clears_and_time_forgets() -> None:
    throttle = Throttle()
    for _ in range(5):
        throttle.attempt(KEY, 0)
    throttle.clear(KEY)
    assert [throttle.attempt(KEY, 0) for _ in range(5)] == [0] * 5
    assert throttle.attempt(KEY, 0) > 0
    later = FORGET_AFTER_S + 1
    assert [throttle.attempt(KEY, later) for _ in range(5)] == [0] * 5


def test_memory_is_bounded() -> None:
    throttle = Throttle()
    for number in range(MAX_ENTRIES + 100):
        throttle.attempt((f"user-{number}", "192.0.2.1"), 0)
    assert len(throttle._tries) == MAX_ENTRIES
