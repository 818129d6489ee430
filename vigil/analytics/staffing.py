"""Is a window staffed? A pure function of looks and time: staffed, unstaffed or unknown, and one alert an episode.

The rules, and why (docs/design/staffing.md has the reasons at length):

- Presence for `on_duty_after_s` makes a window staffed, nobody for `absent_after_s` makes it unstaffed.
- One look in which the detector misses somebody does not break a presence; two in a row do.
- Unknown time pauses every clock. It is never counted as absence, and neither is time in which somebody was seen.
- After at most `resume_within_s` of unknown the clocks go on; after more, all begins anew and an open alert ends.
- Outside the window's hours nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vigil.model.alerts import EndReason
from vigil.model.looks import Presence, Staffing, Unknown
from vigil.model.site import Thresholds


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
    clear_from_at: datetime | None = None
    clear_s: float = 0.0
    last: Presence = Presence.UNKNOWN
    last_at: datetime | None = None
    known_at: datetime | None = None
    """The last look that was not unknown."""
    episode: Episode | None = None

    @property
    def staffing(self) -> Staffing:
        """What is believed now: unknown as long as there is a reason for it."""
        return Staffing.UNKNOWN if self.why else self.settled


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
    why: Unknown | None = None,
) -> Step:
    """One look (or a tick without one) at time `at`, which must not lie before the last.

    `why` is the reason when `presence` is unknown. Returns the new memory and what happened.
    """
    memory, events = _forget_after_long_unknown(memory, at, thresholds)
    if not in_service:
        memory, more = _closed(memory, at)
        return memory, events + more
    match presence:
        case Presence.UNKNOWN:
            memory = _unknown(memory, at, why or Unknown.NO_SIGNAL)
        case Presence.SEEN:
            memory, more = _seen(memory, at, thresholds)
            events += more
        case Presence.CLEAR:
            memory, more = _clear(memory, at, thresholds)
            events += more
    return replace(memory, last=presence, last_at=at), events


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
    if seen_s >= thresholds.on_duty_after_s or memory.settled is Staffing.STAFFED:
        events = _end(memory, seen_from_at, EndReason.RESOLVED)
        memory = _settle(memory, Staffing.STAFFED, seen_from_at)
        return replace(memory, clear_s=0.0, clear_from_at=None, episode=None), events
    if memory.settled is Staffing.UNSTAFFED:
        # Somebody is there, not yet for long enough: the absence is neither ended nor does it go on.
        return _settle(memory, Staffing.UNSTAFFED, memory.clear_from_at or at), ()
    return replace(memory, clear_s=0.0, clear_from_at=None, why=Unknown.UNSETTLED, since_at=memory.since_at or at), ()


def _clear(memory: StaffingMemory, at: datetime, thresholds: Thresholds) -> Step:
    clear_s = _sum(memory.clear_s, _run(memory, Presence.CLEAR, at, thresholds))
    clear_from_at = memory.clear_from_at or at
    memory = replace(_gone(memory), clear_s=clear_s, clear_from_at=clear_from_at, known_at=at)
    if clear_s >= thresholds.absent_after_s:
        return _absent(_settle(memory, Staffing.UNSTAFFED, clear_from_at), at, thresholds)
    if memory.settled is Staffing.UNKNOWN:
        return replace(memory, why=Unknown.UNSETTLED, since_at=memory.since_at or at), ()
    return _settle(memory, memory.settled, at), ()


def _gone(memory: StaffingMemory) -> StaffingMemory:
    """Nobody was seen: once, a run of presence goes on without counting; twice in a row, it is over."""
    if memory.seen_from_at is not None and not memory.missed:
        return replace(memory, missed=True)
    return replace(memory, seen_s=0.0, seen_from_at=None, missed=False)


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
