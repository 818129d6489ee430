"""One take, from its scenario to what each system says of it."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Final

import structlog

from benchmarks.accuracy.memory import RememberingDetector
from benchmarks.accuracy.plan import Take
from benchmarks.baselines import counts, naive
from benchmarks.baselines.plain import plain
from vigil.analytics.detector import Detector, DetectorSettings, open_detector
from vigil.eval.clips import LabelledClip, labelled
from vigil.eval.evaluation import SceneResult, evaluate_scene
from vigil.eval.site import from_file
from vigil.simulator.job import RenderJob, default_assets
from vigil.simulator.render import render

ROOT: Final = Path(__file__).resolve().parents[2]
RULES: Final = ROOT / "configs" / "default.yaml"
ULTRALYTICS: Final = ROOT / ".venv-ultralytics" / "bin" / "python"
_MARK: Final = "rendered"
"""File beside the clips of a take that was rendered to its end: it says from what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What each system says of one take; `baselines` by name. `ms_per_frame` is Ultralytics'."""

    take: Take
    vigil: SceneResult
    baselines: dict[str, SceneResult]
    ms_per_frame: float | None = None


def look(take: Take, folder: Path, *, seconds: float | None = None, ultralytics: bool = True) -> Outcome:
    """Renders the take into `folder`, unless it is there, and runs every system over it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    clips = _clips(take, folder / take.name, seconds)

    def remembering() -> Detector:
        settings = DetectorSettings()
        return RememberingDetector(open_detector(settings), settings, folder / "looks.db")

    result = evaluate_scene(clips, from_file(RULES), remembering, keep_looks=True)
    in_service = _in_service(result)
    headers = [clip.header for clip in clips]
    baselines = {"plain": plain(headers, result.looks, result.truth.seconds, in_service=in_service)}
    ms_per_frame = None
    if take.ultralytics and ultralytics and ULTRALYTICS.exists():
        counted = [_region_counts(clip) for clip in clips]
        told = naive.state("ultralytics", counted, result.truth.seconds, naive.NaiveRules(), in_service)
        baselines["ultralytics"] = told
        ms_per_frame = max(one.ms_per_frame or 0.0 for one in counted)
    bare = replace(result, looks=())
    others = {name: replace(bare, statements=statements) for name, statements in baselines.items()}
    return Outcome(take, bare, others, ms_per_frame)


def _clips(take: Take, folder: Path, seconds: float | None) -> list[LabelledClip]:
    """Rendered, unless they are there and nothing that goes into them has changed."""
    job = take.job(folder, seconds)
    mark, made_from = folder / _MARK, _made_from(job)
    if not mark.exists() or mark.read_text() != made_from:
        for old in folder.glob("*"):
            old.unlink()
        render(job)
        mark.write_text(made_from)
    return [labelled(path) for path in sorted(folder.glob("*.mp4"))]


def _made_from(job: RenderJob) -> str:
    """A digest of the job, the simulator's code and its assets."""
    digest = blake2b(repr(job).encode(), digest_size=16)
    sources = (path for folder in ("sim", "simulator") for path in (ROOT / "vigil" / folder).glob("*.py"))
    assets = (path for path in default_assets().iterdir() if path.is_file())
    for path in sorted([*sources, *assets]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _in_service(result: SceneResult) -> Sequence[bool]:
    return result.truth.windows[0].in_service


def _region_counts(clip: LabelledClip) -> counts.CameraCounts:
    """Made once: it takes longer than all else."""
    out = clip.path.with_suffix(".ultralytics.jsonl")
    if not out.exists():
        command = [str(ULTRALYTICS), "-m", "benchmarks.baselines.ultralytics_queue", str(clip.path), "--out", str(out)]
        subprocess.run([*command, "--threads", "1"], cwd=ROOT, check=True, stdout=sys.stderr)
    return counts.read(out)
