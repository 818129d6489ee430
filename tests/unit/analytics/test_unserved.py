from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.unit.analytics.clerks import glances
from vigil.analytics.unserved import UnservedEnded, UnservedEvent, UnservedMemory, UnservedRaised, step
from vigil.model.alerts import EndReason
from vigil.model.looks import Presence
from vigil.model.site import Rates, Thresholds

SEEN, CLEAR, UNKNOWN = Presence.SEEN, Presence.CLEAR, Presence.UNKNOWN
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RULES = Thresholds()  # alert after 60 s, absent after 30 s, on duty after 10 s, resume within 120 s


class Counter:
    """A window under the rule; each look says whether a visitor and whether staff are there."""

    def __init__(self, rules: Thresholds = RULES, rates: Rates | None = None) -> None:
        self.rules = rules
        self.rates = rates
        self.memory = UnservedMemory()
        self.at = START
        self.events: list[UnservedEvent] = []

    def look(
        self, visitor: Presence, staff: Presence, after_s: float = 1.0, *, in_service: bool = True
    ) -> list[UnservedEvent]:
        self.at += timedelta(seconds=after_s)
        self.memory, events = step(
            self.memory, visitor, staff, self.at, in_service=in_service, thresholds=self.rules, rates=self.rates
        )
        self.events += events
        return list(events)

    def watch(self, visitor: Presence, staff: Presence, seconds: int) -> list[UnservedEvent]:
        """One look a second."""
        return [event for _ in range(seconds) for event in self.look(visitor, staff)]

    @property
    def raised(self) -> list[UnservedRaised]:
        return [event for event in self.events if isinstance(event, UnservedRaised)]


def second(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def alerted() -> Counter:
    counter = Counter()
    counter.watch(SEEN, CLEAR, 61)
    assert len(counter.raised) == 1
    return counter


# The alert


def test_the_alert_comes_with_the_look_that_completes_the_time() -> None:
    counter = Counter()
    counter.watch(CLEAR, CLEAR, 20)
    assert counter.watch(SEEN, CLEAR, 60) == []
    (event,) = counter.look(SEEN, CLEAR)
    assert isinstance(event, UnservedRaised)
    assert (event.episode.began_at, event.episode.raised_at) == (second(21), second(81))
    assert (event.waited_s, event.absent_s) == (60, 80)


@pytest.mark.parametrize("every_s", [0.7, 1.96, 2.0, 7.3])
def test_however_often_it_is_looked_the_alert_is_exact_to_the_look(every_s: float) -> None:
    counter = Counter(replace(RULES, unserved_alert_s=20 * every_s, absent_after_s=every_s))
    for _ in range(20):
        assert counter.look(SEEN, CLEAR, every_s) == []
    assert len(counter.look(SEEN, CLEAR, every_s)) == 1


def test_one_alert_however_long_the_visitor_waits() -> None:
    counter = alerted()
    counter.watch(SEEN, CLEAR, 3000)
    assert len(counter.events) == 1


def test_nobody_is_unserved_at_a_staffed_window_nor_at_one_without_a_visitor() -> None:
    counter = Counter()
    counter.watch(SEEN, SEEN, 1000)
    counter.watch(CLEAR, SEEN, 1000)
    counter.watch(CLEAR, CLEAR, 1000)
    assert counter.events == []


def test_the_clock_starts_when_the_clerk_leaves_a_visitor() -> None:
    counter = Counter()
    counter.watch(SEEN, SEEN, 100)
    counter.watch(SEEN, CLEAR, 60)
    (event,) = counter.look(SEEN, CLEAR)
    assert isinstance(event, UnservedRaised)
    assert event.episode.began_at == second(101)


# Staff


@pytest.mark.parametrize("gap_s", [15, 20, 29])
def test_a_handover_of_shifts_before_a_waiting_visitor_is_none(gap_s: int) -> None:
    counter = Counter()
    for _ in range(20):
        counter.watch(SEEN, SEEN, 5)
        counter.watch(SEEN, CLEAR, gap_s)
    assert counter.events == []


def test_a_clerk_who_is_seen_now_and_then_is_there() -> None:
    counter = Counter()
    counter.watch(SEEN, SEEN, 20)
    for _ in range(100):
        counter.watch(SEEN, CLEAR, 25)
        counter.look(SEEN, SEEN)
    assert counter.events == []


@pytest.mark.parametrize("seed", range(3))
def test_a_visitor_is_served_by_a_clerk_whom_the_detector_sees_once_in_five_looks(seed: int) -> None:
    far = Rates(miss=0.8, false_alarm=0.01, run_s=8)
    known, usual = Counter(rates=far), Counter()
    for look in glances(far, 7200, leaves_each_s=0, seed=seed):
        for counter in (known, usual):
            counter.look(SEEN, SEEN if look.seen else CLEAR, 2.0)
    assert known.events == []
    assert usual.raised != [], "the rates are what makes the difference"


def test_where_nobody_is_seen_for_long_enough_the_alert_comes_there_too_and_late() -> None:
    counter = Counter(rates=Rates(miss=0.5, false_alarm=0.01, run_s=6))
    counter.watch(SEEN, SEEN, 60)
    assert counter.watch(SEEN, CLEAR, 61) == []
    counter.watch(SEEN, CLEAR, 120)
    assert len(counter.raised) == 1


def test_a_colleague_who_passes_pauses_the_clock_and_does_not_set_it_back() -> None:
    counter = Counter()
    counter.watch(SEEN, CLEAR, 41)  # 40 s
    counter.watch(SEEN, SEEN, 5)
    assert counter.watch(SEEN, CLEAR, 20) == []  # 19 s
    (event,) = counter.look(SEEN, CLEAR)
    assert isinstance(event, UnservedRaised)
    assert (event.episode.began_at, event.waited_s) == (second(1), 60)


def test_staff_for_long_enough_ends_it_since_their_first_look() -> None:
    counter = alerted()
    back_at = counter.at + timedelta(seconds=1)
    assert counter.watch(SEEN, SEEN, 10) == []
    (event,) = counter.look(SEEN, SEEN)
    assert isinstance(event, UnservedEnded)
    assert (event.ended_at, event.reason, event.waited_s) == (back_at, EndReason.RESOLVED, 60)
    assert counter.watch(SEEN, CLEAR, 60) == []  # begins anew
    assert len(counter.look(SEEN, CLEAR)) == 1


# Visitors


def test_one_look_that_misses_the_visitor_does_not_end_the_wait() -> None:
    counter = Counter()
    for _ in range(6):
        counter.watch(SEEN, CLEAR, 12)  # 11 s each
        counter.look(CLEAR, CLEAR)
    assert len(counter.events) == 1


def test_a_visitor_who_leaves_ends_it_at_the_first_look_without_him() -> None:
    counter = alerted()
    assert counter.look(CLEAR, CLEAR) == []
    gone_at = counter.at
    assert counter.watch(CLEAR, CLEAR, 7) == []
    (event,) = counter.look(CLEAR, CLEAR)
    assert isinstance(event, UnservedEnded)
    assert (event.ended_at, event.reason) == (gone_at, EndReason.RESOLVED)


def test_the_next_visitor_is_an_episode_of_its_own_with_the_whole_absence() -> None:
    counter = alerted()
    counter.watch(CLEAR, CLEAR, 10)
    counter.watch(SEEN, CLEAR, 61)
    assert len(counter.raised) == 2
    assert counter.raised[1].waited_s == 60
    assert counter.raised[1].absent_s == 131


def test_people_who_walk_past_an_empty_window_are_no_visitors() -> None:
    counter = Counter()
    for _ in range(300):
        counter.watch(SEEN, CLEAR, 2)
        counter.watch(CLEAR, CLEAR, 2)
    assert counter.events == []


def test_however_short_the_threshold_two_looks_are_a_passer_by() -> None:
    counter = Counter(replace(RULES, absent_after_s=1, unserved_alert_s=1))
    counter.watch(CLEAR, CLEAR, 10)
    assert counter.watch(SEEN, CLEAR, 2) == []
    assert len(counter.look(SEEN, CLEAR)) == 1


# Unknown


@pytest.mark.parametrize("unknown", [(UNKNOWN, CLEAR), (SEEN, UNKNOWN), (UNKNOWN, UNKNOWN)])
def test_unknown_on_either_side_is_not_waiting_time(unknown: tuple[Presence, Presence]) -> None:
    counter = Counter()
    counter.watch(SEEN, CLEAR, 41)  # 40 s
    counter.watch(*unknown, 100)
    assert counter.watch(SEEN, CLEAR, 20) == []
    (event,) = counter.look(SEEN, CLEAR)
    assert isinstance(event, UnservedRaised)
    assert (event.episode.began_at, event.waited_s) == (second(1), 60)


def test_a_long_unknown_ends_it_with_the_last_look() -> None:
    counter = alerted()
    last_at = counter.at
    (event,) = counter.watch(SEEN, UNKNOWN, 121)
    assert isinstance(event, UnservedEnded)
    assert (event.ended_at, event.reason) == (last_at, EndReason.LOST_SIGHT)
    assert counter.watch(SEEN, CLEAR, 60) == []


def test_silence_without_ticks_is_unknown_too() -> None:
    counter = Counter()
    counter.watch(SEEN, CLEAR, 50)
    assert counter.look(SEEN, CLEAR, after_s=100) == []
    assert counter.watch(SEEN, CLEAR, 10) == []
    assert len(counter.look(SEEN, CLEAR)) == 1


def test_a_clock_set_back_begins_anew() -> None:
    counter = alerted()
    last_at = counter.at
    counter.at -= timedelta(hours=8)
    (event,) = counter.look(UNKNOWN, UNKNOWN)
    assert isinstance(event, UnservedEnded)
    assert (event.ended_at, event.reason) == (last_at, EndReason.LOST_SIGHT)
    assert counter.watch(SEEN, CLEAR, 60) == []
    (again,) = counter.look(SEEN, CLEAR)
    assert isinstance(again, UnservedRaised)
    assert again.episode.began_at < again.episode.raised_at


# Hours


def test_the_end_of_service_ends_it() -> None:
    counter = alerted()
    last_at = counter.at
    (event,) = counter.look(SEEN, CLEAR, in_service=False)
    assert isinstance(event, UnservedEnded)
    assert (event.ended_at, event.reason) == (last_at, EndReason.CLOSED)
    assert counter.memory == UnservedMemory()


def test_visitors_out_of_hours_are_not_unserved() -> None:
    counter = Counter()
    for _ in range(1000):
        assert counter.look(SEEN, CLEAR, in_service=False) == []
    assert counter.watch(SEEN, CLEAR, 60) == []
    assert len(counter.look(SEEN, CLEAR)) == 1


# Whatever the looks

QUICK = Thresholds(on_duty_after_s=4, absent_after_s=6, unserved_alert_s=10, resume_within_s=20)
Looks = list[tuple[Presence, Presence, float, int]]
presences = st.sampled_from([SEEN, SEEN, CLEAR, CLEAR, UNKNOWN])
looks = st.lists(
    st.tuples(presences, presences, st.sampled_from([0.0, 0.5, 1, 2, 2, 8, 8.1, 21]), st.integers(1, 8)), max_size=40
)
MEMORY: TypeAdapter[UnservedMemory] = TypeAdapter(UnservedMemory)


@given(looks)
def test_episodes_follow_each_other_and_begin_with_a_visitor_before_nobody(given_looks: Looks) -> None:
    counter = Counter(QUICK)
    begun: datetime | None = None
    for visitor, staff, after_s, times in given_looks:
        for _ in range(times):
            for event in counter.look(visitor, staff, after_s):
                if isinstance(event, UnservedRaised):
                    assert begun is None
                    assert (visitor, staff) == (SEEN, CLEAR)
                    assert 10 <= event.waited_s <= event.absent_s
                    assert counter.at - event.episode.began_at >= timedelta(seconds=10)
                    begun = event.episode.began_at
                else:
                    assert begun == event.episode.began_at
                    assert begun < event.ended_at <= counter.at
                    begun = None
    assert (counter.memory.episode is None) == (begun is None)


@given(looks, st.sampled_from([(UNKNOWN, CLEAR), (SEEN, UNKNOWN), (CLEAR, CLEAR), (SEEN, SEEN)]))
def test_without_a_visitor_and_nobody_seen_together_nothing_is_alerted(
    given_looks: Looks, instead: tuple[Presence, Presence]
) -> None:
    counter = Counter(QUICK)
    for visitor, staff, after_s, times in given_looks:
        shown = instead if (visitor, staff) == (SEEN, CLEAR) else (visitor, staff)
        for _ in range(times):
            assert counter.look(*shown, after_s) == []


@given(looks)
def test_more_unknown_never_waits_longer(given_looks: Looks) -> None:
    counter = Counter(QUICK)
    for visitor, staff, after_s, times in given_looks:
        for _ in range(times):
            before = counter.memory.waited_s
            counter.look(visitor, staff, after_s)
            if UNKNOWN in (visitor, staff):
                assert counter.memory.waited_s <= before


@given(looks, st.integers(0, 39))
def test_a_restart_changes_nothing(given_looks: Looks, restart_before: int) -> None:
    counter, whole = Counter(QUICK), Counter(QUICK)
    for index, (visitor, staff, after_s, times) in enumerate(given_looks):
        if index == restart_before:
            counter.memory = MEMORY.validate_json(MEMORY.dump_json(counter.memory))
        for _ in range(times):
            assert counter.look(visitor, staff, after_s) == whole.look(visitor, staff, after_s)
    assert counter.memory == whole.memory
