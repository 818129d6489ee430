"""The whole way, once: a clip with people in it, the detector that ships, the rules of the demonstration, a report on disk."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigil import cli
from vigil.eval import command
from vigil.model.ids import CameraId, WindowId
from vigil.model.truth import SecondTruth, TruthHeader, TruthSource, WindowTruth
from vigil.truth import lines

ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "sample_streams" / "gongan-counter-sub.mp4"
SECONDS = 90
AWAY, UNSURE = range(8, 71), (*range(6, 8), *range(71, 74))
"""Nobody at window 2, as sample_streams/README.md says; and the seconds in which the clerk goes and comes."""
WINDOWS = tuple(WindowId(f"gongan-{number}") for number in range(1, 5))
PRESENT = WindowTruth(staffed=True)


def row(second: int) -> SecondTruth:
    staffed = None if second in UNSURE else second not in AWAY
    windows = dict.fromkeys(WINDOWS, PRESENT) | {WINDOWS[1]: WindowTruth(staffed=staffed)}
    return SecondTruth(second, windows)


@pytest.fixture(autouse=True)
def _logs_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command sets logs for the whole process, and so not in a test."""
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
    monkeypatch.setattr(command, "_log_warnings_alone", lambda: None)


def test_an_absence_in_a_clip_is_found_and_nobody_else_is_accused(tmp_path: Path) -> None:
    header = TruthHeader(
        scene="gongan",
        camera=CameraId("gongan-counter"),
        source=TruthSource.LABEL,
        start_at=datetime.fromisoformat("2026-03-02T09:00:00+08:00"),
        seconds=SECONDS,
        width=640,
        height=360,
        fps=10,
        windows=WINDOWS,
        tags=("hall:gongan",),
    )
    truth = tmp_path / "gongan.truth.jsonl"
    lines.write(truth, [header, *(row(second) for second in range(SECONDS))])
    out = tmp_path / "out"
    rules = ROOT / "configs" / "demo.yaml"
    options = ["--truth", str(truth), "--config", str(rules), "--out", str(out), "--format", "json"]
    result = CliRunner().invoke(cli.main, ["eval", str(CLIP), *options])
    assert result.exit_code == 0, result.output
    measures = json.loads((out / "report.json").read_text(encoding="utf-8"))["measures"]["all"]
    assert measures["absence.expected"]["value"] == measures["absence.raised"]["value"] == 1
    assert measures["absence.recall"]["value"] == measures["absence.precision"]["value"] == 1
    assert abs(measures["absence.time_error_s.median"]["value"]) <= 4
    assert measures["staffing.unstaffed.precision"]["value"] >= 0.95
    assert measures["staffing.staffed.recall"]["value"] >= 0.95
    assert measures["staffing.unknown.visible"]["value"] <= 0.1
    assert (out / "gongan-windows.svg").read_text(encoding="utf-8").startswith("<svg ")
