from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.unit.analytics.clerks import glances
from vigil.analytics.staffing import Ended, Escalated, Raised, StaffingEvent, StaffingMemory, step
from vigil.model.alerts import EndReason
from vigil.model.looks import Presence, Staffing, Unknown
from vigil.model.site import Rates, Thresholds

SEEN, CLEAR, UNKNOWN = Presence.SEEN, Presence.CLEAR, Presence.UNKNOWN
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RULES = Thresholds()  # on duty after 10 s, absent after 30 s, alert at 300 s, escalate at 600 s, resume within 120 s
QUICK = Thresholds(on_duty_after_s=4, absent_after_s=6, absence_alert_s=15, absence_escalate_s=45, resume_within_s=20)


class Place:
    """A window under the rule, looked at again and again."""

    def __init__(self, rules: Thresholds = RULES, rates: Rates | None = None) -> None:
        self.rules = rules
        self.rates = rates
        self.memory = StaffingMemory()
        self.at = START
        self.events: list[StaffingEvent] = []

    def look(self, presence: Presence, after_s: float = 1.0, *, in_service: bool = True) -> list[StaffingEvent]:
        self.at += timedelta(seconds=after_s)
        why = Unknown.OCCLUDED if presence is UNKNOWN else None
        self.memory, events = step(
            self.memory, presence, self.at, in_service=in_service, thresholds=self.rules, rates=self.rates, why=why
        )
        self.events += events
        return list(events)

    def watch(self, presence: Presence, seconds: int) -> list[StaffingEvent]:
        """One look a second."""
        return [event for _ in range(seconds) for event in self.look(presence)]

    def staffing(self) -> Staffing:
        return self.memory.staffing

    @property
    def raised(self) -> list[Raised]:
        return [event for event in self.events if isinstance(event, Raised)]


def second(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def absent(rules: Thresholds = RULES) -> Place:
    """A window whose absence was alerted."""
    place = Place(rules)
    place.watch(SEEN, 30)
    place.watch(CLEAR, int(rules.absence_alert_s) + 1)
    assert len(place.raised) == 1
    return place


# Staffed and unstaffed


def test_at_first_nothing_is_known() -> None:
    assert StaffingMemory().staffing is Staffing.UNKNOWN
    assert StaffingMemory().why is Unknown.STARTING


def test_presence_for_long_enough_staffs_a_window_since_its_first_look() -> None:
    place = Place()
    place.watch(SEEN, 10)
    assert (place.staffing(), place.memory.why) == (Staffing.UNKNOWN, Unknown.UNSETTLED)
    place.watch(SEEN, 1)
    assert place.staffing() is Staffing.STAFFED
    assert place.memory.since_at == second(1)


def test_nobody_for_long_enough_leaves_a_window_unstaffed_since_the_first_look_without_anybody() -> None:
    place = Place()
    place.watch(SEEN, 20)
    place.watch(CLEAR, 30)
    assert place.staffing() is Staffing.STAFFED
    place.watch(CLEAR, 1)
    assert place.staffing() is Staffing.UNSTAFFED
    assert place.memory.since_at == second(21)


def test_single_misses_of_the_detector_do_not_end_staffed_nor_begin_an_absence() -> None:
    place = Place()
    place.watch(SEEN, 20)
    for _ in range(300):
        place.look(CLEAR)
        place.look(SEEN)
    assert place.staffing() is Staffing.STAFFED
    assert place.memory.since_at == second(1)
    assert place.events == []


def test_a_single_miss_does_not_break_a_presence_that_begins() -> None:
    place = Place()
    for _ in range(4):
        place.watch(SEEN, 4)
        place.look(CLEAR)
    assert place.staffing() is Staffing.STAFFED
    assert place.memory.since_at == second(1)


def test_two_misses_in_a_row_do() -> None:
    place = Place()
    for _ in range(10):
        place.watch(SEEN, 4)
        place.watch(CLEAR, 2)
    assert place.staffing() is Staffing.UNKNOWN


# The alert


def test_the_alert_comes_with_the_look_that_completes_the_time() -> None:
    place = Place()
    place.watch(SEEN, 20)
    assert place.watch(CLEAR, 300) == []
    (event,) = place.look(CLEAR)
    assert isinstance(event, Raised)
    assert (event.episode.began_at, event.episode.raised_at) == (second(21), second(321))
    assert event.absent_s == 300


@pytest.mark.parametrize("every_s", [0.04, 0.1, 0.7, 1.96, 2.0, 7.3])
def test_however_often_it_is_looked_the_alert_is_exact_to_the_look(every_s: float) -> None:
    place = Place(replace(RULES, absence_alert_s=100 * every_s, absent_after_s=every_s))
    for _ in range(100):
        assert place.look(CLEAR, every_s) == []
    assert len(place.look(CLEAR, every_s)) == 1


def test_a_window_that_was_empty_from_the_start_is_alerted_too() -> None:
    place = Place()
    place.watch(CLEAR, 301)
    assert [one.episode.began_at for one in place.raised] == [second(1)]


def test_it_escalates_once() -> None:
    place = absent()
    assert place.watch(CLEAR, 299) == []
    (event,) = place.look(CLEAR)
    assert isinstance(event, Escalated)
    assert event.absent_s == 600
    assert event.episode.escalated_at == place.at
    assert event.episode.began_at == place.raised[0].episode.began_at
    assert place.watch(CLEAR, 3000) == []


def test_one_alert_an_episode_however_long() -> None:
    place = absent()
    place.watch(CLEAR, 4000)
    assert len(place.raised) == 1


def test_flicker_at_the_threshold_is_one_alert() -> None:
    place = absent()
    for _ in range(200):  # somebody walks through again and again, and now and then the camera goes blind
        place.watch(SEEN, 3)
        place.watch(CLEAR, 2)
        place.look(UNKNOWN)
    assert len(place.raised) == 1
    assert not any(isinstance(event, Ended) for event in place.events)


# The end of an absence


def test_a_person_who_comes_back_ends_it_at_the_time_of_coming() -> None:
    place = absent()
    came_at = place.at + timedelta(seconds=1)
    assert place.watch(SEEN, 10) == []
    (event,) = place.look(SEEN)
    assert isinstance(event, Ended)
    assert (event.ended_at, event.reason) == (came_at, EndReason.RESOLVED)
    assert event.absent_s == 300
    assert place.staffing() is Staffing.STAFFED
    assert place.memory.episode is None


def test_one_miss_while_coming_back_does_not_make_the_person_come_later() -> None:
    place = absent()
    came_at = place.at + timedelta(seconds=1)
    place.watch(SEEN, 6)
    place.look(CLEAR)
    (event,) = place.watch(SEEN, 6)
    assert isinstance(event, Ended)
    assert event.ended_at == came_at


def test_a_phantom_does_not_end_an_absence() -> None:
    place = absent()
    for _ in range(100):
        place.look(SEEN)
        place.watch(CLEAR, 2)
    assert place.memory.episode is not None
    assert place.staffing() is Staffing.UNSTAFFED


def test_the_time_in_which_somebody_was_seen_is_not_counted_as_absence() -> None:
    place = Place()
    place.watch(CLEAR, 101)  # 100 s
    place.watch(SEEN, 5)
    place.watch(CLEAR, 101)
    place.watch(SEEN, 5)
    assert place.watch(CLEAR, 100) == []
    (event,) = place.look(CLEAR)
    assert isinstance(event, Raised)
    assert (event.absent_s, event.episode.raised_at) == (300, second(313))


def test_an_absence_that_was_interrupted_for_long_enough_begins_anew() -> None:
    place = Place()
    place.watch(CLEAR, 290)
    place.watch(SEEN, 11)
    place.watch(CLEAR, 300)
    assert place.raised == []
    place.look(CLEAR)
    assert place.raised[0].episode.began_at == second(302)


def test_a_new_absence_is_a_new_alert() -> None:
    place = absent()
    place.watch(SEEN, 11)
    place.watch(CLEAR, 301)
    assert len(place.raised) == 2
    assert place.raised[0].episode.began_at != place.raised[1].episode.began_at


# Unknown


def test_unknown_time_is_said_to_be_unknown_with_its_reason_and_beginning() -> None:
    place = Place()
    place.watch(SEEN, 20)
    place.watch(UNKNOWN, 5)
    assert (place.staffing(), place.memory.why) == (Staffing.UNKNOWN, Unknown.OCCLUDED)
    assert place.memory.since_at == second(21)


def test_a_short_unknown_pauses_an_absence() -> None:
    place = Place()
    place.watch(CLEAR, 201)  # 200 s
    place.watch(UNKNOWN, 110)
    assert place.watch(CLEAR, 100) == []
    (event,) = place.look(CLEAR)
    assert isinstance(event, Raised)
    assert event.absent_s == 300
    assert event.episode.began_at == second(1)


def test_a_long_unknown_ends_an_absence_with_the_last_look_and_all_begins_anew() -> None:
    place = absent()
    last_look_at = place.at
    (event,) = place.watch(UNKNOWN, 200)
    assert isinstance(event, Ended)
    assert (event.ended_at, event.reason) == (last_look_at, EndReason.LOST_SIGHT)
    place.watch(CLEAR, 300)
    assert len(place.raised) == 1
    place.look(CLEAR)
    assert len(place.raised) == 2


def test_many_short_unknowns_do_not_add_up_to_a_long_one() -> None:
    place = absent()
    for _ in range(10):
        place.watch(UNKNOWN, 110)
        place.look(CLEAR)
    assert place.memory.episode is not None


def test_silence_without_ticks_is_unknown_too() -> None:
    place = absent()
    last_look_at = place.at
    (event,) = place.look(CLEAR, after_s=3600)
    assert isinstance(event, Ended)
    assert (event.ended_at, event.reason) == (last_look_at, EndReason.LOST_SIGHT)
    assert (place.staffing(), place.memory.why) == (Staffing.UNKNOWN, Unknown.UNSETTLED)
    assert place.memory.since_at == place.at


def test_looks_further_apart_than_a_look_stays_fresh_prove_nothing() -> None:
    place = Place()
    for _ in range(100):
        place.look(CLEAR, after_s=9)
    assert place.events == []
    assert place.staffing() is Staffing.UNKNOWN


def test_the_same_look_twice_adds_nothing() -> None:
    place = Place()
    place.watch(CLEAR, 300)
    for _ in range(100):
        assert place.look(CLEAR, after_s=0) == []


def test_after_a_short_unknown_the_window_is_staffed_as_before() -> None:
    place = Place()
    place.watch(SEEN, 60)
    place.watch(UNKNOWN, 60)
    place.look(SEEN)
    assert place.staffing() is Staffing.STAFFED
    assert place.memory.since_at == second(1)


def test_nobody_after_an_unknown_must_be_confirmed_from_the_first_look_on() -> None:
    place = Place()
    place.watch(SEEN, 60)
    place.watch(UNKNOWN, 60)
    place.look(CLEAR)
    assert place.staffing() is Staffing.STAFFED
    assert place.memory.since_at == place.at  # not since a time of which nothing is known
    place.watch(CLEAR, 29)
    assert place.staffing() is Staffing.STAFFED
    place.look(CLEAR)
    assert place.staffing() is Staffing.UNSTAFFED
    assert place.memory.since_at == second(121)


# What looks are worth here

FAR = Rates(miss=0.8, false_alarm=0.01, run_s=8)
"""A clerk of twenty pixels: seen once in five looks."""
BLIND = Rates(miss=0.6, false_alarm=0.02, run_s=40)
WELL_SEEN = Rates(miss=0.01, false_alarm=0.01, run_s=2)
HAZY = Rates(miss=0.5, false_alarm=0.01, run_s=6)


def present(rates: Rates, as_if: Rates | None, seed: int) -> tuple[Place, list[Staffing]]:
    """A clerk who never leaves in two hours, a look each 2 s, judged as if the detector erred at `as_if`; what was said."""
    place, said = Place(rates=as_if), []
    for look in glances(rates, 7200, leaves_each_s=0, seed=seed):
        place.look(SEEN if look.seen else CLEAR, 2.0)
        said.append(place.staffing())
    return place, said


@pytest.mark.parametrize("seed", range(5))
def test_a_clerk_seen_once_in_five_looks_is_not_called_absent_where_that_is_what_the_detector_does(seed: int) -> None:
    place, said = present(FAR, FAR, seed)
    assert Staffing.UNSTAFFED not in said
    assert place.events == []
    as_usual, said_as_usual = present(FAR, None, seed)
    assert Staffing.UNSTAFFED in said_as_usual, "the rates are what makes the difference"
    assert any(isinstance(event, Raised) for event in as_usual.events)


def test_where_looks_cannot_tell_a_window_is_undecided_and_nobody_is_accused() -> None:
    place = Place(rates=BLIND)
    place.watch(SEEN, 60)
    place.watch(CLEAR, 3600)
    assert (place.staffing(), place.memory.why, place.memory.confidence) == (Staffing.UNKNOWN, Unknown.UNDECIDED, None)
    assert place.memory.since_at == second(91)
    assert place.events == []
    place.watch(SEEN, 20)
    assert place.staffing() is Staffing.STAFFED


def test_where_looks_tell_late_the_window_is_undecided_until_they_do_and_what_may_be_misses_is_spared() -> None:
    place = Place(rates=HAZY)
    place.watch(SEEN, 60)
    place.watch(CLEAR, 31)
    assert (place.staffing(), place.memory.why) == (Staffing.UNKNOWN, Unknown.UNDECIDED)
    assert place.watch(CLEAR, 282) == []
    assert place.staffing() is Staffing.UNSTAFFED
    (event,) = place.look(CLEAR)
    assert isinstance(event, Raised)
    assert (event.absent_s, event.episode.began_at) == (300, second(74)), (
        "6 s * ln(0.5 / 0.05) after the last look at 60"
    )


def test_where_the_detector_is_good_the_alert_comes_no_later() -> None:
    place = Place(rates=WELL_SEEN)
    place.watch(SEEN, 60)
    place.watch(CLEAR, 31)
    assert place.staffing() is Staffing.UNSTAFFED
    assert place.watch(CLEAR, 269) == []
    assert len(place.look(CLEAR)) == 1


def test_a_clerk_who_is_back_is_believed_though_seen_only_now_and_then() -> None:
    place = Place(rates=HAZY)
    place.watch(CLEAR, 301)
    assert len(place.raised) == 1
    came_at = place.at + timedelta(seconds=1)
    for _ in range(8):
        place.watch(SEEN, 2)
        place.watch(CLEAR, 3)
    assert place.staffing() is Staffing.STAFFED
    (_, event) = place.events
    assert isinstance(event, Ended)
    assert event.reason is EndReason.RESOLVED
    assert event.ended_at >= came_at


def test_a_phantom_neither_ends_an_absence_nor_unsettles_it_for_long() -> None:
    place = Place(rates=HAZY)
    place.watch(CLEAR, 301)
    for _ in range(10):
        place.look(SEEN)
        place.watch(CLEAR, 120)
        assert place.staffing() is Staffing.UNSTAFFED
    assert not any(isinstance(event, Ended) for event in place.events)


def test_looks_that_see_nobody_between_two_that_see_the_clerk_are_no_absence() -> None:
    place = Place(rates=HAZY)
    place.watch(CLEAR, 201)
    assert place.staffing() is Staffing.UNSTAFFED
    counted_s = place.memory.clear_s
    for _ in range(20):
        place.look(SEEN)
        place.watch(CLEAR, 8)
    assert place.memory.clear_s < counted_s + 30, "140 s in which somebody was missed now and then"
    assert place.raised == []


def test_a_state_comes_with_its_probability() -> None:
    place = Place()
    assert place.memory.confidence is None
    place.watch(SEEN, 60)
    assert place.memory.confidence == pytest.approx(1, abs=0.01)
    place.watch(CLEAR, 15)
    assert place.staffing() is Staffing.STAFFED
    assert place.memory.confidence == pytest.approx(0.2, abs=0.2)
    place.watch(CLEAR, 16)
    assert place.staffing() is Staffing.UNSTAFFED
    assert place.memory.confidence == pytest.approx(1, abs=0.01)


def test_what_a_node_remembered_before_it_had_beliefs_is_understood() -> None:
    place = absent()
    before = MEMORY.dump_python(place.memory, mode="json")
    for key in ("belief", "credited_s", "doubted_from_at"):
        del before[key]
    place.memory = MEMORY.validate_python(before)
    assert place.memory.confidence is None
    assert len(place.watch(CLEAR, 301)) == 1, "it escalates"
    assert place.staffing() is Staffing.UNSTAFFED


# Hours


def test_out_of_service_nothing_is_said_however_empty_it_is() -> None:
    place = Place()
    for _ in range(4000):
        assert place.look(CLEAR, in_service=False) == []
    assert place.staffing() is Staffing.UNKNOWN


def test_the_end_of_service_ends_an_absence_at_its_last_look() -> None:
    place = absent()
    last_look_at = place.at
    (event,) = place.look(CLEAR, in_service=False)
    assert isinstance(event, Ended)
    assert (event.ended_at, event.reason) == (last_look_at, EndReason.CLOSED)
    assert place.look(CLEAR, in_service=False) == []


def test_what_was_unknown_before_the_end_of_service_does_not_lengthen_the_absence() -> None:
    place = absent()
    last_look_at = place.at
    (event,) = place.look(CLEAR, after_s=2 * 3600, in_service=False)  # the node was off over lunch
    assert isinstance(event, Ended)
    assert (event.ended_at, event.reason) == (last_look_at, EndReason.LOST_SIGHT)


def test_after_the_opening_all_begins_anew() -> None:
    place = Place()
    place.watch(CLEAR, 290)
    place.look(CLEAR, in_service=False)
    assert place.watch(CLEAR, 300) == []
    assert len(place.look(CLEAR)) == 1


# Whatever the looks: rules that hold for every sequence

looks = st.lists(
    st.tuples(
        st.sampled_from([SEEN, CLEAR, CLEAR, CLEAR, UNKNOWN]),
        st.sampled_from([0.0, 0.5, 1.0, 1.0, 2.0, 7.9, 8.0, 8.1, 19.0, 21.0]),
        st.integers(1, 12),  # so many looks alike
    ),
    max_size=40,
)
Runs = list[tuple[Presence, float, int]]
MEMORY: TypeAdapter[StaffingMemory] = TypeAdapter(StaffingMemory)


def told(runs: Runs) -> tuple[Place, list[tuple[datetime, Presence]]]:
    place, seen = Place(QUICK), []
    for presence, after_s, times in runs:
        for _ in range(times):
            place.look(presence, after_s)
            seen.append((place.at, presence))
    return place, seen


def known_nobody_s(seen: list[tuple[datetime, Presence]], from_at: datetime, to_at: datetime) -> float:
    """Seconds between looks next to each other that both saw nobody, the later one fresh."""
    spans = [
        (b[0] - a[0]).total_seconds()
        for a, b in pairwise(seen)
        if a[1] is b[1] is CLEAR and from_at <= a[0] and b[0] <= to_at
    ]
    return sum(span for span in spans if span <= QUICK.stale_after_s)


@given(looks)
def test_no_alert_without_so_much_known_absence_since_its_beginning(runs: Runs) -> None:
    place, seen = told(runs)
    for event in place.raised:
        known_s = known_nobody_s(seen, event.episode.began_at, event.episode.raised_at)
        assert event.absent_s == pytest.approx(known_s)
        assert known_s >= QUICK.absence_alert_s - 1e-6


@given(looks)
def test_nobody_is_accused_by_a_look_that_says_unknown_or_saw_somebody(runs: Runs) -> None:
    place, seen = told(runs)
    clear_at = {at for at, presence in seen if presence is CLEAR}
    for event in place.events:
        if isinstance(event, Raised):
            assert {event.episode.began_at, event.episode.raised_at} <= clear_at
        elif isinstance(event, Escalated):
            assert event.episode.escalated_at in clear_at


@given(looks)
def test_episodes_follow_each_other(runs: Runs) -> None:
    place, _ = told(runs)
    open_since: datetime | None = None
    escalated = False
    last_end = START
    for event in place.events:
        match event:
            case Raised(episode=episode):
                assert open_since is None
                assert last_end <= episode.began_at < episode.raised_at
                open_since, escalated = episode.began_at, False
            case Escalated(episode=episode):
                assert open_since == episode.began_at
                assert not escalated
                escalated = True
            case Ended(episode=episode, ended_at=ended_at):
                assert open_since == episode.began_at
                assert episode.began_at < ended_at <= place.at
                open_since, last_end = None, ended_at
    assert (place.memory.episode is None) == (open_since is None)


@given(looks)
def test_unknown_has_a_reason_and_nothing_else_has(runs: Runs) -> None:
    place = Place(QUICK)
    for presence, after_s, times in runs:
        for _ in range(times):
            place.look(presence, after_s)
            assert (place.staffing() is Staffing.UNKNOWN) == (place.memory.why is not None)
            assert place.memory.since_at is not None
            assert place.memory.since_at <= place.at
            if presence is UNKNOWN:
                assert place.staffing() is Staffing.UNKNOWN


@given(looks)
def test_somebody_who_stays_is_always_believed_in_the_end(runs: Runs) -> None:
    place, _ = told(runs)
    place.watch(SEEN, 5)
    assert place.staffing() is Staffing.STAFFED
    assert place.memory.episode is None


@given(looks, st.integers(0, 39))
def test_a_restart_changes_nothing(runs: Runs, restart_before: int) -> None:
    whole, _ = told(runs)
    place = Place(QUICK)
    for index, (presence, after_s, times) in enumerate(runs):
        if index == restart_before:
            place.memory = MEMORY.validate_json(MEMORY.dump_json(place.memory))
        for _ in range(times):
            place.look(presence, after_s)
    assert (place.memory, place.events) == (whole.memory, whole.events)


@given(looks)
def test_to_see_somebody_instead_of_nobody_never_brings_an_alert_forward(runs: Runs) -> None:
    kinder: Runs = [
        (SEEN if presence is CLEAR and index % 3 == 0 else presence, after_s, times)
        for index, (presence, after_s, times) in enumerate(runs)
    ]
    first = next((event.episode.raised_at for event in told(runs)[0].raised), None)
    later = next((event.episode.raised_at for event in told(kinder)[0].raised), None)
    assert later is None or (first is not None and first <= later)
