from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from tests.unit.analytics.clerks import glances
from tests.unit.analytics.halls import AT_ONE, COUNTER, ONE, STAFF_ONE, STAFF_TWO
from tests.unit.eval.recordings import all_day, header, record
from vigil.analytics import detector
from vigil.calibrate import command, footage
from vigil.calibrate.footage import Looked, Place
from vigil.model.site import Rates, Thresholds
from vigil.testing import FakeDetector

RULES = "site: {name: x, calendars: {usual: {}}}\n"
HALL = f"""\
site:
  name: x
  calendars: {{usual: {{}}}}
  halls:
    - id: hall
      name: hall
      department: ""
      calendar: usual
      groups: [{{id: group, name: group, windows: [{{id: one, name: one}}, {{id: two, name: two}}]}}]
      cameras:
        - id: counter
          name: counter
          url: rtsp://192.0.2.7/1
          zones:
            - {{kind: staff-area, window: one, polygon: {[list(point) for point in STAFF_ONE.polygon]}}}
            - {{kind: staff-area, window: two, polygon: {[list(point) for point in STAFF_TWO.polygon]}}}
nodes: [{{id: node, center: "ws://127.0.0.1:8480", key: {{file: node.key}}, data: node}}]
"""


@pytest.fixture(autouse=True)
def _fake_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is at the first window, and nobody at the second."""
    monkeypatch.setattr(command, "_log_warnings_alone", lambda: None)  # for the whole process, and so not for a test
    monkeypatch.setattr(detector, "open_detector", lambda _: FakeDetector(((AT_ONE,),)))


def run(folder: Path, *arguments: object, rules: str = RULES) -> Result:
    file = folder / "vigil.yaml"
    file.write_text(rules, encoding="utf-8")
    return CliRunner().invoke(command.calibrate, ["-c", str(file), *(str(one) for one in arguments)])


def test_with_truth_the_looks_are_counted_and_told_ready_to_paste(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(700), rows=all_day(700, one=True, two=True))
    out = tmp_path / "rates.yaml"
    result = run(tmp_path, clip.path, "--out", out)
    assert result.exit_code == 0, result.output
    first, line, second, other = out.read_text(encoding="utf-8").splitlines()
    assert first == "# camera counter, staff area of window one:"
    assert second == "# camera counter, staff area of window two:"
    seen, missed = (Rates(**yaml.safe_load(text)["rates"]) for text in (line, other))
    assert seen.miss < 0.05
    assert missed.miss > 0.8, "nobody was ever seen there"
    assert missed.run_s == 3600


def test_a_window_that_tells_too_little_is_named_with_the_reason(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(30))
    result = run(tmp_path, clip.path)
    assert result.exit_code == 1
    assert "it takes 600 s" in result.output
    assert "No window could be calibrated" in result.output


def test_without_truth_a_short_clip_is_refused(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(30))
    clip.truth.unlink()
    result = run(tmp_path, clip.path, "--camera", COUNTER, rules=HALL)
    assert result.exit_code == 1
    assert "Without truth it takes 30 min at least" in result.output


def looked(monkeypatch: pytest.MonkeyPatch, rates: Rates, leaves_each_s: float) -> None:
    """Footage of a day whose looks err at these rates."""
    part = [(one.at_s, one.seen) for one in glances(rates, 7 * 3600, leaves_each_s=leaves_each_s, pass_s=2.5)]
    told = Looked(Thresholds(), {Place(COUNTER, ONE): [part]})
    monkeypatch.setattr(footage, "without_truth", lambda *_: told)


def test_without_truth_it_says_what_it_assumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked(monkeypatch, Rates(0.4, 0.02, 10), leaves_each_s=1800)
    result = run(tmp_path, record(tmp_path, of=header(3)).path, "--camera", COUNTER, rules=HALL)
    assert result.exit_code == 0, result.output
    assert "This assumes that each window was staffed for some of the time and unstaffed for some" in result.output
    assert "rates: {miss: 0." in result.output


def test_without_truth_a_window_whose_clerk_never_left_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked(monkeypatch, Rates(0.02, 0.02, 3), leaves_each_s=0)
    result = run(tmp_path, record(tmp_path, of=header(3)).path, "--camera", COUNTER, rules=HALL)
    assert result.exit_code == 1
    assert "without truth it takes 120 s" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--camera", "nowhere"), "there is no camera 'nowhere'; the file has: counter"),
        (("--camera", COUNTER, "--start-at", "yesterday"), "'yesterday' is no time"),
    ],
)
def test_what_does_not_fit_is_told_in_words(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(tmp_path, record(tmp_path, of=header(3)).path, *arguments, rules=HALL)
    assert result.exit_code == 1
    assert said in result.output
    assert isinstance(result.exception, SystemExit)


def test_only_who_calibrates_loads_detector_and_decoder() -> None:
    heavy = "{'av', 'cv2', 'openvino'} & set(sys.modules)"
    code = f"import sys, vigil.calibrate.command; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
