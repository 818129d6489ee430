"""Sums up by minutes what is believed each second. Pure: time comes in with each call.

What was believed at one call holds until the next. Time that was not passed through counts nothing: after a jump, a stall, or
a clock that was set back nobody knows what was so in between. Each second that was passed through counts once, under the time
that the clock showed, so a minute that is met a second time is a part of its own and not the same one again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

from vigil.analytics.analyst import Standing
from vigil.model.ids import GroupId, WindowId
from vigil.model.looks import Presence, QueueStatus, Staffing, Unknown, WindowStatus
from vigil.model.minutes import Minute, QueueMinute, WindowMinute

LONGEST: Final = timedelta(seconds=5)
"""Between two calls. What was believed longer ago than that is not said of the time since."""


class Minutes:
    """Not thread-safe."""

    def __init__(self) -> None:
        self._last: tuple[Standing, datetime] | None = None
        self._part: _Part | None = None

    def add(self, standing: Standing, now: datetime) -> list[Minute]:
        """`standing` is what is believed from `now` on; to be called each second. Returns what is over, oldest first."""
        over = list(self._pass_to(now))
        if self._part is None:
            self._part = _Part(_minute_of(now))
        if self._last is not None:
            self._part.count_looks(standing, self._last[0].looks)
        self._last = standing, now
        return over

    def end(self) -> list[Minute]:
        """What there is of the minute that is not over. Nothing is believed until the next `add`."""
        over = list(self._close())
        self._last = None
        return over

    def _pass_to(self, now: datetime) -> Iterator[Minute]:
        if self._last is None:
            return
        standing, then = self._last
        if now < then:  # set back: the same minute may come again
            yield from self._close()
            return
        watched = now - then <= LONGEST
        minute = _minute_of(now)
        if self._part is not None and self._part.at == minute:
            if watched:
                self._part.count(standing, now - then)
            return
        if watched and self._part is not None:
            self._part.count(standing, minute - then)
        yield from self._close()
        self._part = _Part(minute)
        if watched:
            self._part.count(standing, now - minute)

    def _close(self) -> Iterator[Minute]:
        part, self._part = self._part, None
        if part is not None and not part.empty:
            yield part.summed_up()


@dataclass(slots=True)
class _WindowSums:
    staffed_s: float = 0.0
    unstaffed_s: float = 0.0
    unknown_s: defaultdict[Unknown, float] = field(default_factory=lambda: defaultdict(float))
    visitor_s: float = 0.0

    def count(self, status: WindowStatus, seconds: float) -> None:
        match status.staffing:
            case Staffing.STAFFED:
                self.staffed_s += seconds
            case Staffing.UNSTAFFED:
                self.unstaffed_s += seconds
            case Staffing.UNKNOWN:
                self.unknown_s[status.why or Unknown.UNSETTLED] += seconds
        if status.visitor is Presence.SEEN:
            self.visitor_s += seconds


@dataclass(slots=True)
class _QueueSums:
    in_service_s: float = 0.0
    known_s: float = 0.0
    person_s: float = 0.0
    staffed_s: float = 0.0
    """Of all windows together."""
    counts: set[int] = field(default_factory=set)
    waits_s: list[float] = field(default_factory=list)

    def count(self, status: QueueStatus, seconds: float) -> None:
        self.in_service_s += seconds
        self.staffed_s += status.staffed * seconds
        if status.waiting is not None:
            self.known_s += seconds
            self.person_s += status.waiting * seconds
            self.counts.add(status.waiting)
        if status.wait is not None:
            self.waits_s.append(status.wait.median_s)


class _Part:
    """A minute, or what was watched of it."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._s = 0.0
        self._windows: defaultdict[WindowId, _WindowSums] = defaultdict(_WindowSums)
        self._looks: Counter[WindowId] = Counter()
        self._queues: defaultdict[GroupId, _QueueSums] = defaultdict(_QueueSums)

    @property
    def empty(self) -> bool:
        """Nothing was in service in it, or hardly any of it was watched."""
        return round(self._s, 3) == 0 or not (self._windows or self._queues)

    def count(self, standing: Standing, span: timedelta) -> None:
        seconds = span.total_seconds()
        if not seconds:
            return
        self._s += seconds
        for window in standing.windows:
            if window.in_service:
                self._windows[window.window].count(window, seconds)
        for queue in standing.queues:
            if queue.in_service:
                self._queues[queue.group].count(queue, seconds)

    def count_looks(self, standing: Standing, before: Mapping[WindowId, int]) -> None:
        """Those taken since the call before; a total that is smaller than it was has begun anew."""
        for status in standing.windows:
            total, was = standing.looks.get(status.window, 0), before.get(status.window, 0)
            if status.in_service:
                self._looks[status.window] += total - was if total >= was else total

    def summed_up(self) -> Minute:
        return Minute(
            self.at,
            round(self._s, 3),
            tuple(_window(window, sums, self._looks[window]) for window, sums in self._windows.items()),
            tuple(_queue(group, sums) for group, sums in self._queues.items()),
        )


def _window(window: WindowId, sums: _WindowSums, looks: int) -> WindowMinute:
    return WindowMinute(
        window,
        round(sums.staffed_s, 3),
        round(sums.unstaffed_s, 3),
        {why: round(seconds, 3) for why, seconds in sums.unknown_s.items()},
        round(sums.visitor_s, 3),
        looks,
    )


def _queue(group: GroupId, sums: _QueueSums) -> QueueMinute:
    return QueueMinute(
        group,
        in_service_s=round(sums.in_service_s, 3),
        known_s=round(sums.known_s, 3),
        waiting_mean=round(sums.person_s / sums.known_s, 2) if sums.known_s else None,
        waiting_least=min(sums.counts, default=None),
        waiting_most=max(sums.counts, default=None),
        staffed_mean=round(sums.staffed_s / sums.in_service_s, 2),
        wait_s=round(median(sums.waits_s), 1) if sums.waits_s else None,
    )


def _minute_of(at: datetime) -> datetime:
    """In UTC, so that zones of half hours change nothing."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)
