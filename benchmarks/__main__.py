"""Runs every benchmark, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

for module in sorted(Path(__file__).parent.glob("bench_*.py")):
    print(f"» {module.stem}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{module.stem}", *sys.argv[1:]], check=True)
