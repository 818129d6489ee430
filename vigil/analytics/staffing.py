"""Is a window staffed? A pure function of looks and time: staffed, unstaffed or unknown, and one alert an episode.

The rules, and why (docs/design/staffing.md has the reasons at length):

- Presence for `on_duty_after_s` makes a window staffed, nobody for `absent_after_s` makes it unstaffed.
- The clock alone settles nothing. What looks are worth at this window is `belief`: a window becomes unstaffed, and an alert is
  raised, only where that is sure; where looks cannot tell, the window is undecided, which is unknown.
- One look in which the detector misses somebody does not break a presence; two in a row do, unless it is sure all the same.
- Unknown time pauses every clock. It is never counted as absence, and neither is time in which somebody was seen.
- After at most `resume_within_s` of unknown the clocks go on; after more, all begins anew and an open alert ends.
- Outside the window's hours nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vigil.analytics.belief import LIKELIER, SURE, Belief, Channels, after, spared_s
from vigil.model.alerts import EndReason
from vigil.model.looks import Presence, Staffing, Unknown
from vigil.model.site import Rates, Thresholds

_PRESSING_S = 12.0
"""Before an alert: so many seconds of looks are all made anew."""


@dataclass(frozen=True, slots=True)
class Episode:
    """An absence for which an alert is open."""

    began_at: datetime
    raised_at: datetime
    escalated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StaffingMemory:
    """All that the rule remembers of one window.

    `settled` is the last state that was believed; it survives a short unknown. `seen_s` and `clear_s` are the lengths
    of the present runs, in seconds of known time.
    """

    settled: Staffing = Staffing.UNKNOWN
    why: Unknown | None = Unknown.STARTING
    since_at: datetime | None = None
    seen_from_at: datetime | None = None
    seen_s: float = 0.0
    missed: bool = False
    """The last known look was the first to see nobody in a run of presence."""
    seen_at: datetime | None = None
    """The last look that saw somebody."""
    unseen_s: float = 0.0
    """Since then: what is spared counts here and not in `clear_s`."""
    clear_from_at: datetime | None = None
    clear_s: float = 0.0
    credited_s: float = 0.0
    """What of `clear_s` was likelier an absence than misses: the rest is dropped when somebody is seen again."""
    belief: Belief | None = None
    doubted_from_at: datetime | None = None
    """Since when what was settled is the less likely."""
    last: Presence = Presence.UNKNOWN
    last_at: datetime | None = None
    known_at: datetime | None = None
    """The last look that was not unknown."""
    episode: Episode | None = None

    @property
    def staffing(self) -> Staffing:
        """What is believed now: unknown as long as there is a reason for it."""
        return Staffing.UNKNOWN if self.why else self.settled

    @property
    def confidence(self) -> float | None:
        """The probability of what is said, 0..1; None when that is nothing, or nothing was looked at since a restart."""
        if self.belief is None or self.why is not None:
            return None
        return self.belief.staffed if self.settled is Staffing.STAFFED else self.belief.unstaffed

    @property
    def surely_staffed(self) -> bool:
        return self.belief is not None and self.belief.staffed >= SURE

    @property
    def surely_unstaffed(self) -> bool:
        return self.belief is not None and self.belief.unstaffed >= SURE

    @property
    def likelier_unstaffed(self) -> bool:
        return self.belief is not None and self.belief.unstaffed >= LIKELIER


@dataclass(frozen=True, slots=True)
class Raised:
    episode: Episode
    absent_s: float


@dataclass(frozen=True, slots=True)
class Escalated:
    episode: Episode
    absent_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    episode: Episode
    ended_at: datetime
    absent_s: float
    reason: EndReason


StaffingEvent = Raised | Escalated | Ended
Step = tuple[StaffingMemory, tuple[StaffingEvent, ...]]


def step(
    memory: StaffingMemory,
    presence: Presence,
    at: datetime,
    *,
    in_service: bool,
    thresholds: Thresholds,
    rates: Rates | None = None,
    why: Unknown | None = None,
    repeated: bool = False,
) -> Step:
    """One look (or a tick without one) at time `at`, which must not lie before the last.

    `rates` are those of the staff area by the camera that looked, None where nobody has measured them; `why` is the reason
    when `presence` is unknown. Returns the new memory and what happened.
    """
    memory, events = _forget_after_long_unknown(memory, at, thresholds)
    if not in_service:
        memory, more = _closed(memory, at)
        return memory, events + more
    if presence is not Presence.UNKNOWN and not repeated:
        memory = replace(memory, belief=after(memory.belief, presence, at, Channels.of(rates, thresholds)))
    match presence:
        case Presence.UNKNOWN:
            memory = _unknown(memory, at, why or Unknown.NO_SIGNAL)
        case Presence.SEEN:
            memory, more = _seen(memory, at, thresholds)
            events += more
        case Presence.CLEAR:
            memory, more = _clear(memory, at, thresholds, spared_s(rates))
            events += more
    return replace(memory, last=presence, last_at=at), events


def is_pressing(memory: StaffingMemory, thresholds: Thresholds) -> bool:
    """Whether each look counts now: nothing is settled, a look disagrees with what is, or an alert would come within seconds."""
    match memory.staffing:
        case Staffing.UNKNOWN:
            return True
        case Staffing.STAFFED:
            return memory.last is not Presence.SEEN
        case Staffing.UNSTAFFED:
            left_s = (
                after_s - memory.clear_s for after_s in (thresholds.absence_alert_s, thresholds.absence_escalate_s)
            )
            return memory.last is not Presence.CLEAR or any(0 <= seconds <= _PRESSING_S for seconds in left_s)


def _closed(memory: StaffingMemory, at: datetime) -> Step:
    # Until the last look within the hours: the minutes after it are nobody's absence.
    events = _end(memory, memory.known_at or at, EndReason.CLOSED)
    return StaffingMemory(why=Unknown.UNSETTLED, last_at=at), events


def _forget_after_long_unknown(memory: StaffingMemory, at: datetime, thresholds: Thresholds) -> Step:
    if memory.known_at is None or at - memory.known_at <= timedelta(seconds=thresholds.resume_within_s):
        return memory, ()
    events = _end(memory, memory.known_at, EndReason.LOST_SIGHT)
    since_at = memory.since_at if memory.why is not None else None
    return StaffingMemory(why=memory.why, since_at=since_at, last=memory.last, last_at=memory.last_at), events


def _unknown(memory: StaffingMemory, at: datetime, why: Unknown) -> StaffingMemory:
    since_at = memory.since_at if memory.why is not None else at
    known_at = memory.known_at and min(memory.known_at, at)  # later only where the clock was set back
    return replace(memory, why=why, since_at=since_at or at, known_at=known_at)


def _seen(memory: StaffingMemory, at: datetime, thresholds: Thresholds) -> Step:
    seen_s = _sum(memory.seen_s, _run(memory, Presence.SEEN, at, thresholds))
    seen_from_at = memory.seen_from_at or at
    memory = replace(memory, seen_s=seen_s, seen_from_at=seen_from_at, missed=False, known_at=at)
    memory = replace(memory, seen_at=at, unseen_s=0.0)
    memory = _weighed(memory, at, thresholds)
    if _on_duty(memory, at, thresholds) and not memory.likelier_unstaffed:
        events = _end(memory, seen_from_at, EndReason.RESOLVED)
        memory = _settle(_nobody_missing(memory), Staffing.STAFFED, seen_from_at)
        return replace(memory, episode=None), events
    # Somebody is there, not yet for long enough: an absence is neither ended nor does it go on.
    doubted = memory.why is Unknown.UNDECIDED and memory.likelier_unstaffed
    if memory.settled is Staffing.UNSTAFFED or doubted:
        memory = replace(memory, clear_s=memory.credited_s)
    else:
        memory = _nobody_missing(memory)
    return _said(memory, at, thresholds), ()


def _on_duty(memory: StaffingMemory, at: datetime, thresholds: Thresholds) -> bool:
    """Whether somebody has been seen for long enough: look after look, or as often as the detector sees a clerk here."""
    if memory.settled is Staffing.STAFFED or memory.seen_s >= thresholds.on_duty_after_s:
        return True
    return memory.surely_staffed and _lasts(memory.seen_from_at, at, thresholds.on_duty_after_s)


def _clear(memory: StaffingMemory, at: datetime, thresholds: Thresholds, spared_s: float) -> Step:
    passed_s = _run(memory, Presence.CLEAR, at, thresholds)
    memory = replace(_gone(memory), unseen_s=_sum(memory.unseen_s, passed_s), known_at=at)
    if _spared(memory, at, spared_s):
        return _said(_weighed(memory, at, thresholds), at, thresholds), ()
    counted_s = 0.0 if memory.last_at is not None and _spared(memory, memory.last_at, spared_s) else passed_s
    clear_s, clear_from_at = _sum(memory.clear_s, counted_s), memory.clear_from_at or at
    memory = replace(memory, clear_s=clear_s, clear_from_at=clear_from_at)
    if memory.likelier_unstaffed:
        memory = replace(memory, credited_s=clear_s)
    if clear_s >= thresholds.absent_after_s and memory.surely_unstaffed:
        memory = replace(_settle(memory, Staffing.UNSTAFFED, clear_from_at), doubted_from_at=None)
        return _absent(memory, at, thresholds)
    return _said(_weighed(memory, at, thresholds), at, thresholds), ()


def _spared(memory: StaffingMemory, at: datetime, spared_s: float) -> bool:
    """Whether a look at that time comes so soon after one that saw somebody that it proves no absence."""
    if memory.seen_at is None:
        return False
    return 0 <= (at - memory.seen_at).total_seconds() < spared_s  # later only where the clock was set back


def _weighed(memory: StaffingMemory, at: datetime, thresholds: Thresholds) -> StaffingMemory:
    """Keeps since when what was settled is the less likely. An absence that was for long is no more said until it is sure."""
    if memory.settled is Staffing.UNSTAFFED:
        late = _lasts(memory.doubted_from_at, at, thresholds.on_duty_after_s)
        doubted = not memory.surely_unstaffed if late else not memory.likelier_unstaffed
    else:
        doubted = memory.settled is Staffing.STAFFED and memory.likelier_unstaffed
    return replace(memory, doubted_from_at=(memory.doubted_from_at or at) if doubted else None)


def _said(memory: StaffingMemory, at: datetime, thresholds: Thresholds) -> StaffingMemory:
    """What a look leaves settled is said, unless it has become the less likely for as long as the other takes to settle."""
    looked = memory.unseen_s >= thresholds.absent_after_s or memory.why is Unknown.UNDECIDED
    match memory.settled:
        case Staffing.UNSTAFFED:
            undecided = _lasts(memory.doubted_from_at, at, thresholds.on_duty_after_s)
            since_at = memory.clear_from_at
        case Staffing.STAFFED:
            undecided = looked and not memory.surely_staffed
            undecided |= _lasts(memory.doubted_from_at, at, thresholds.absent_after_s)
            since_at = at
        case Staffing.UNKNOWN:
            why = Unknown.UNDECIDED if looked else Unknown.UNSETTLED
            return replace(memory, why=why, since_at=memory.since_at or at)
    if not undecided:
        return _settle(memory, memory.settled, since_at or at)
    since_at = memory.since_at if memory.why is not None else at
    return replace(memory, why=Unknown.UNDECIDED, since_at=since_at or at)


def _lasts(from_at: datetime | None, at: datetime, seconds: float) -> bool:
    return from_at is not None and (at - from_at).total_seconds() >= seconds


def _gone(memory: StaffingMemory) -> StaffingMemory:
    """Nobody was seen: once, a run of presence goes on without counting; twice in a row, it is over.

    Where the detector misses a clerk for longer than that, and it is sure that this is what happened, it goes on, too.
    """
    if memory.seen_from_at is not None and (not memory.missed or memory.surely_staffed):
        return replace(memory, missed=True)
    return replace(memory, seen_s=0.0, seen_from_at=None, missed=False)


def _nobody_missing(memory: StaffingMemory) -> StaffingMemory:
    return replace(memory, clear_s=0.0, clear_from_at=None, credited_s=0.0, doubted_from_at=None)


def _run(memory: StaffingMemory, presence: Presence, at: datetime, thresholds: Thresholds) -> float:
    """Seconds since the last look, if that look said the same and is not stale."""
    if memory.last is not presence or memory.last_at is None:
        return 0.0
    passed = (at - memory.last_at).total_seconds()
    return passed if 0 <= passed <= thresholds.stale_after_s else 0.0


def _sum(seconds: float, more_s: float) -> float:
    """To the microsecond, so that thousands of looks add up to the threshold and not to a hair below it."""
    return round(seconds + more_s, 6)


def _settle(memory: StaffingMemory, staffing: Staffing, since_at: datetime) -> StaffingMemory:
    changed = memory.settled is not staffing or memory.why is not None
    return replace(memory, settled=staffing, why=None, since_at=since_at if changed else memory.since_at)


def _absent(memory: StaffingMemory, at: datetime, thresholds: Thresholds) -> Step:
    if memory.episode is None:
        if memory.clear_s < thresholds.absence_alert_s:
            return memory, ()
        episode = Episode(began_at=memory.clear_from_at or at, raised_at=at)
        return replace(memory, episode=episode), (Raised(episode, memory.clear_s),)
    if memory.episode.escalated_at is None and memory.clear_s >= thresholds.absence_escalate_s:
        episode = replace(memory.episode, escalated_at=at)
        return replace(memory, episode=episode), (Escalated(episode, memory.clear_s),)
    return memory, ()


def _end(memory: StaffingMemory, at: datetime, reason: EndReason) -> tuple[StaffingEvent, ...]:
    if memory.episode is None:
        return ()
    return (Ended(memory.episode, at, memory.clear_s, reason),)
