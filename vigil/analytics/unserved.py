"""Does a visitor wait at a window that nobody staffs? A pure function of looks and time, one alert an episode.

The rules, and why (docs/design/waiting.md has the reasons at length):

- The clock runs while a visitor is seen at the spot and nobody in the staff area. It needs both to be looked at.
- Before nobody was seen for `absent_after_s`, one look that sees staff sets the clock back to nothing: a clerk who bends
  down, or whom the visitor hides, is there. After it the clock pauses, until staff was seen for `on_duty_after_s`.
- Looks that miss the visitor do not count, and end the wait when they are all there is for `stale_after_s`.
- An alert needs to be sure that the window is unstaffed (`belief`): where the detector misses a clerk look after look, it is not.
- Unknown on either side pauses. After more than `resume_within_s` of it all begins anew and an open alert ends.
- Outside the window's hours nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from vigil.analytics.belief import SURE, Belief, Channels, after
from vigil.analytics.runs import NOBODY, Run
from vigil.analytics.staffing import Episode
from vigil.model.alerts import EndReason
from vigil.model.looks import Presence
from vigil.model.site import Rates, Thresholds

_FEW_LOOKS = 3
"""Who was seen in fewer looks walks past, however short the threshold is."""


@dataclass(frozen=True, slots=True)
class UnservedMemory:
    """`absent_s` and `waited_s` are seconds of known time: nobody in the staff area; a visitor, and nobody there."""

    visitor: Run = NOBODY
    staff: Run = NOBODY
    absent_s: float = 0.0
    waited_s: float = 0.0
    waited_from_at: datetime | None = None
    last_at: datetime | None = None
    """The last look of which both sides were known."""
    sighted: bool = False
    """Nothing was unknown since then."""
    episode: Episode | None = None
    belief: Belief | None = None

    @property
    def unattended(self) -> bool:
        """Whether the last look saw a visitor and no staff."""
        return self.visitor.present and not self.staff.present


@dataclass(frozen=True, slots=True)
class UnservedRaised:
    episode: Episode
    waited_s: float
    absent_s: float


@dataclass(frozen=True, slots=True)
class UnservedEnded:
    episode: Episode
    ended_at: datetime
    waited_s: float
    absent_s: float
    reason: EndReason


UnservedEvent = UnservedRaised | UnservedEnded
UnservedStep = tuple[UnservedMemory, tuple[UnservedEvent, ...]]


def is_pressing(memory: UnservedMemory) -> bool:
    """Whether each look counts now: a visitor waits at an empty window, or one of the two has just changed."""
    return memory.waited_from_at is not None and memory.unattended and memory.episode is None


def step(
    memory: UnservedMemory,
    visitor: Presence,
    staff: Presence,
    at: datetime,
    *,
    in_service: bool,
    thresholds: Thresholds,
    rates: Rates | None = None,
    repeated: bool = False,
) -> UnservedStep:
    """One look at visitor spot and staff area (or a tick without one) at time `at`, which must not lie before the last.

    `rates` are those of the staff area by the camera that looked, None where nobody has measured them.
    """
    memory, events = _forget_after_long_unknown(memory, at, thresholds)
    if not in_service:
        return UnservedMemory(), events + _end(memory, memory.last_at or at, EndReason.CLOSED)
    if Presence.UNKNOWN in (visitor, staff):
        return replace(memory, sighted=False), events
    if not repeated:
        memory = replace(memory, belief=after(memory.belief, staff, at, Channels.of(rates, thresholds)))
    passed_s, unattended = _passed_s(memory, at, thresholds), memory.unattended
    memory, more = _staff(memory, staff is Presence.SEEN, at, passed_s, thresholds)
    events += more
    memory, more = _visitor(memory, visitor is Presence.SEEN, at, passed_s, thresholds)
    events += more
    if memory.unattended:
        memory, more = _wait(memory, at, passed_s if unattended else 0.0, thresholds)
        events += more
    return replace(memory, last_at=at, sighted=True), events


def _forget_after_long_unknown(memory: UnservedMemory, at: datetime, thresholds: Thresholds) -> UnservedStep:
    if memory.last_at is None:
        return memory, ()
    # A clock that was set back by more than cameras differ leaves no wait that could be told: it would begin after its end.
    if -thresholds.stale_after_s <= (at - memory.last_at).total_seconds() <= thresholds.resume_within_s:
        return memory, ()
    return UnservedMemory(), _end(memory, memory.last_at, EndReason.LOST_SIGHT)


def _passed_s(memory: UnservedMemory, at: datetime, thresholds: Thresholds) -> float:
    if memory.last_at is None or not memory.sighted:
        return 0.0
    passed_s = (at - memory.last_at).total_seconds()
    return passed_s if 0 <= passed_s <= thresholds.stale_after_s else 0.0


def _staff(memory: UnservedMemory, seen: bool, at: datetime, passed_s: float, thresholds: Thresholds) -> UnservedStep:
    if not seen:
        counted_s = 0.0 if memory.staff.present else passed_s
        return replace(memory, staff=memory.staff.unseen(at), absent_s=round(memory.absent_s + counted_s, 6)), ()
    staff = memory.staff.seen(at, passed_s)
    memory = replace(memory, staff=staff)
    on_duty = staff.seconds >= thresholds.on_duty_after_s or _probability(memory) <= 1 - SURE
    if memory.absent_s >= thresholds.absent_after_s and not on_duty:
        return memory, ()
    memory, events = _over(memory, staff.from_at or at)
    return replace(memory, absent_s=0.0), events


def _visitor(memory: UnservedMemory, seen: bool, at: datetime, passed_s: float, thresholds: Thresholds) -> UnservedStep:
    before = memory.visitor
    after = before.seen(at, passed_s) if seen else before.unseen(at, thresholds.stale_after_s)
    memory = replace(memory, visitor=after)
    return (memory, ()) if memory.visitor.lasts else _over(memory, before.missed_at or at)


def _wait(memory: UnservedMemory, at: datetime, counted_s: float, thresholds: Thresholds) -> UnservedStep:
    waited_s = round(memory.waited_s + counted_s, 6)
    memory = replace(memory, waited_s=waited_s, waited_from_at=memory.waited_from_at or at)
    if memory.episode is not None or waited_s < thresholds.unserved_alert_s or memory.visitor.looks < _FEW_LOOKS:
        return memory, ()
    if _probability(memory) < SURE:
        return memory, ()
    episode = Episode(began_at=memory.waited_from_at or at, raised_at=at)
    return replace(memory, episode=episode), (UnservedRaised(episode, waited_s, memory.absent_s),)


def _over(memory: UnservedMemory, at: datetime) -> UnservedStep:
    """Nobody waits unserved any more."""
    return replace(memory, waited_s=0.0, waited_from_at=None, episode=None), _end(memory, at, EndReason.RESOLVED)


def _end(memory: UnservedMemory, at: datetime, reason: EndReason) -> tuple[UnservedEvent, ...]:
    if memory.episode is None:
        return ()
    return (UnservedEnded(memory.episode, at, memory.waited_s, memory.absent_s, reason),)


def _probability(memory: UnservedMemory) -> float:
    """That the window is unstaffed."""
    return memory.belief.unstaffed if memory.belief is not None else 0.0
