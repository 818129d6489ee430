"""How often something may be done: so many times within so long, in any stretch of that length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` within any `within_s` seconds."""

    times: int
    within_s: float


def longest_s(limits: Iterable[Limit]) -> float:
    """How far back `free_at` must know what was done."""
    return max((limit.within_s for limit in limits), default=0)


def free_at(limits: Iterable[Limit], ended_at: Sequence[datetime], now: datetime) -> datetime:
    """When the next one may begin: `now`, or later. `ended_at`: when each of the earlier ones was over at the latest.

    What counts for the other side is when something reaches it, and of that we know only that it lies between the beginning
    and the end. So a place is free again `within_s` after an end, and not after a beginning. An end that lies ahead of us was
    dated by a clock that has been put back since: it is taken to be now.
    """
    latest = sorted((min(end, now) for end in ended_at), reverse=True)
    free = now
    for limit in limits:
        if len(latest) >= limit.times:
            free = max(free, latest[limit.times - 1] + timedelta(seconds=limit.within_s))
    return free
