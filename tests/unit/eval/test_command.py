from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.analytics.halls import AT_ONE, NINE
from tests.unit.eval.recordings import header, record
from vigil.eval import command, evaluation
from vigil.eval.evaluation import evaluate_scene
from vigil.testing import FakeDetector


@pytest.fixture(autouse=True)
def _fake_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_log_warnings_alone", lambda: None)  # for the whole process, and so not for a test

    def evaluate(clips, rules):  # type: ignore[no-untyped-def]
        return evaluate_scene(clips, rules, lambda: FakeDetector(((AT_ONE,),)))

    monkeypatch.setattr(evaluation, "evaluate_scene", evaluate)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command.eval_command, [str(one) for one in arguments])


def test_it_prints_the_table_and_says_how_far_it_is(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(20))
    result = run(clip.path)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# Evaluation of vigil fake-0x0@00000000\n")
    assert result.stderr == "scene: 20 s (1 of 1)\n"


def test_it_writes_a_folder_with_report_and_pictures(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    record(tmp_path / "clips", of=header(20, scene="an odd/name"))
    out = tmp_path / "new" / "out"
    result = run(tmp_path / "clips", "--out", out, "--format", "json")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == [
        "an-odd-name-queue.svg",
        "an-odd-name-windows.svg",
        "report.json",
        "report.md",
    ]
    assert json.loads(result.stdout) == json.loads((out / "report.json").read_text(encoding="utf-8"))


def test_a_truth_may_lie_elsewhere(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(20))
    moved = clip.truth.rename(tmp_path / "moved.jsonl")
    assert run(clip.path, "--truth", moved).exit_code == 0
    wrong = run(tmp_path, "--truth", moved)
    assert wrong.exit_code == 1
    assert "--truth is the truth of one clip" in wrong.stderr


def test_rules_of_a_file_hold(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(20))
    rules = tmp_path / "rules.yaml"
    rules.write_text("site: {name: x, thresholds: {absence_alert_s: 200}}\n", encoding="utf-8")
    result = run(clip.path, "--config", rules, "--format", "json")
    assert json.loads(result.stdout)["thresholds"]["absence_alert_s"] == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 640}, "this is the truth of a clip of 640 x 180"),
        ({"zones": ()}, "no staff area and no queue is drawn"),
        ({"start_at": NINE.replace(year=2050)}, "the workdays of 2050 are not known"),
    ],
)
def test_what_does_not_fit_is_told_in_words(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    result = run(record(tmp_path, of=header(3, **changes)).path)
    assert result.exit_code == 1
    assert said in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_clip_without_truth_and_a_configuration_with_faults_are_told_too(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(3))
    bad = tmp_path / "bad.yaml"
    bad.write_text("site: {name: x, colour: red}\n", encoding="utf-8")
    assert "unknown key 'colour'" in run(clip.path, "--config", bad).stderr
    clip.truth.unlink()
    assert "there is no truth beside it" in run(clip.path).stderr


def test_only_who_evaluates_loads_detector_and_decoder() -> None:
    heavy = "{'av', 'cv2', 'openvino', 'numpy'} & set(sys.modules)"
    code = f"import sys, vigil.eval.command; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_scene_at_night_is_no_error(tmp_path: Path) -> None:
    result = run(record(tmp_path, of=header(3, start_at=NINE + timedelta(hours=12))).path)
    assert result.exit_code == 0
    assert "Wholly out of hours" in result.stdout
