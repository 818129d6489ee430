"""Has a queue built up? A pure function of counts and time, joined to how many windows are staffed and to the wait.

It has when many people wait for each window, or when whoever joined now would wait for long. Enter and exit thresholds
lie apart: between them nothing changes. Counts are smoothed by a median over the last looks,
so one missed or doubled person does not move the state. Windows whose staffing is unknown count as staffed here:
nobody is blamed for a queue that may be served.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median_low

from vigil.analytics.staffing import Episode
from vigil.model.alerts import EndReason
from vigil.model.site import Thresholds

_LOOKS = 3
_SMOOTH_OVER = timedelta(seconds=12)
_WAIT_EXIT = 2 / 3
"""Of `queue_wait_alert_s`: a shorter estimated wait is no build-up any more."""


@dataclass(frozen=True, slots=True)
class QueueMemory:
    """`recent` holds the last counts with their times; `over_s` and `under_s` are seconds of known time.

    `over_from_at` and `under_from_at` are set while the queue is over the upper mark, or not yet under the lower one since,
    and while it is under the lower one.
    """

    recent: tuple[tuple[datetime, int], ...] = ()
    over_from_at: datetime | None = None
    over_s: float = 0.0
    under_from_at: datetime | None = None
    under_s: float = 0.0
    last_at: datetime | None = None
    """The last count that was known."""
    sighted: bool = False
    """Nothing was unknown since then."""
    episode: Episode | None = None

    @property
    def waiting(self) -> int | None:
        return median_low(count for _, count in self.recent) if self.recent else None


@dataclass(frozen=True, slots=True)
class QueueRaised:
    episode: Episode
    waiting: int


@dataclass(frozen=True, slots=True)
class QueueEnded:
    episode: Episode
    ended_at: datetime
    reason: EndReason


@dataclass(frozen=True, slots=True)
class _Load:
    """What is held against the marks."""

    waiting: int
    serving: int
    wait_s: float

    def is_over(self, thresholds: Thresholds) -> bool:
        crowded = self.waiting >= thresholds.queue_per_window_enter * self.serving
        return crowded or self.wait_s >= thresholds.queue_wait_alert_s

    def is_under(self, thresholds: Thresholds) -> bool:
        thinned = self.waiting < thresholds.queue_per_window_exit * self.serving
        return thinned and self.wait_s < _WAIT_EXIT * thresholds.queue_wait_alert_s


QueueEvent = QueueRaised | QueueEnded
QueueStep = tuple[QueueMemory, tuple[QueueEvent, ...]]


def step(
    memory: QueueMemory,
    count: int | None,
    at: datetime,
    *,
    serving: int,
    in_service: bool,
    thresholds: Thresholds,
    wait_s: float | None = None,
) -> QueueStep:
    """One look at the lane (`count` is None when it is unknown), with `serving` windows staffed or unknown.

    `wait_s` is the estimated wait of somebody who joins now; None where there is no estimate.
    """
    memory, events = _forget_after_long_unknown(memory, at, thresholds)
    if not in_service:
        return QueueMemory(), events + _end(memory, memory.last_at or at, EndReason.CLOSED)
    if count is None:
        return _unknown(memory, at, thresholds), events
    passed_s = _passed_s(memory, at, thresholds)
    recent = (*(look for look in memory.recent if at - look[0] <= _SMOOTH_OVER), (at, count))[-_LOOKS:]
    memory = replace(memory, recent=recent, last_at=at, sighted=True)
    memory, more = _judge(memory, passed_s, at, _Load(memory.waiting or 0, max(1, serving), wait_s or 0.0), thresholds)
    return memory, events + more


def _forget_after_long_unknown(memory: QueueMemory, at: datetime, thresholds: Thresholds) -> QueueStep:
    if memory.last_at is None or at - memory.last_at <= timedelta(seconds=thresholds.resume_within_s):
        return memory, ()
    return QueueMemory(), _end(memory, memory.last_at, EndReason.LOST_SIGHT)


def _unknown(memory: QueueMemory, at: datetime, thresholds: Thresholds) -> QueueMemory:
    stale = memory.last_at is None or at - memory.last_at > timedelta(seconds=thresholds.stale_after_s)
    last_at = memory.last_at and min(memory.last_at, at)  # later only where the clock was set back
    return replace(memory, last_at=last_at, sighted=False, recent=() if stale else memory.recent)


def _passed_s(memory: QueueMemory, at: datetime, thresholds: Thresholds) -> float:
    if memory.last_at is None or not memory.sighted:
        return 0.0
    passed_s = (at - memory.last_at).total_seconds()
    return passed_s if 0 <= passed_s <= thresholds.stale_after_s else 0.0


def _judge(memory: QueueMemory, passed_s: float, at: datetime, load: _Load, thresholds: Thresholds) -> QueueStep:
    if load.is_under(thresholds):
        return _under(memory, passed_s, at, thresholds)
    memory = replace(memory, under_s=0.0, under_from_at=None)
    if load.is_over(thresholds):
        counted = passed_s if memory.over_from_at is not None else 0.0
        over_s = round(memory.over_s + counted, 6)
        memory = replace(memory, over_s=over_s, over_from_at=memory.over_from_at or at)
    if memory.episode is None and memory.over_from_at is not None and memory.over_s >= thresholds.queue_alert_s:
        episode = Episode(began_at=memory.over_from_at, raised_at=at)
        return replace(memory, episode=episode), (QueueRaised(episode, load.waiting),)
    return memory, ()


def _under(memory: QueueMemory, passed_s: float, at: datetime, thresholds: Thresholds) -> QueueStep:
    under_from_at = memory.under_from_at or at
    under_s = round(memory.under_s + passed_s, 6) if memory.under_from_at is not None else 0.0
    memory = replace(memory, under_s=under_s, under_from_at=under_from_at, over_s=0.0, over_from_at=None)
    if memory.episode is None or memory.under_s < thresholds.queue_clear_s:
        return memory, ()
    return replace(memory, episode=None), _end(memory, under_from_at, EndReason.RESOLVED)


def _end(memory: QueueMemory, at: datetime, reason: EndReason) -> tuple[QueueEvent, ...]:
    return (QueueEnded(memory.episode, at, reason),) if memory.episode else ()
