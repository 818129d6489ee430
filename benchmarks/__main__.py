"""Runs every benchmark, one after the other."""

from __future__ import annotations

import subprocess
import sys

from benchmarks import NAMES

for name in NAMES:
    print(f"» {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], check=True)
