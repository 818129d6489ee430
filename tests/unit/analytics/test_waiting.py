from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.unit.analytics.visits import OPENING, Joined, QueueHall
from vigil.analytics import waiting
from vigil.analytics.waiting import Minute, Spot, WaitMemory
from vigil.model.ids import WindowId
from vigil.model.looks import Presence, WaitEstimate
from vigil.model.site import Thresholds

SEEN, CLEAR, UNKNOWN = Presence.SEEN, Presence.CLEAR, Presence.UNKNOWN
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ONE = WindowId("one")
RULES = Thresholds()  # a service of 180 s, until others were seen


class Desk:
    """One window of a group, looked at every two seconds."""

    def __init__(self) -> None:
        self.memory = WaitMemory()
        self.at = START
        self.waiting: int | None = 0

    def look(self, visitor: Presence, times: int = 1, *, staffed: bool = True, every_s: float = 2.0) -> None:
        for _ in range(times):
            self.at += timedelta(seconds=every_s)
            self.memory = waiting.step(self.memory, {ONE: Spot(visitor, self.at, staffed)}, self.waiting, RULES)

    def serve(self, times: int, looks: int = 20) -> None:
        for _ in range(times):
            self.look(SEEN, looks)
            self.look(CLEAR, 3)

    @property
    def begun(self) -> int:
        return sum(minute.begun for minute in self.memory.minutes)

    @property
    def served_s(self) -> float:
        return sum(minute.served_s for minute in self.memory.minutes)

    def told(self, people: int = 0, staffed: int = 1, unknown: int = 0) -> WaitEstimate | None:
        return waiting.estimate(self.memory, people, self.at, staffed=staffed, unknown=unknown, thresholds=RULES)

    def wait(self, people: int = 0, staffed: int = 1, unknown: int = 0) -> WaitEstimate:
        told = self.told(people, staffed, unknown)
        assert told is not None
        return told


# Services that begin


def test_each_visitor_is_one_service() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.serve(7)
    assert desk.begun == 7


def test_a_look_in_doubt_does_not_make_two_of_a_visitor() -> None:
    desk = Desk()
    desk.look(CLEAR)
    for _ in range(20):
        desk.look(SEEN, 6)
        desk.look(UNKNOWN)
    assert desk.begun == 1


def test_visitors_who_come_one_look_after_the_other_are_two() -> None:
    desk = Desk()
    for _ in range(20):
        desk.look(CLEAR)
        desk.look(SEEN, 6)
    assert desk.begun == 20


def test_who_is_seen_for_less_than_8_s_walks_past() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.serve(10, looks=4)
    assert desk.begun == 0
    desk.serve(10, looks=5)
    assert desk.begun == 10


def test_who_stood_there_at_the_first_look_began_nobody_knows_when() -> None:
    desk = Desk()
    desk.look(SEEN, 100)
    assert desk.begun == 0
    assert desk.served_s == 198


def test_a_visitor_at_an_unstaffed_window_is_served_when_the_clerk_comes() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.look(SEEN, 30, staffed=False)
    assert (desk.begun, desk.served_s) == (0, 0)
    desk.look(SEEN, 30)
    assert (desk.begun, desk.served_s) == (1, 60)


def test_a_look_that_was_counted_counts_for_nothing_again() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.look(SEEN, 10)
    before = desk.memory
    desk.look(SEEN, 50, every_s=0)
    assert desk.memory == before


# Time


def test_an_idle_window_serves_when_somebody_waits_only() -> None:
    desk = Desk()
    desk.look(CLEAR, 100)
    assert desk.served_s == 0
    desk.waiting = 3
    desk.look(CLEAR, 10)
    assert desk.served_s == 20
    desk.waiting = None
    desk.look(CLEAR, 10)
    assert desk.served_s == 20


def test_unknown_time_is_left_out() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.look(SEEN, 10)
    served_s = desk.served_s
    desk.look(UNKNOWN, 2)
    desk.look(SEEN)  # the same visitor: nobody could have come in between
    assert (desk.begun, desk.served_s) == (1, served_s)
    desk.look(UNKNOWN, 100)
    desk.look(SEEN, 10)  # perhaps another
    assert (desk.begun, desk.served_s) == (1, served_s + 18)


def test_a_clock_set_back_stops_nothing() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.serve(3)
    desk.at -= timedelta(hours=5)
    desk.serve(3)
    assert desk.begun == 5  # of the first nobody knows when it began


def test_old_minutes_are_forgotten_once_fifteen_newer_ones_hold_enough() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.serve(400)
    assert len(desk.memory.minutes) == 16  # one of them has just begun
    assert desk.memory.minutes[0].from_at == desk.at.replace(second=0) - timedelta(minutes=15)


def test_looks_of_two_cameras_around_a_full_minute_make_no_minute_twice() -> None:
    memory = WaitMemory()
    for second in range(0, 600, 2):
        at = START + timedelta(seconds=second)
        spots = {
            ONE: Spot(CLEAR, at + timedelta(seconds=0.1), staffed=True),
            WindowId("two"): Spot(CLEAR, at - timedelta(seconds=0.1), staffed=True),
        }
        memory = waiting.step(memory, spots, 3, RULES)
    assert [minute.from_at for minute in memory.minutes] == [START + timedelta(minutes=n) for n in range(10)]


def test_where_services_are_long_it_is_looked_back_for_longer_and_never_more_than_an_hour() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.serve(5, looks=150)
    assert len(desk.memory.minutes) > 20
    desk.look(SEEN, 3000)
    assert len(desk.memory.minutes) <= 61


def test_when_no_window_is_in_service_all_is_forgotten() -> None:
    desk = Desk()
    desk.serve(5)
    assert waiting.step(desk.memory, {}, 0, RULES) == WaitMemory()


# The estimate


def test_nobody_waits_for_long_at_a_free_window() -> None:
    desk = Desk()
    desk.look(CLEAR, 50)
    assert desk.wait() == WaitEstimate(10, 0, 30)


def test_a_busy_window_lets_the_next_one_wait() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.look(SEEN, 10)
    assert desk.wait().median_s > 60


def test_before_a_service_was_seen_the_estimate_is_the_configured_time_for_each_with_a_wide_range() -> None:
    wait = Desk().wait(people=9, staffed=3)
    assert wait.median_s == pytest.approx(10 * 180 / 3, rel=0.05)
    assert wait.low_s < wait.median_s / 2
    assert wait.high_s > 2 * wait.median_s
    assert not waiting.is_proven(WaitMemory())


def test_services_that_were_seen_outweigh_the_configured_time() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.waiting = 5
    desk.serve(60, looks=27)  # one each minute
    assert waiting.is_proven(desk.memory)
    assert desk.wait(people=9).median_s == pytest.approx(10 * 60, rel=0.3)


def test_without_a_staffed_window_there_is_no_estimate() -> None:
    assert Desk().told(people=4, staffed=0) is None
    assert Desk().told(people=4, staffed=0, unknown=3) is None


def test_windows_that_may_serve_shorten_the_low_end_and_not_the_high_end() -> None:
    desk = Desk()
    sure, perhaps = desk.wait(9, staffed=2), desk.wait(9, staffed=2, unknown=2)
    assert perhaps.low_s == pytest.approx(sure.low_s / 2, abs=1)
    assert perhaps.high_s == sure.high_s


def test_a_window_that_closes_is_felt_at_once() -> None:
    desk = Desk()
    assert desk.wait(9, staffed=2).median_s == pytest.approx(desk.wait(9, staffed=4).median_s * 2, abs=2)


def test_a_window_that_has_just_become_free_takes_the_first_one() -> None:
    desk = Desk()
    desk.look(CLEAR)
    desk.waiting = 4
    desk.look(SEEN, 30)
    busy = desk.wait(4)
    desk.look(CLEAR, 2)
    assert desk.wait(4).median_s < busy.median_s
    desk.look(CLEAR, 20)
    assert desk.wait(4).median_s > busy.median_s  # it is staffed, and calls nobody


@given(st.integers(0, 60), st.integers(1, 12), st.integers(0, 5), st.integers(0, 200), st.floats(0, 1e5))
def test_a_range_holds_its_estimate_and_grows_with_the_queue(
    people: int, staffed: int, unknown: int, begun: int, served_s: float
) -> None:
    memory = WaitMemory({}, (Minute(START, served_s, begun),))

    def wait(people: int, staffed: int) -> WaitEstimate:
        told = waiting.estimate(memory, people, START, staffed=staffed, unknown=unknown, thresholds=RULES)
        assert told is not None
        return told

    one = wait(people, staffed)
    assert 0 <= one.low_s <= one.median_s <= one.high_s
    assert one.high_s >= 30
    assert wait(people + 1, staffed).median_s >= one.median_s
    assert wait(people, staffed + 1).median_s <= one.median_s


looks = st.lists(
    st.tuples(
        st.sampled_from([SEEN, SEEN, CLEAR, UNKNOWN]), st.booleans(), st.sampled_from([0.0, 1, 2, 2, 9, 90]),
        st.sampled_from([None, 0, 3]), st.integers(1, 8)
    ),
    max_size=40,
)  # fmt: skip
MEMORY: TypeAdapter[WaitMemory] = TypeAdapter(WaitMemory)


@given(looks)
def test_no_more_is_counted_than_was_looked_at(runs: list[tuple[Presence, bool, float, int | None, int]]) -> None:
    desk = Desk()
    known_s, seen = 0.0, 0
    for visitor, staffed, every_s, people, times in runs:
        desk.waiting = people
        desk.look(visitor, times, staffed=staffed, every_s=every_s)
        known_s += times * every_s if visitor is not UNKNOWN and staffed and every_s <= 8 else 0.0
        seen += times if visitor is SEEN else 0
        assert desk.served_s <= known_s
        assert desk.begun * 3 <= seen
    assert MEMORY.validate_json(MEMORY.dump_json(desk.memory)) == desk.memory


# A hall of which every wait is known

Halls = Callable[[int], QueueHall]
FOUR_HOURS = 4 * 3600


def usual(seed: int) -> QueueHall:
    """Three windows, services of 60 to 240 s, about as many visitors as they can serve."""
    return QueueHall(seed)


def quick(seed: int) -> QueueHall:
    """Services of 25 to 80 s, a third of what is configured."""
    return QueueHall(seed, service_s=(25, 80), arrivals_per_s=3 / 58)


def slow(seed: int) -> QueueHall:
    """Services of 200 to 600 s, more than twice what is configured."""
    return QueueHall(seed, service_s=(200, 600), arrivals_per_s=3 / 410)


def single(seed: int) -> QueueHall:
    return QueueHall(seed, windows=1, arrivals_per_s=1 / 160)


def quiet(seed: int) -> QueueHall:
    return QueueHall(seed, arrivals_per_s=1.5 / 160)


def told(joined: list[Joined]) -> Iterator[tuple[WaitEstimate, Joined]]:
    for one in joined:
        assert one.told is not None
        yield one.told, one


@cache
def played(make: Halls) -> list[tuple[WaitEstimate, Joined]]:
    found = []
    for seed in (1, 2):
        hall = make(seed)
        hall.run(FOUR_HOURS)
        found += list(told(hall.joined))
    return found


@pytest.mark.parametrize("make", [usual, quick, slow, single, quiet])
def test_nine_in_ten_wait_as_long_as_they_were_told(make: Halls) -> None:
    joined = played(make)
    assert len(joined) > 150
    assert mean(wait.low_s <= one.waited_s <= wait.high_s for wait, one in joined) >= 0.9


@pytest.mark.parametrize("make", [usual, quick, single])
def test_the_range_is_not_so_wide_that_anything_is_in_it(make: Halls) -> None:
    queued = [(wait, one) for wait, one in played(make) if one.ahead > 3]
    assert len(queued) > 30
    assert median((wait.high_s - wait.low_s) / wait.median_s for wait, _ in queued) <= 2
    assert mean(abs(wait.median_s - one.waited_s) / one.waited_s for wait, one in queued) <= 0.35


def test_the_mean_of_what_was_told_agrees_with_little_s_law() -> None:
    hall = usual(3)
    hall.run(FOUR_HOURS)
    by_little_s = mean(hall.lengths) / (len(hall.joined) / FOUR_HOURS)
    assert mean(wait.median_s for wait, _ in told(hall.joined)) == pytest.approx(by_little_s, rel=0.2)


def test_a_window_that_closes_in_the_middle_does_not_break_the_promise() -> None:
    found: list[tuple[WaitEstimate, Joined]] = []
    for seed in (1, 2, 3):
        hall = QueueHall(seed, windows=4, arrivals_per_s=3 / 160)
        hall.run(3600)
        hall.counters[0].staffed = False
        before = len(hall.joined)
        hall.run(3600, from_s=3600)
        found += list(told(hall.joined[before:]))
    assert mean(wait.low_s <= one.waited_s <= wait.high_s for wait, one in found) >= 0.9


def test_the_hall_is_deterministic() -> None:
    first, again = usual(5), usual(5)
    first.run(1800)
    again.run(1800)
    assert first.joined == again.joined
    assert first.memory.minutes[0].from_at >= OPENING
