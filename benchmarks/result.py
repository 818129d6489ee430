"""The form of a result: what was measured, where, of which commit, and the baselines of the same run."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results"


def spread(name: str, values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Median of the repeats under `name`, with the least and the greatest beside it."""
    return {
        name: round(statistics.median(values), digits),
        f"{name}_low": round(min(values), digits),
        f"{name}_high": round(max(values), digits),
    }


def machine() -> dict[str, Any]:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def commit() -> str:
    """The commit, with + behind it when the tree has changes of its own."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")


def report(
    name: str,
    settings: Mapping[str, Any],
    metrics: Mapping[str, Any],
    baselines: Mapping[str, Any],
    *,
    save: bool,
) -> None:
    """Prints a table and, for a full run, writes benchmarks/results/NAME.json."""
    width = max(len(key) for key in [*metrics, *baselines])
    for title, table in (("metrics", metrics), ("baselines", baselines)):
        print(f"\n{name}: {title}")
        for key, value in table.items():
            print(f"  {key:<{width}}  {value}")
    if not save:
        return
    result = {
        "name": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "settings": dict(settings),
        "metrics": dict(metrics),
        "baselines": dict(baselines),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
