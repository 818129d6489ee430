"""From counts to statements without a doubt: somebody is there or nobody is, and the alert comes after so many seconds.

There is no unknown state, nothing is smoothed, and a single box anywhere in the staff area sets the clock back. The wait is
the queue times a service time by the number of windows, as one number: its range has no width.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.baselines.counts import CameraCounts, Counts
from vigil.eval.statements import StatedAlert, Statements, WindowStatements
from vigil.model.alerts import AlertKind
from vigil.model.ids import WindowId
from vigil.model.looks import Staffing, WaitEstimate


@dataclass(frozen=True, slots=True)
class NaiveRules:
    absence_alert_s: float = 300
    service_time_s: float = 180


@dataclass(frozen=True, slots=True)
class _Steps:
    """A value that holds from each time to the next; the first time is 0."""

    times: tuple[float, ...]
    values: tuple[int, ...]

    def at(self, t_s: float) -> int:
        return self.values[bisect_right(self.times, t_s) - 1]


def state(
    system: str,
    cameras: Sequence[CameraCounts],
    seconds: int,
    rules: NaiveRules,
    in_service: Sequence[bool] = (),
) -> Statements:
    """What the counts of a scene's cameras say in each of `seconds`. Anybody whom one camera sees at a window is there.

    `in_service` has an entry a second; outside of it no clock runs. Without it the hall is always open.
    """
    windows = sorted({window for camera in cameras for window in camera.windows})
    present = {window: _steps(cameras, _staff_of(window)) for window in windows}
    lane = _steps([camera for camera in cameras if _has_lane(camera)], lambda one: one.queue or 0)
    queue = tuple(lane.at(t_s) for t_s in range(seconds)) if any(map(_has_lane, cameras)) else ()
    alerts = [
        StatedAlert(AlertKind.WINDOW_UNSTAFFED, from_s, from_s + rules.absence_alert_s, to_s, window)
        for window in windows
        for from_s, to_s in _nobody(present[window], seconds, in_service)
        if from_s + rules.absence_alert_s < (math.inf if to_s is None else to_s)
        and from_s + rules.absence_alert_s <= seconds
    ]
    return Statements(
        system=system,
        windows={window: WindowStatements(_staffing(present[window], seconds)) for window in windows},
        queue=queue,
        waits=tuple(_wait(waiting, len(windows), rules) for waiting in queue),
        alerts=tuple(sorted(alerts, key=lambda alert: alert.raised_s)),
    )


def _staff_of(window: WindowId) -> Callable[[Counts], int]:
    return lambda one: one.staff.get(window, 0)


def _has_lane(camera: CameraCounts) -> bool:
    return any(one.queue is not None for one in camera.counts)


def _steps(cameras: Sequence[CameraCounts], pick: Callable[[Counts], int]) -> _Steps:
    """The most that any camera counts, at each time at which one of them counts anew."""
    newest = dict.fromkeys(range(len(cameras)), 0)
    times, values = [0.0], [0]
    events = sorted((one.at_s, index, pick(one)) for index, camera in enumerate(cameras) for one in camera.counts)
    for at_s, index, count in events:
        newest[index] = count
        times.append(max(at_s, 0.0))
        values.append(max(newest.values()))
    return _Steps(tuple(times), tuple(values))


def _staffing(present: _Steps, seconds: int) -> tuple[Staffing, ...]:
    return tuple(Staffing.STAFFED if present.at(t_s) else Staffing.UNSTAFFED for t_s in range(seconds))


def _nobody(present: _Steps, seconds: int, in_service: Sequence[bool]) -> Iterator[tuple[float, float | None]]:
    """(from, to) of each time in service without a single box; None where it lasts to the end."""
    began_s: float | None = None
    for t_s in sorted({*present.times, *range(len(in_service[:seconds]))}):
        open_ = t_s >= len(in_service) or in_service[int(t_s)]
        nobody = open_ and present.at(t_s) == 0
        if nobody and began_s is None:
            began_s = t_s
        elif not nobody and began_s is not None:
            yield began_s, t_s
            began_s = None
    if began_s is not None:
        yield began_s, None


def _wait(waiting: int, windows: int, rules: NaiveRules) -> WaitEstimate | None:
    if windows == 0:
        return None
    seconds = waiting * rules.service_time_s / windows
    return WaitEstimate(seconds, seconds, seconds)
