"""One take, from its scenario to what each system says of it."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Final

import structlog

from benchmarks.accuracy.memory import RememberingDetector
from benchmarks.accuracy.plan import Take
from benchmarks.baselines import counts, naive
from benchmarks.baselines.plain import plain
from vigil.analytics.attention import THOROUGH
from vigil.analytics.detector import Detector, DetectorSettings, open_detector
from vigil.calibrate.estimate import estimate
from vigil.calibrate.footage import Place, with_truth
from vigil.eval.clips import LabelledClip, labelled
from vigil.eval.evaluation import SceneResult, evaluate_scene
from vigil.eval.site import from_file, site_of
from vigil.eval.statements import Statements
from vigil.model.site import Camera, Rates, Site, Zone, ZoneKind
from vigil.simulator.job import RenderJob, default_assets
from vigil.simulator.render import render

ROOT: Final = Path(__file__).resolve().parents[2]
RULES: Final = ROOT / "configs" / "default.yaml"
ULTRALYTICS: Final = ROOT / ".venv-ultralytics" / "bin" / "python"
CALIBRATED: Final = "vigil_calibrated"
EVERY_PICTURE: Final = "vigil_every_picture"
"""Vigil with the detector at the whole of every picture, which any saving is measured against."""
_MARK: Final = "rendered"
"""File beside the clips of a take that was rendered to its end: it says from what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What each system says of one take; `baselines` by name. `ms_per_frame` is Ultralytics'."""

    take: Take
    vigil: SceneResult
    baselines: dict[str, SceneResult]
    ms_per_frame: float | None = None


def look(
    take: Take, folder: Path, *, seconds: float | None = None, ultralytics: bool = True, calibrated: bool = False
) -> Outcome:
    """Renders the take into `folder`, unless it is there, and runs every system over it.

    `calibrated`: vigil once more, with the rates of its windows as `vigil calibrate` finds them on the hall's calibration take.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    clips = rendered(take, folder / take.name, seconds)

    def remembering() -> Detector:
        settings = DetectorSettings()
        return RememberingDetector(open_detector(settings), settings, folder / "looks.db")

    rules = from_file(RULES)
    result = evaluate_scene(clips, rules, remembering)
    in_service = _in_service(result)
    headers = [clip.header for clip in clips]
    baselines: dict[str, Statements] = {}
    if take.every_picture:
        every = evaluate_scene(clips, rules, remembering, keep_looks=True, schedule=THOROUGH)
        baselines[EVERY_PICTURE] = every.statements
        baselines["plain"] = plain(headers, every.looks, result.truth.seconds, in_service=in_service)
    ms_per_frame = None
    if take.ultralytics and ultralytics and ULTRALYTICS.exists():
        counted = [_region_counts(clip) for clip in clips]
        told = naive.state("ultralytics", counted, result.truth.seconds, naive.NaiveRules(), in_service)
        baselines["ultralytics"] = told
        ms_per_frame = max(one.ms_per_frame or 0.0 for one in counted)
    if calibrated:
        rates = _rates(rendered(take.calibration, folder / take.calibration.name), rules, remembering)
        baselines[CALIBRATED] = evaluate_scene(clips, _with_rates(site_of(clips, rules), rates), remembering).statements
    others = {name: replace(result, statements=statements) for name, statements in baselines.items()}
    return Outcome(take, result, others, ms_per_frame)


def rendered(take: Take, folder: Path, seconds: float | None = None) -> list[LabelledClip]:
    """The clips of a take, rendered unless they are there and nothing that goes into them has changed."""
    job = take.job(folder, seconds)
    mark, made_from = folder / _MARK, _made_from(job)
    if not mark.exists() or mark.read_text() != made_from:
        for old in folder.glob("*"):
            old.unlink()
        render(job)
        mark.write_text(made_from)
    return [labelled(path) for path in sorted(folder.glob("*.mp4"))]


def _rates(clips: Sequence[LabelledClip], rules: Site, open_detector: Callable[[], Detector]) -> dict[Place, Rates]:
    watched = [with_truth(clip, rules, open_detector) for clip in clips]
    return {
        place: estimate(parts, one.thresholds).rates
        for one in watched
        for place, parts in one.parts.items()
        if any(parts)
    }


def _with_rates(site: Site, rates: Mapping[Place, Rates]) -> Site:
    def zone_of(camera: Camera, zone: Zone) -> Zone:
        if zone.kind is not ZoneKind.STAFF_AREA or zone.window is None:
            return zone
        return replace(zone, rates=rates.get(Place(camera.id, zone.window)))

    def camera_of(camera: Camera) -> Camera:
        return replace(camera, zones=tuple(zone_of(camera, zone) for zone in camera.zones))

    return replace(site, halls=tuple(replace(hall, cameras=tuple(map(camera_of, hall.cameras))) for hall in site.halls))


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
