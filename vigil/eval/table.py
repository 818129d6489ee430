"""The report as Markdown, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from vigil.eval import slices
from vigil.eval.bootstrap import Figure
from vigil.eval.report import Finding, Report

_SHARES: Final = {"precision", "recall", "coverage", "stated", "unknown", "left_out"}
_COUNTS: Final = {"expected", "raised", "borderline", "unjudged", "camera_fault_alerts"}
_COLUMNS: Final = {
    "staffing.unstaffed.precision": "unstaffed precision",
    "staffing.unstaffed.recall": "unstaffed recall",
    "staffing.unknown.visible": "unknown, visible",
    "absence.precision": "absence precision",
    "absence.recall": "absence recall",
    "absence.false_per_window_day": "false a window-day",
    "unserved.recall": "unserved recall",
    "queue.mae": "queue MAE",
    "wait.coverage": "wait coverage",
}
"""What the table by slice shows."""
_MOST_FINDINGS: Final = 50


def markdown(report: Report) -> str:
    """The whole report. Intervals are 95 %."""
    sections = [
        f"# Evaluation of {report.system}",
        _scope(report),
        "## Measures",
        _measures(report),
        *_by_slice(report),
        "## Wrong alerts",
        _wrong(report.findings),
    ]
    return "\n\n".join(sections) + "\n"


def shown(name: str, figure: Figure) -> str:
    """A figure as people read it: shares with three digits, seconds with one, counts whole."""
    if figure.value is None:
        return "–"
    return _number(name, figure.value)


def _scope(report: Report) -> str:
    seconds = sum(scene.seconds for scene in report.scenes)
    silent = [scene.scene for scene in report.scenes if scene.in_service_s == 0]
    days = report.figure("staffing.window_days").value or 0.0
    text = (
        f"{len(report.scenes)} scenes of {seconds / 3600:.2f} h together, {days:.2f} window-days of service. "
        "Intervals are 95 %, by a bootstrap over windows of scenes (for queues and waits over scenes)."
    )
    if silent:
        text += f"\n\nWholly out of hours, so nothing is measured in them: {', '.join(silent)}."
    return text


def _measures(report: Report) -> str:
    measures = report.measures[slices.ALL]
    rows = (
        (f"`{name}`", shown(name, figure), _interval(name, figure), _count(figure), str(figure.units))
        for name, figure in measures.items()
        if figure.value is not None
    )
    silent = [f"`{name}`" for name, figure in measures.items() if figure.value is None]
    text = _table(("measure", "value", "95 %", "of", "units"), rows)
    return f"{text}\n\nNothing to measure: {', '.join(silent)}." if silent else text


def _by_slice(report: Report) -> Iterator[str]:
    parts = [name for name in report.measures if name != slices.ALL]
    if not parts:
        return
    yield "## By condition and tag"
    rows = (
        (f"`{part}`", *(shown(name, report.figure(name, part)) for name in _COLUMNS)) for part in (slices.ALL, *parts)
    )
    yield _table(("slice", *_COLUMNS.values()), rows)


def _wrong(findings: Sequence[Finding]) -> str:
    if not findings:
        return "None."
    rows = (
        (
            one.scene,
            one.kind,
            one.outcome + (", camera fault" if one.camera_fault else ""),
            one.window or "",
            f"{one.from_s:.0f}–{one.to_s:.0f} s",
            one.at,
        )
        for one in findings[:_MOST_FINDINGS]
    )
    text = _table(("scene", "kind", "outcome", "window", "in the scene", "at"), rows)
    left = len(findings) - _MOST_FINDINGS
    return f"{text}\n\nAnd {left} more, all of them in report.json." if left > 0 else text


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _interval(name: str, figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_number(name, figure.low)} to {_number(name, figure.high)}"


def _count(figure: Figure) -> str:
    return f"{figure.count:.6g}" if figure.count else ""


def _number(name: str, value: float) -> str:
    parts = set(name.split("."))
    if parts & _COUNTS:
        return f"{value:.0f}"
    if "_s" in name:
        return f"{value:.1f} s"
    return f"{value:.3f}" if parts & _SHARES else f"{value:.2f}"
