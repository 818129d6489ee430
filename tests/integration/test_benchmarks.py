"""Every benchmark runs, in its quick form; what it measures is asserted nowhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks import NAMES
from benchmarks.result import RESULTS
from benchmarks.uplink_faults.__main__ import lacking
from tests.kernel import refuses_namespaces
from tests.system import ROOT


@pytest.mark.parametrize("name", NAMES)
def test_a_quick_run_measures_and_writes_nothing(name: str) -> None:
    if name == "uplink_faults" and (missing := lacking()):
        pytest.skip(f"needs {', '.join(missing)}")
    if name == "uplink_faults" and (reason := refuses_namespaces()):
        pytest.skip(reason)
    before = {path: path.read_bytes() for path in RESULTS.glob("*.json")}

    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)

    assert done.returncode == 0, done.stderr
    assert "metrics" in done.stdout
    assert {path: path.read_bytes() for path in RESULTS.glob("*.json")} == before
