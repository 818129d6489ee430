"""Which alerts a node ought to raise: told from truth and thresholds alone, as docs/design/evaluation.md defines it.

Written anew from the definition, and not with the code that is judged by it. Everything is in whole seconds of the scene:
what is true at second t is true until t + 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Final

from vigil.eval.scene import QueueColumns, WindowColumns

TOLERANCE_S: Final = 5
"""By which an alert may miss its time without being wrong: looks are up to 2 s apart, and a seat takes time to leave."""
WAIT_EXIT: Final = 2 / 3
"""Of the wait that makes a build-up: a shorter one speaks against it."""


class Tick(StrEnum):
    """What one second means for a clock."""

    RUNS = "runs"
    HOLDS = "holds"  # seen, and neither for it nor against it
    BLIND = "blind"  # nobody could see
    OVER = "over"  # against it
    CLOSED = "closed"  # out of hours


@dataclass(frozen=True, slots=True)
class Episode:
    """A time in which the clock ran to within TOLERANCE_S of the threshold.

    `near_s` is when it stood there; `due_s` when it reached the threshold, which is when an alert is expected, or None
    where it never did, or where so little was left of hours, scene or sight that nobody can be asked to have told.
    """

    began_s: int
    ended_s: int
    counted_s: int
    near_s: float
    due_s: float | None


def absences(window: WindowColumns) -> list[Episode]:
    """A window in service, truly unstaffed, with a camera that sees its staff area."""
    rules = window.thresholds
    ticks = [_absence(*row) for row in _rows(window, rules.on_duty_after_s)]
    return episodes(ticks, rules.absence_alert_s, rules.resume_within_s)


def unserved(window: WindowColumns) -> list[Episode]:
    """A visitor at such a window, where a camera sees visitor spot and staff area."""
    rules = window.thresholds
    rows = zip(_rows(window, rules.on_duty_after_s), window.visitor, window.spot_visible, strict=True)
    ticks = [_waiting(_absence(*row), visitor, spot_visible) for row, visitor, spot_visible in rows]
    return episodes(ticks, rules.unserved_alert_s, rules.resume_within_s)


def absent_clock(window: WindowColumns) -> list[int]:
    """For each second how long the window has truly been unstaffed by its end, whether or not people hid it from the camera."""
    rules = window.thresholds
    return _clock((_absence(*row) for row in _rows(_unhidden(window), rules.on_duty_after_s)), rules.resume_within_s)


def unserved_clock(window: WindowColumns) -> list[int]:
    """The same of a visitor whom nobody serves."""
    rules = window.thresholds
    rows = zip(_rows(_unhidden(window), rules.on_duty_after_s), window.visitor, window.spot_visible, strict=True)
    ticks = (_waiting(_absence(*row), visitor, spot_visible) for row, visitor, spot_visible in rows)
    return _clock(ticks, rules.resume_within_s)


def build_ups(queue: QueueColumns) -> list[Episode]:
    """Many people in the queue for each window that serves, or a long wait, until both are below their lower marks."""
    rules = queue.thresholds
    ticks = [_queue(queue, second) for second in range(len(queue.length))]
    return episodes(ticks, rules.queue_alert_s, rules.resume_within_s, clear_s=rules.queue_clear_s)


def episodes(ticks: Sequence[Tick], alert_s: float, resume_within_s: float, *, clear_s: float = 0.0) -> list[Episode]:
    """The clock over a whole scene. It stands still where it cannot see, and begins anew after `resume_within_s` of that.

    `clear_s`: once an alert is due, the episode is over only after so many seconds that speak against it.
    """
    found: list[Episode] = []
    run: _Run | None = None
    for second, tick in enumerate([*ticks, Tick.CLOSED]):
        if run is None:
            run = _Run(second, alert_s) if tick is Tick.RUNS else None
        if run is None:
            continue
        ended_s = run.take(second, tick, resume_within_s, clear_s)
        if ended_s is not None:
            found += run.episode(ended_s, cut=tick is not Tick.OVER)
            run = None
    return found


class _Run:
    """A clock that has begun."""

    def __init__(self, began_s: int, alert_s: float) -> None:
        self._began_s = began_s
        self._alert_s = alert_s
        self._counted_s = 0
        self._blind_s = 0
        self._over_s = 0
        self._near_s: float | None = None
        self._due_s: float | None = None

    def take(self, second: int, tick: Tick, resume_within_s: float, clear_s: float) -> int | None:
        """One second more. When it ends the episode: since when it has been over."""
        match tick:
            case Tick.CLOSED:
                return second
            case Tick.BLIND:
                self._blind_s += 1
                return second + 1 - self._blind_s if self._blind_s > resume_within_s else None
            case Tick.OVER:
                self._blind_s = 0
                self._over_s += 1
                over = self._due_s is None or self._over_s >= clear_s
                return second + 1 - self._over_s if over else None
        self._blind_s = self._over_s = 0
        if tick is Tick.RUNS:
            self._count(second)
        return None

    def episode(self, ended_s: int, *, cut: bool) -> Iterator[Episode]:
        """Nothing where the clock came nowhere near the threshold. `cut`: by the hours, the scene or a loss of sight."""
        if self._near_s is None:
            return
        too_late = cut and self._due_s is not None and ended_s - self._due_s < TOLERANCE_S
        yield Episode(self._began_s, ended_s, self._counted_s, self._near_s, None if too_late else self._due_s)

    def _count(self, second: int) -> None:
        self._counted_s += 1
        if self._near_s is None and self._counted_s >= self._alert_s - TOLERANCE_S:
            self._near_s = second + 1 - min(1.0, self._counted_s - (self._alert_s - TOLERANCE_S))
        if self._due_s is None and self._counted_s >= self._alert_s:
            self._due_s = second + 1 - (self._counted_s - self._alert_s)


def _unhidden(window: WindowColumns) -> WindowColumns:
    """As it would be if nobody stood in the way: what a camera's fault hides stays hidden."""
    pairs = zip(window.visible, window.faulty, strict=True)
    return replace(window, visible=tuple(visible or not faulty for visible, faulty in pairs))


def _clock(ticks: Iterable[Tick], resume_within_s: float) -> list[int]:
    stands: list[int] = []
    counted_s = blind_s = 0
    for tick in ticks:
        blind_s = blind_s + 1 if tick is Tick.BLIND else 0
        if tick in (Tick.OVER, Tick.CLOSED) or blind_s > resume_within_s:
            counted_s = 0
        counted_s += tick is Tick.RUNS
        stands.append(counted_s)
    return stands


def held(flags: Sequence[bool], at_least_s: float) -> list[bool]:
    """Which seconds lie in an unbroken stretch of at least that many."""
    result: list[bool] = []
    for flag, stretch in groupby(flags):
        length = len(list(stretch))
        result += [flag and length >= at_least_s] * length
    return result


Row = tuple[bool, bool | None, bool, bool]
"""In service, staffed, on duty (staffed for long enough to count), visible."""


def _rows(window: WindowColumns, on_duty_after_s: float) -> Iterator[Row]:
    on_duty = held([staffed is True for staffed in window.staffed], on_duty_after_s)
    return zip(window.in_service, window.staffed, on_duty, window.visible, strict=True)


def _absence(in_service: bool, staffed: bool | None, on_duty: bool, visible: bool) -> Tick:
    if not in_service:
        return Tick.CLOSED
    if on_duty:
        return Tick.OVER  # also when nobody saw it: who was there was not absent
    if not visible or staffed is None:
        return Tick.BLIND
    return Tick.HOLDS if staffed else Tick.RUNS


def _waiting(absence: Tick, visitor: bool | None, spot_visible: bool) -> Tick:
    if absence in (Tick.CLOSED, Tick.OVER) or visitor is False:
        return Tick.CLOSED if absence is Tick.CLOSED else Tick.OVER
    if visitor is None or not spot_visible:
        return Tick.BLIND
    return absence


def _queue(queue: QueueColumns, second: int) -> Tick:
    length = queue.length[second]
    if not queue.in_service[second]:
        return Tick.CLOSED
    if not queue.visible[second] or length is None:
        return Tick.BLIND
    rules = queue.thresholds
    each, wait_s = length / max(1, queue.serving[second]), queue.wait_s[second] or 0.0
    if each >= rules.queue_per_window_enter or wait_s >= rules.queue_wait_alert_s:
        return Tick.RUNS
    over = each < rules.queue_per_window_exit and wait_s < WAIT_EXIT * rules.queue_wait_alert_s
    return Tick.OVER if over else Tick.HOLDS
