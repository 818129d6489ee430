"""Scenes written by hand: a letter a second. Thresholds are short, so that a scene is a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from vigil.eval.evaluation import SceneResult
from vigil.eval.scene import QueueColumns, SceneTruth, WindowColumns
from vigil.eval.statements import StatedAlert, Statements, WindowStatements
from vigil.model.alerts import AlertKind
from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.looks import Staffing, WaitEstimate
from vigil.model.site import Thresholds
from vigil.model.truth import Condition, VisitTruth

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Nine o'clock on a Monday in Shanghai."""
ONE, TWO = WindowId("one"), WindowId("two")
QUEUE = GroupId("queue")
RULES = Thresholds(
    on_duty_after_s=3,
    absent_after_s=4,
    absence_alert_s=20,
    absence_escalate_s=40,
    unserved_alert_s=10,
    resume_within_s=6,
    queue_alert_s=10,
    queue_clear_s=4,
)

_STAFFED = {"S": True, "s": True, "U": False, "u": False, "-": None, "c": None}
_SAID = {"S": Staffing.STAFFED, "U": Staffing.UNSTAFFED, "?": Staffing.UNKNOWN}


def window(
    staffed: str,
    visitor: str = "",
    *,
    name: WindowId = ONE,
    rules: Thresholds = RULES,
    conditions: Sequence[Condition] = (),
    tags: Sequence[str] = (),
    fault: str = "",
) -> WindowColumns:
    """S staffed, U unstaffed, s and u the same and no camera can see it, - not known, c closed. Visitor: V or a dot.

    In `fault` an x says that the camera has a fault.
    """
    visitor, fault = visitor.ljust(len(staffed), "."), fault.ljust(len(staffed), ".")
    return WindowColumns(
        name,
        rules,
        tuple(letter != "c" for letter in staffed),
        tuple(_STAFFED[letter] for letter in staffed),
        tuple({"V": True, ".": False, "-": None}[letter] for letter in visitor),
        tuple(letter in "SU-" for letter in staffed),
        tuple(letter in "SU-" for letter in staffed),
        tuple(letter == "x" for letter in fault),
        tuple(conditions),
        tuple(tags),
    )


def queue(
    length: Sequence[int | None],
    *,
    serving: int = 1,
    visible: str = "",
    waits: Sequence[float | None] = (),
    conditions: Sequence[Condition] = (),
) -> QueueColumns:
    """In `visible` an n says that no camera sees the lane."""
    seconds = len(length)
    return QueueColumns(
        QUEUE,
        RULES,
        (True,) * seconds,
        tuple(length),
        tuple(length),
        tuple(letter != "n" for letter in visible.ljust(seconds, "y")),
        (serving,) * seconds,
        tuple(waits) or (None,) * seconds,
        tuple(conditions),
    )


def truth(
    *windows: WindowColumns,
    lane: QueueColumns | None = None,
    scene: str = "scene",
    tags: Sequence[str] = (),
    visits: Sequence[VisitTruth] = (),
) -> SceneTruth:
    seconds = len(windows[0].staffed) if windows else len(lane.length) if lane else 0
    return SceneTruth(scene, AT, seconds, (CameraId("counter"),), tuple(tags), windows, lane, tuple(visits))


def said(states: str) -> WindowStatements:
    """S staffed, U unstaffed, ? unknown."""
    return WindowStatements(tuple(_SAID[letter] for letter in states))


def alert(
    raised_s: float,
    *,
    began_s: float = 0.0,
    ended_s: float | None = None,
    kind: AlertKind = AlertKind.WINDOW_UNSTAFFED,
    name: WindowId | None = ONE,
) -> StatedAlert:
    return StatedAlert(kind, began_s, raised_s, ended_s, name)


def statements(
    *states: str,
    alerts: Sequence[StatedAlert] = (),
    people: Sequence[int | None] = (),
    waits: Sequence[WaitEstimate | None] = (),
) -> Statements:
    """What is said of window one, window two …"""
    windows = dict(zip((ONE, TWO), (said(one) for one in states), strict=False))
    return Statements("a system", windows, tuple(people), tuple(waits), tuple(alerts))


def result(of: SceneTruth, told: Statements) -> SceneResult:
    return SceneResult(of, told, RULES)
