"""How long would somebody wait who joined the queue now? A pure function of looks, time and how many people wait.

Nobody is tracked: a service has begun when a visitor comes to a staffed window. What is counted are such beginnings, and
the seconds in which a staffed window was busy or could have been, because somebody waited. From both follows the rate at
which a window takes people from the queue, and from that rate the time until those who wait and one more have been
taken (docs/design/waiting.md has the model, its reasons and its limits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from vigil.analytics.betaprime import quantile
from vigil.analytics.runs import NOBODY, Run
from vigil.model.ids import WindowId
from vigil.model.looks import Presence, WaitEstimate
from vigil.model.site import Thresholds

_PASSES_S: Final = 8.0
"""Who was seen at a window for less walks past."""
_MINUTES: Final = 15
"""With a known service in them that are looked back to; more, up to an hour, until they hold `_ENOUGH` beginnings."""
_MOST_MINUTES: Final = 60
_ENOUGH: Final = 8
_PRIOR: Final = 3.0
"""Beginnings that the configured service time is worth: four that were seen outweigh it."""
_PRIOR_TIMES: Final = _PRIOR - 1 / 3
"""In as many service times. A gamma's median lies a third below its shape, so at first the median is the configured one."""
_WALK_S: Final = 30.0
"""From being called to standing at the window, at most."""
_AT_ONCE: Final = WaitEstimate(10.0, 0.0, _WALK_S)
"""A window is free."""
_LOW, _MEDIAN, _HIGH = 0.05, 0.5, 0.95


@dataclass(frozen=True, slots=True)
class Spot:
    """What one look says of a window in service: the visitor spot, and whether the window is known to be staffed."""

    visitor: Presence
    at: datetime
    staffed: bool


@dataclass(frozen=True, slots=True)
class SpotMemory:
    visitor: Run = NOBODY
    begun: bool = True
    """The service of this visitor was counted, or nobody saw when it began."""
    free_from_at: datetime | None = None
    staffed: bool = False
    last_at: datetime | None = None
    """The last look that was known."""
    sighted: bool = False
    """Nothing was unknown since then."""


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute in which windows served: staffed seconds of all of them together, and services that began."""

    from_at: datetime
    served_s: float = 0.0
    begun: int = 0


@dataclass(frozen=True, slots=True)
class WaitMemory:
    """All that is remembered of one window group. A minute of which nothing is known is none of `minutes`."""

    spots: dict[WindowId, SpotMemory] = field(default_factory=dict)
    minutes: tuple[Minute, ...] = ()


def step(memory: WaitMemory, spots: Mapping[WindowId, Spot], waiting: int | None, thresholds: Thresholds) -> WaitMemory:
    """Takes in the newest look at each window in service; one that was counted already counts for nothing.

    `waiting` are the people in the lane, None when it is unknown. Without a window in service all is forgotten: the
    afternoon need not be like the morning.
    """
    if not spots:
        return WaitMemory()
    minutes = memory.minutes
    known: dict[WindowId, SpotMemory] = {}
    for window, spot in spots.items():
        before = _fresh(memory.spots.get(window, SpotMemory()), spot.at, thresholds)
        known[window], served_s = _look(before, spot, demanded=bool(waiting))
        begun = known[window].begun and not before.begun
        if served_s or begun:
            minutes = _entered(minutes, spot.at, served_s, begun)
    return WaitMemory(known, minutes)


def estimate(
    memory: WaitMemory, waiting: int, at: datetime, *, staffed: int, unknown: int, thresholds: Thresholds
) -> WaitEstimate | None:
    """The wait of somebody who joins `waiting` people now; None when no window is known to be staffed.

    A window whose staffing is unknown serves in the low end and the median, and does not in the high end.
    """
    if staffed == 0:
        return None
    ahead = waiting + 1 - _free(memory, waiting, at)
    if ahead <= 0:
        return _AT_ONCE
    begun = _PRIOR + sum(minute.begun for minute in memory.minutes)
    served_s = _PRIOR_TIMES * thresholds.service_time_s + sum(minute.served_s for minute in memory.minutes)
    low_s, median_s, high_s = (quantile(share, ahead, begun) * served_s for share in (_LOW, _MEDIAN, _HIGH))
    most = staffed + unknown
    return WaitEstimate(_whole(median_s / most), _whole(low_s / most), max(_whole(high_s / staffed), _WALK_S))


def is_proven(memory: WaitMemory) -> bool:
    """Whether the estimate rests on services that were seen more than on the configured time."""
    return sum(minute.begun for minute in memory.minutes) > _PRIOR


def _fresh(memory: SpotMemory, at: datetime, thresholds: Thresholds) -> SpotMemory:
    """Nothing after an unknown that was long enough for another visitor to come, or after the clock was set back."""
    stale = memory.last_at is not None and abs(at - memory.last_at) > timedelta(seconds=thresholds.stale_after_s)
    return SpotMemory() if stale else memory


def _look(memory: SpotMemory, spot: Spot, *, demanded: bool) -> tuple[SpotMemory, float]:
    """The new memory, and for how many seconds the window served, or could have because somebody waited."""
    if spot.visitor is Presence.UNKNOWN:
        return replace(memory, sighted=False), 0.0
    passed_s = (spot.at - (memory.last_at or spot.at)).total_seconds()
    if memory.last_at is not None and passed_s <= 0:
        return memory, 0.0
    counted_s = passed_s if memory.sighted else 0.0
    after = _seen(memory, spot, counted_s) if spot.visitor is Presence.SEEN else _clear(memory, spot)
    serves = spot.staffed and (memory.visitor.lasts or demanded)
    return replace(after, staffed=spot.staffed, last_at=spot.at, sighted=True), counted_s if serves else 0.0


def _seen(memory: SpotMemory, spot: Spot, passed_s: float) -> SpotMemory:
    visitor = memory.visitor.seen(spot.at, passed_s)
    begun = memory.begun or (spot.staffed and visitor.seconds >= _PASSES_S)
    return replace(memory, visitor=visitor, begun=begun, free_from_at=None)


def _clear(memory: SpotMemory, spot: Spot) -> SpotMemory:
    # The next one is called at once: two visitors are often one look apart. A look in doubt is unknown and comes not here.
    return replace(memory, visitor=NOBODY, begun=False, free_from_at=memory.free_from_at or spot.at)


def _entered(minutes: tuple[Minute, ...], at: datetime, served_s: float, begun: bool) -> tuple[Minute, ...]:
    from_at = at.replace(second=0, microsecond=0)
    # A look of another camera may still be of the minute before: it goes into the newest one.
    if not minutes or not timedelta(0) <= minutes[-1].from_at - from_at <= timedelta(minutes=1):
        minutes = (*_kept(minutes), Minute(from_at))
    last = minutes[-1]
    return (*minutes[:-1], Minute(last.from_at, round(last.served_s + served_s, 6), last.begun + begun))


def _kept(minutes: tuple[Minute, ...]) -> tuple[Minute, ...]:
    begun = 0
    for count, minute in enumerate(reversed(minutes)):
        if count >= _MOST_MINUTES or (count >= _MINUTES and begun >= _ENOUGH):
            return minutes[-count:]
        begun += minute.begun
    return minutes


def _free(memory: WaitMemory, waiting: int, at: datetime) -> int:
    """Windows that take somebody at once. One that was long free while people waited does not call them."""
    return sum(
        spot.staffed
        and spot.sighted
        and spot.free_from_at is not None
        and (waiting == 0 or (at - spot.free_from_at).total_seconds() <= _WALK_S)
        for spot in memory.spots.values()
    )


def _whole(seconds: float) -> float:
    return float(round(seconds))
