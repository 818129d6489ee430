"""Measures how often vigil is right, on simulated halls, with two baselines on the same clips.

    python -m benchmarks.accuracy             published seeds; writes results/accuracy.json and docs/accuracy.md
    python -m benchmarks.accuracy --tuning    the seeds on which rules may be tuned; writes neither

Clips and what the detector found in them are kept in `--keep`, so that a run which was interrupted goes on.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.accuracy import plan
from benchmarks.accuracy.page import page
from benchmarks.accuracy.plan import Take
from benchmarks.accuracy.takes import EVERY_PICTURE, ROOT, Outcome, look, rendered
from benchmarks.result import report as write_result
from vigil.eval import drawing, table
from vigil.eval.report import Report, as_json, summarise

KEEP: Final = ROOT / "var" / "accuracy"
PAGE: Final = ROOT / "docs" / "accuracy.md"
PICTURES: Final = ROOT / "docs" / "images"

NAMES: Final = {
    "absence_precision": "absence.precision",
    "absence_recall": "absence.recall",
    "time_to_alert_error_s": "absence.time_error_s.median",
    "false_alerts_per_window_day": "absence.false_per_window_day",
    "camera_fault_absence_alerts": "absence.camera_fault_alerts",
    "unserved_recall": "unserved.recall",
    "queue_mae": "queue.mae",
    "wait_coverage": "wait.coverage",
}
"""Metric of the result: measure of the evaluation."""
_QUICK_S: Final = 420.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run that writes nothing")
    parser.add_argument("--tuning", action="store_true", help="the seeds for tuning; nothing is published")
    parser.add_argument("--only", default="", help="takes whose name contains this; nothing is published")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="takes at a time, a process each")
    parser.add_argument("--keep", type=Path, default=KEEP, help="folder for clips and looks")
    parser.add_argument("--out", type=Path, help="folder for the reports of all systems")
    parser.add_argument(
        "--no-ultralytics", action="store_true", help="leave that baseline out: it takes half of the time"
    )
    parser.add_argument(
        "--calibrated",
        action="store_true",
        help="vigil once more, with rates from footage of the same hall and light under a seed for tuning",
    )
    given = parser.parse_args()
    if given.quick:
        with TemporaryDirectory() as folder:
            outcomes = [look(take, Path(folder), seconds=_QUICK_S, ultralytics=False) for take in plan.QUICK]
            _publish(outcomes, save=False)
        return
    takes = [take for take in (plan.TUNING if given.tuning else plan.PUBLISHED) if given.only in take.name]
    outcomes = list(
        _looked(takes, given.keep, given.jobs, ultralytics=not given.no_ultralytics, calibrated=given.calibrated)
    )
    if given.out is not None:
        _write_reports(outcomes, given.out)
    _publish(outcomes, save=takes == list(plan.PUBLISHED))


def _looked(takes: Sequence[Take], keep: Path, jobs: int, *, ultralytics: bool, calibrated: bool) -> Iterator[Outcome]:
    """In the order of `takes`."""
    if calibrated:  # once, before several processes need the same clips
        for one in dict.fromkeys(take.calibration for take in takes):
            rendered(one, keep / one.name)
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        work = {pool.submit(look, take, keep, ultralytics=ultralytics, calibrated=calibrated): take for take in takes}
        done = {}
        for future in as_completed(work):
            done[work[future]] = future.result()
            print(f"{work[future].name} ({len(done)} of {len(takes)})", file=sys.stderr, flush=True)
    yield from (done[take] for take in takes)


def _publish(outcomes: Sequence[Outcome], *, save: bool) -> None:
    reports = _reports(outcomes)
    baselines = {
        name: _metrics(report) | {"scenes": len(report.scenes)} for name, report in reports.items() if name != "vigil"
    }
    same = {name: report for name in (EVERY_PICTURE, "ultralytics") if (report := _on_the_same(outcomes, name))}
    for name, report in same.items():
        baselines[f"vigil_on_{name.removeprefix('vigil_')}_scenes"] = _metrics(report) | {"scenes": len(report.scenes)}
    settings = {"takes": [outcome.take.name for outcome in outcomes], "detector": reports["vigil"].system}
    write_result("accuracy", settings, _metrics(reports["vigil"]), baselines, save=save)
    if save:
        PAGE.write_text(page(reports, same, outcomes), encoding="utf-8")
        _draw(outcomes)


def _reports(outcomes: Sequence[Outcome]) -> dict[str, Report]:
    """By system, each over the scenes that it was given."""
    results = {"vigil": [outcome.vigil for outcome in outcomes]}
    for outcome in outcomes:
        for name, result in outcome.baselines.items():
            results.setdefault(name, []).append(result)
    return {name: summarise(some) for name, some in results.items()}


def _on_the_same(outcomes: Sequence[Outcome], baseline: str) -> Report | None:
    """Vigil over the scenes that a baseline was given, so that the two stand side by side."""
    shared = [outcome.vigil for outcome in outcomes if baseline in outcome.baselines]
    return summarise(shared) if shared else None


def _metrics(report: Report) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for metric, measure in NAMES.items():
        figure = report.figure(measure)
        for suffix, value in (("", figure.value), ("_low", figure.low), ("_high", figure.high)):
            found[metric + suffix] = None if value is None else round(value, 4)
    return found


def _write_reports(outcomes: Sequence[Outcome], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, report in _reports(outcomes).items():
        (out / f"{name}.json").write_text(as_json(report), encoding="utf-8")
        (out / f"{name}.md").write_text(table.markdown(report), encoding="utf-8")
    for outcome in outcomes:
        (out / f"{outcome.take.name}-windows.svg").write_text(drawing.windows_svg(outcome.vigil), encoding="utf-8")
        queue = drawing.queue_svg(outcome.vigil)
        if queue is not None:
            (out / f"{outcome.take.name}-queue.svg").write_text(queue, encoding="utf-8")


def _draw(outcomes: Sequence[Outcome]) -> None:
    """The first hour and the first queue."""
    hour = next(outcome for outcome in outcomes if outcome.take.scenario == "hour")
    (PICTURES / "accuracy-windows.svg").write_text(drawing.windows_svg(hour.vigil), encoding="utf-8")
    queue = next(outcome for outcome in outcomes if outcome.take.scenario == "queue")
    drawn = drawing.queue_svg(queue.vigil)
    assert drawn is not None, "the scenes of the queue have a lane"
    (PICTURES / "accuracy-queue.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
