"""What an evaluation says: all measures, by slice, with each alert that was wrong. report.json is this, key for key."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, Final

from vigil import __version__
from vigil.eval import slices
from vigil.eval.bootstrap import Figure
from vigil.eval.evaluation import SceneResult
from vigil.eval.measures import Measures, QueueUnit, WindowUnit, measure, queue_units, window_units
from vigil.eval.verdicts import Outcome, Verdict
from vigil.model.site import Thresholds

VERSION: Final = 1
"""Of report.json's form: it rises when a key changes its meaning or goes."""

_WRONG: Final = (Outcome.MISSED, Outcome.FALSE, Outcome.EARLY)
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class SceneSummary:
    """What a scene is made of. `in_service_s` is 0 for a scene wholly out of hours, of which nothing is measured."""

    scene: str
    start_at: str
    seconds: int
    in_service_s: int
    cameras: tuple[str, ...]
    windows: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """An alert that was wrong or missing: where to look. `at` is the wall time of `from_s`."""

    scene: str
    kind: str
    outcome: str
    window: str | None
    at: str
    from_s: float
    to_s: float
    error_s: float | None
    camera_fault: bool


@dataclass(frozen=True, slots=True)
class Report:
    system: str
    thresholds: Thresholds
    scenes: tuple[SceneSummary, ...]
    measures: dict[str, Measures]
    """By slice: `all`, `condition:NAME`, `tag:TAG`."""
    findings: tuple[Finding, ...]

    def figure(self, name: str, of: str = slices.ALL) -> Figure:
        """One measure, over everything or over one slice."""
        return self.measures[of][name]


def summarise(results: Sequence[SceneResult]) -> Report:
    """The report over scenes. They must be of one system; thresholds are those of the first."""
    windows = [(one, unit) for one in results for unit in window_units(one.truth, one.statements)]
    queues = [(one, unit) for one in results for unit in queue_units(one.truth, one.statements)]
    parts = slices.names([unit.setting for _, unit in windows] + [unit.setting for _, unit in queues])
    return Report(
        results[0].statements.system,
        results[0].thresholds,
        tuple(_summary(one) for one in results),
        {name: measure([unit for _, unit in windows], [unit for _, unit in queues], name) for name in parts},
        tuple(_findings([*windows, *queues])),
    )


def as_json(report: Report) -> str:
    """Numbers rounded to 4 places; what could not be measured is null."""
    fields: dict[str, Any] = {
        "version": VERSION,
        "vigil": __version__,
        "system": report.system,
        "thresholds": dataclasses.asdict(report.thresholds),
        "scenes": [dataclasses.asdict(one) for one in report.scenes],
        "measures": {
            part: {name: _rounded(figure) for name, figure in measures.items()}
            for part, measures in report.measures.items()
        },
        "findings": [dataclasses.asdict(one) for one in report.findings],
    }
    return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"


def _rounded(figure: Figure) -> dict[str, float | None]:
    return {
        name: None if value is None else round(value, _DIGITS) for name, value in dataclasses.asdict(figure).items()
    }


def _summary(result: SceneResult) -> SceneSummary:
    truth = result.truth
    opened = zip(*(window.in_service for window in truth.windows), strict=True) if truth.windows else ()
    in_service = truth.queue.in_service if truth.queue else ()
    return SceneSummary(
        truth.scene,
        truth.start_at.isoformat(),
        truth.seconds,
        max(sum(any(row) for row in opened), sum(in_service)),
        tuple(truth.cameras),
        tuple(window.window for window in truth.windows),
        truth.tags,
    )


def _findings(units: Sequence[tuple[SceneResult, WindowUnit | QueueUnit]]) -> list[Finding]:
    found = chain.from_iterable(((result, one) for one in unit.verdicts) for result, unit in units)
    return [_finding(result, one) for result, one in found if one.outcome in _WRONG or one.camera_fault]


def _finding(result: SceneResult, verdict: Verdict) -> Finding:
    at = result.truth.start_at + timedelta(seconds=verdict.from_s)
    return Finding(
        result.truth.scene,
        verdict.kind.value,
        verdict.outcome.value,
        verdict.window,
        at.isoformat(timespec="seconds"),
        round(verdict.from_s, 1),
        round(verdict.to_s, 1),
        None if verdict.error_s is None else round(verdict.error_s, 1),
        verdict.camera_fault,
    )
