"""Alerts held against what was expected, one to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from vigil.eval.expected import TOLERANCE_S, Episode
from vigil.eval.scene import WindowColumns
from vigil.eval.statements import StatedAlert
from vigil.model.alerts import AlertKind
from vigil.model.ids import WindowId


class Outcome(StrEnum):
    FOUND = "found"  # expected, and told
    EARLY = "early"  # expected, and told before it was true: found, and false when it was told
    MISSED = "missed"  # expected, and not told
    FALSE = "false"  # told, and not expected
    BORDERLINE = "borderline"  # told, and by at most TOLERANCE_S not expected: neither right nor wrong
    UNJUDGED = "unjudged"  # told, where the truth is not known


@dataclass(frozen=True, slots=True)
class Verdict:
    """One alert, one expected episode, or both. `error_s` is by how much the alert came after it was due.

    `camera_fault`: it was told while a fault hid the window, or counts time in which somebody was there unseen.
    """

    kind: AlertKind
    outcome: Outcome
    from_s: float
    to_s: float
    window: WindowId | None = None
    error_s: float | None = None
    camera_fault: bool = False


@dataclass(frozen=True, slots=True)
class TrueClock:
    """How long it has been true, by second, hidden by people or not, and for how long it must be. An alert then is no guess."""

    stands_s: Sequence[int]
    alert_s: float

    def lacks_s(self, at_s: float) -> float:
        """How much is left to the threshold at that time; 0 when it is reached."""
        return max(0.0, self.alert_s - self.stands_s[_within(at_s, len(self.stands_s))])


def judge(
    kind: AlertKind,
    alerts: Sequence[StatedAlert],
    episodes: Sequence[Episode],
    known: Sequence[bool],
    window: WindowColumns | None = None,
    clock: TrueClock | None = None,
) -> list[Verdict]:
    """Alerts and episodes of one kind and one window (or one queue). `known`: the seconds of which the truth is known.

    An alert belongs to the first episode in which it was told: from TOLERANCE_S before it began to TOLERANCE_S after it
    ended. Each episode has one alert and each alert one episode; what is told again is false. Where people hid the window for
    a while, an alert that was true when it was told is found, whether or not it could be expected.
    """
    left = sorted(episodes, key=lambda episode: episode.began_s)
    found: list[Verdict] = []
    for alert in sorted(alerts, key=lambda one: one.raised_s):
        episode = next((one for one in left if _told_in(alert, one)), None)
        if episode is not None:
            left.remove(episode)
        is_known = known[_within(alert.raised_s, len(known))]
        told = any(verdict.outcome is not Outcome.FALSE and _same(verdict, alert) for verdict in found)
        found.append(_of_alert(kind, alert, episode, window, None if told else clock, known=is_known))
    missed = [episode for episode in left if episode.due_s is not None]
    name = window.window if window else None
    found += [Verdict(kind, Outcome.MISSED, one.began_s, one.ended_s, name) for one in missed]
    return sorted(found, key=lambda verdict: verdict.from_s)


def _told_in(alert: StatedAlert, episode: Episode) -> bool:
    return episode.began_s - TOLERANCE_S <= alert.raised_s <= episode.ended_s + TOLERANCE_S


def _same(verdict: Verdict, alert: StatedAlert) -> bool:
    """Whether that alert told of this absence already."""
    return alert.began_s < verdict.to_s


def _of_alert(
    kind: AlertKind,
    alert: StatedAlert,
    episode: Episode | None,
    window: WindowColumns | None,
    clock: TrueClock | None,
    *,
    known: bool,
) -> Verdict:
    outcome, error_s = _outcome(alert, episode, clock, known=known)
    return Verdict(
        kind,
        outcome,
        alert.began_s,
        alert.raised_s,
        window.window if window else None,
        error_s,
        window is not None and _hidden(alert, window),
    )


def _outcome(
    alert: StatedAlert, episode: Episode | None, clock: TrueClock | None, *, known: bool
) -> tuple[Outcome, float | None]:
    lacks_s = clock.lacks_s(alert.raised_s) if clock is not None else None
    ripe = lacks_s is not None and lacks_s <= TOLERANCE_S
    if episode is None or (episode.due_s is None and lacks_s == 0):
        if ripe:
            return (Outcome.FOUND, 0.0) if lacks_s == 0 else (Outcome.BORDERLINE, None)
        return (Outcome.FALSE if known else Outcome.UNJUDGED), None
    early = alert.raised_s < episode.near_s and not ripe
    if episode.due_s is None:
        return (Outcome.FALSE if early else Outcome.BORDERLINE), None
    error_s = alert.raised_s - episode.due_s
    if ripe and error_s < 0:
        error_s = -(lacks_s or 0.0)  # before it could be expected, and true all the same
    return (Outcome.EARLY if early else Outcome.FOUND), error_s


def _hidden(alert: StatedAlert, window: WindowColumns) -> bool:
    raised = _within(alert.raised_s, len(window.staffed))
    if window.faulty[raised] and not window.visible[raised]:
        return True
    counted = range(max(int(alert.began_s), 0), raised)
    return any(window.staffed[second] is True and not window.visible[second] for second in counted)


def _within(at_s: float, seconds: int) -> int:
    """The second of the scene in which that is, or the nearest."""
    return min(max(int(at_s), 0), seconds - 1)
