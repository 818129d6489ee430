"""Pictures of a scene as SVG: truth above, what was stated below, alerts as marks; the queue as it was and as it was told.

Written by hand: such a picture is a few hundred rectangles, and a browser draws it crisp at any size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Final, TypeVar

from vigil.eval.evaluation import SceneResult
from vigil.eval.scene import QueueColumns, SceneTruth, WindowColumns
from vigil.eval.statements import StatedAlert, Statements, WindowStatements
from vigil.model.alerts import AlertKind
from vigil.model.looks import Staffing

T = TypeVar("T")

_LEFT: Final = 110
_WIDTH: Final = 1000
_RIGHT: Final = 30
_ROW: Final = 14
_LANE: Final = 56
_TOP: Final = 64
_CHART: Final = 260
_STEPS_S: Final = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS: Final = 12

_COLOURS: Final = {
    "staffed": "#4c9f70",
    "unstaffed": "#d1495b",
    "unknown": "#b8bcc4",
    "not visible": "#f2c14e",
    "closed": "#eef0f3",
}
_MARKS: Final = {AlertKind.WINDOW_UNSTAFFED: "#8b1e2d", AlertKind.UNSERVED_VISITOR: "#5b2a86"}
_TRUE, _TOLD, _BAND = "#1f2933", "#2374ab", "#2374ab22"


def windows_svg(result: SceneResult) -> str:
    """One lane a window: truth above, statement below, a triangle for each alert at the time when it was raised."""
    truth, statements = result.truth, result.statements
    height = _TOP + _LANE * len(truth.windows) + 40
    parts = [_title(f"{truth.scene}: what was so (above) and what {statements.system} stated (below)"), *_legend()]
    for index, window in enumerate(truth.windows):
        parts += _lane(window, truth, statements, _TOP + index * _LANE)
    parts += _axis(truth, _TOP + _LANE * len(truth.windows))
    return _document(height, parts)


def queue_svg(result: SceneResult) -> str | None:
    """People in view and people stated over time; None where the scene has no queue."""
    queue, truth = result.truth.queue, result.truth
    if queue is None:
        return None
    told = [*result.statements.queue[: truth.seconds]]
    told += [None] * (truth.seconds - len(told))
    top = max((value for value in (*queue.in_view, *told) if value is not None), default=0)
    scale = _CHART / max(5, top + 1)
    parts = [_title(f"{truth.scene}: people in the queue, true (dark) and stated (blue)")]
    parts += _levels(max(5, top + 1), scale)
    parts += _unseen(queue, truth)
    parts += _line(queue.in_view, truth, scale, _TRUE, 2.0)
    parts += _line(told, truth, scale, _TOLD, 1.5)
    parts += _axis(truth, _TOP + _CHART)
    return _document(_TOP + _CHART + 40, parts)


def _lane(window: WindowColumns, truth: SceneTruth, statements: Statements, y: float) -> Iterator[str]:
    stated = statements.windows.get(window.window)
    true = [_true_state(window, second) for second in range(truth.seconds)]
    said = [_said_state(window, stated, second) for second in range(truth.seconds)]
    yield _text(_LEFT - 8, y + _ROW + 4, window.window, anchor="end")
    yield from _row(true, truth, y)
    yield from _row(said, truth, y + _ROW + 2)
    for alert in statements.alerts:
        if alert.window == window.window and alert.kind in _MARKS:
            yield _mark(alert, truth, y + 2 * _ROW + 4)


def _true_state(window: WindowColumns, second: int) -> str:
    if not window.in_service[second]:
        return "closed"
    if not window.visible[second]:
        return "not visible"
    staffed = window.staffed[second]
    if staffed is None:
        return "unknown"
    return "staffed" if staffed else "unstaffed"


def _said_state(window: WindowColumns, stated: WindowStatements | None, second: int) -> str:
    if not window.in_service[second]:
        return "closed"
    if stated is None or second >= len(stated.staffing):
        return Staffing.UNKNOWN.value
    return stated.staffing[second].value


def _row(states: Sequence[str], truth: SceneTruth, y: float) -> Iterator[str]:
    for state, first, after in _stretches(states):
        x, end = _x(first, truth), _x(after, truth)
        yield f'<rect x="{x:.1f}" y="{y:g}" width="{end - x:.1f}" height="{_ROW}" fill="{_COLOURS[state]}"/>'


def _mark(alert: StatedAlert, truth: SceneTruth, y: float) -> str:
    x = _x(alert.raised_s, truth)
    corners = f"{x:.1f},{y:g} {x - 5:.1f},{y + 9:g} {x + 5:.1f},{y + 9:g}"
    told = escape(f"{alert.kind.value}, raised at {alert.raised_s:.0f} s")
    return f'<polygon points="{corners}" fill="{_MARKS[alert.kind]}"><title>{told}</title></polygon>'


def _legend() -> Iterator[str]:
    x = float(_LEFT)
    for name, colour in _COLOURS.items():
        yield f'<rect x="{x:g}" y="36" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 17, 46, name)
        x += 40 + 7 * len(name)
    for kind, colour in _MARKS.items():
        yield f'<polygon points="{x + 6:g},37 {x:g},48 {x + 12:g},48" fill="{colour}"/>'
        yield _text(x + 17, 46, kind.value)
        x += 40 + 7 * len(kind.value)


def _levels(most: int, scale: float) -> Iterator[str]:
    for people in range(0, most + 1, max(1, most // 6)):
        y = _TOP + _CHART - people * scale
        yield f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_COLOURS["closed"]}"/>'
        yield _text(_LEFT - 8, y + 4, str(people), anchor="end")


def _unseen(queue: QueueColumns, truth: SceneTruth) -> Iterator[str]:
    """Bands in which no camera saw the lane."""
    for visible, first, after in _stretches(queue.visible):
        if not visible:
            x, end = _x(first, truth), _x(after, truth)
            fill = _COLOURS["not visible"]
            yield (
                f'<rect x="{x:.1f}" y="{_TOP}" width="{end - x:.1f}" height="{_CHART}" fill="{fill}" fill-opacity="0.4"/>'
            )


def _line(values: Sequence[int | None], truth: SceneTruth, scale: float, colour: str, width: float) -> Iterator[str]:
    """A line of steps, broken where nothing is known."""
    path = ""
    for value, first, after in _stretches(values):
        if value is None:
            path += " "
            continue
        y = _TOP + _CHART - value * scale
        joined = "L" if path and not path.endswith(" ") else "M"
        path += f"{joined}{_x(first, truth):.1f} {y:.1f}H{_x(after, truth):.1f}"
    if path.strip():
        yield f'<path d="{path.strip()}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>'


def _axis(truth: SceneTruth, y: float) -> Iterator[str]:
    """Wall times of the scene's own zone, at round distances."""
    step = next((one for one in _STEPS_S if truth.seconds / one <= _MOST_TICKS), _STEPS_S[-1])
    start_s = truth.start_at.hour * 3600 + truth.start_at.minute * 60 + truth.start_at.second
    first = math.ceil(start_s / step) * step - start_s
    for second in range(first, truth.seconds + 1, step):
        x = _x(second, truth)
        at = (start_s + second) % 86_400
        clock = f"{at // 3600:02d}:{at // 60 % 60:02d}" + (f":{at % 60:02d}" if step < 60 else "")
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y:g}" y2="{y + 5:g}" stroke="{_TRUE}"/>'
        yield _text(x, y + 18, clock, anchor="middle")


def _stretches(values: Sequence[T]) -> Iterator[tuple[T, int, int]]:
    """(value, first second, second after the last) of each unbroken stretch."""
    first = 0
    for value, stretch in groupby(values):
        after = first + sum(1 for _ in stretch)
        yield value, first, after
        first = after


def _x(second: float, truth: SceneTruth) -> float:
    return _LEFT + _WIDTH * second / max(1, truth.seconds)


def _title(text: str) -> str:
    return f'<text x="{_LEFT}" y="22" font-size="14" font-weight="600" fill="{_TRUE}">{escape(text)}</text>'


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_TRUE}">{escape(text)}</text>'


def _document(height: float, parts: Sequence[str]) -> str:
    width = _LEFT + _WIDTH + _RIGHT
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}" '
        'font-family="sans-serif" font-size="11">'
    )
    return "\n".join([head, f'<rect width="{width}" height="{height:g}" fill="#ffffff"/>', *parts, "</svg>"]) + "\n"
