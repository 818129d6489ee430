"""All figures of a report: results of scenes to measures, of all seconds and of each slice.

docs/design/evaluation.md defines each of them. Names are stable; they are the keys of report.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from vigil.eval import expected, slices
from vigil.eval.bootstrap import Figure, quantile, ratio, total
from vigil.eval.expected import Episode
from vigil.eval.queues import BANDS, LaneSeconds, WaitRow, lengths, of_queue, waits
from vigil.eval.scene import SceneTruth, WindowColumns
from vigil.eval.seconds import Confusion, Mask, WindowSeconds, confusion, of_window
from vigil.eval.slices import Setting
from vigil.eval.statements import Statements
from vigil.eval.verdicts import Outcome, TrueClock, Verdict, judge
from vigil.model.alerts import AlertKind

WINDOW_DAY_S: Final = 7 * 3600
"""Hours of service of one window on one workday."""

Measures = dict[str, Figure]

_TOLD: Final = (Outcome.FOUND, Outcome.EARLY)


@dataclass(frozen=True, slots=True, eq=False)
class WindowUnit:
    """One window of one scene: a piece of evidence of its own."""

    setting: Setting
    seconds: WindowSeconds
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, eq=False)
class QueueUnit:
    """The queue of one scene."""

    setting: Setting
    seconds: LaneSeconds
    verdicts: tuple[Verdict, ...]
    waits: tuple[WaitRow, ...]


def window_units(truth: SceneTruth, statements: Statements) -> list[WindowUnit]:
    return [_window_unit(window, truth, statements) for window in truth.windows]


def queue_units(truth: SceneTruth, statements: Statements) -> list[QueueUnit]:
    queue = truth.queue
    if queue is None:
        return []
    alerts = [alert for alert in statements.alerts if alert.kind is AlertKind.QUEUE_BUILDUP]
    known = [length is not None for length in queue.length]
    verdicts = judge(AlertKind.QUEUE_BUILDUP, alerts, expected.build_ups(queue), known)
    setting = Setting(truth.seconds, queue.tags, queue.conditions)
    return [QueueUnit(setting, of_queue(queue, statements), tuple(verdicts), tuple(waits(truth, statements)))]


def measure(windows: Sequence[WindowUnit], queues: Sequence[QueueUnit], name: str = slices.ALL) -> Measures:
    """Every measure over one slice. A measure of which the slice has nothing has the value None."""
    cut = [(unit, slices.mask(unit.setting, name)) for unit in windows]
    counts = [confusion(unit.seconds, mask) for unit, mask in cut]
    verdicts = [_within(unit.verdicts, name, mask) for unit, mask in cut]
    lanes = [(unit, slices.mask(unit.setting, name)) for unit in queues]
    return {
        **_staffing(counts),
        **_alerts("absence", [_of(AlertKind.WINDOW_UNSTAFFED, some) for some in verdicts]),
        **_absences([_of(AlertKind.WINDOW_UNSTAFFED, some) for some in verdicts], counts),
        **_alerts("unserved", [_of(AlertKind.UNSERVED_VISITOR, some) for some in verdicts]),
        **_alerts("queue_alert", [_within(unit.verdicts, name, mask) for unit, mask in lanes]),
        **_lengths(lanes),
        **_waiting([_joined(unit.waits, name, mask) for unit, mask in lanes]),
    }


def _window_unit(window: WindowColumns, truth: SceneTruth, statements: Statements) -> WindowUnit:
    def judged(kind: AlertKind, episodes: Sequence[Episode], known: Sequence[bool], clock: TrueClock) -> list[Verdict]:
        alerts = [alert for alert in statements.alerts if alert.kind is kind and alert.window == window.window]
        return judge(kind, alerts, episodes, known, window, clock)

    staffed = [one is not None for one in window.staffed]
    both = [known and visitor is not None for known, visitor in zip(staffed, window.visitor, strict=True)]
    verdicts = [
        *judged(
            AlertKind.WINDOW_UNSTAFFED,
            expected.absences(window),
            staffed,
            TrueClock(expected.absent_clock(window), window.thresholds.absence_alert_s),
        ),
        *judged(
            AlertKind.UNSERVED_VISITOR,
            expected.unserved(window),
            both,
            TrueClock(expected.unserved_clock(window), window.thresholds.unserved_alert_s),
        ),
    ]
    setting = Setting(truth.seconds, window.tags, window.conditions)
    return WindowUnit(setting, of_window(window, statements.windows.get(window.window)), tuple(verdicts))


def _within(verdicts: Iterable[Verdict], name: str, mask: Mask) -> list[Verdict]:
    return [one for one in verdicts if slices.touches(name, mask, one.from_s, one.to_s)]


def _joined(rows: Iterable[WaitRow], name: str, mask: Mask) -> list[WaitRow]:
    return [row for row in rows if slices.touches(name, mask, row.joined_s, row.served_s)]


def _of(kind: AlertKind, verdicts: Iterable[Verdict]) -> list[Verdict]:
    return [one for one in verdicts if one.kind is kind]


def _staffing(counts: Sequence[Confusion]) -> Measures:
    def share(above: Callable[[Confusion], int], *below: Callable[[Confusion], int]) -> Figure:
        return ratio([above(one) for one in counts], [sum(part(one) for part in below) for one in counts])

    return {
        "staffing.unstaffed.precision": share(
            lambda one: one.right_unstaffed, lambda one: one.right_unstaffed, lambda one: one.wrong_unstaffed
        ),
        "staffing.unstaffed.recall": share(
            lambda one: one.right_unstaffed, lambda one: one.right_unstaffed, lambda one: one.wrong_staffed
        ),
        "staffing.staffed.precision": share(
            lambda one: one.right_staffed, lambda one: one.right_staffed, lambda one: one.wrong_staffed
        ),
        "staffing.staffed.recall": share(
            lambda one: one.right_staffed, lambda one: one.right_staffed, lambda one: one.wrong_unstaffed
        ),
        "staffing.unknown.visible": share(lambda one: one.unknown_seen, lambda one: one.seen),
        "staffing.unknown.invisible": share(lambda one: one.unknown_unseen, lambda one: one.unseen),
        "staffing.left_out": share(lambda one: one.delayed, lambda one: one.seen + one.unseen),
        "staffing.window_days": total([(one.seen + one.unseen) / WINDOW_DAY_S for one in counts]),
    }


def _alerts(what: str, verdicts: Sequence[Sequence[Verdict]]) -> Measures:
    """One sequence of verdicts a unit."""

    def counts(*outcomes: Outcome) -> list[int]:
        return [sum(one.outcome in outcomes for one in some) for some in verdicts]

    errors = [[one.error_s for one in some if one.error_s is not None] for some in verdicts]
    return {
        f"{what}.precision": ratio(counts(Outcome.FOUND), counts(*_TOLD, Outcome.FALSE)),
        f"{what}.recall": ratio(counts(*_TOLD), counts(*_TOLD, Outcome.MISSED)),
        f"{what}.time_error_s.median": quantile(errors, 0.5),
        f"{what}.time_error_s.abs_p95": quantile([[abs(one) for one in some] for some in errors], 0.95),
        f"{what}.expected": total(counts(*_TOLD, Outcome.MISSED)),
        f"{what}.raised": total(
            [len(some) - missed for some, missed in zip(verdicts, counts(Outcome.MISSED), strict=True)]
        ),
        f"{what}.borderline": total(counts(Outcome.BORDERLINE)),
        f"{what}.unjudged": total(counts(Outcome.UNJUDGED)),
    }


def _absences(verdicts: Sequence[Sequence[Verdict]], counts: Sequence[Confusion]) -> Measures:
    false = [sum(one.outcome in (Outcome.FALSE, Outcome.EARLY) for one in some) for some in verdicts]
    days = [(one.seen + one.unseen) / WINDOW_DAY_S for one in counts]
    return {
        "absence.false_per_window_day": ratio(false, days),
        "absence.camera_fault_alerts": total([sum(one.camera_fault for one in some) for some in verdicts]),
    }


def _lengths(lanes: Sequence[tuple[QueueUnit, Mask]]) -> Measures:
    found: Measures = {}
    for name, band in [("", None), *((f".{low}-{high}", (low, high)) for low, high in BANDS)]:
        sums = [lengths(unit.seconds, mask, band) for unit, mask in lanes]
        stated = [one.stated for one in sums]
        found[f"queue.mae{name}"] = ratio([one.absolute for one in sums], stated)
        found[f"queue.bias{name}"] = ratio([one.error for one in sums], stated)
        found[f"queue.stated{name}"] = ratio(stated, [one.seconds for one in sums])
    return found


def _waiting(rows: Sequence[Sequence[WaitRow]]) -> Measures:
    """One sequence of visits a scene."""
    stated = [[row for row in some if row.covered is not None] for some in rows]
    said = [len(some) for some in stated]
    return {
        "wait.mae_s": ratio([sum(abs(row.error_s or 0.0) for row in some) for some in stated], said),
        "wait.coverage": ratio([sum(bool(row.covered) for row in some) for some in stated], said),
        "wait.width_s.median": quantile([[row.width_s or 0.0 for row in some] for some in stated], 0.5),
        "wait.stated": ratio(said, [len(some) for some in rows]),
    }
