"""One scene, from its clips to what is needed for every measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from vigil.analytics.attention import USUAL, Schedule
from vigil.analytics.detector import Detector, DetectorSettings, open_detector
from vigil.calendar import require_years
from vigil.eval.clips import LabelledClip, first_picture_s, require_match, truth_of
from vigil.eval.merge import merge
from vigil.eval.replay import Stream, replay
from vigil.eval.scene import SceneTruth
from vigil.eval.site import site_of
from vigil.eval.statements import LookRecord, Statements
from vigil.ingest.file_source import open_clip
from vigil.model.site import Site, Thresholds

MEMORY_BYTES: Final = 16 * 1024 * 1024
"""A longer clip is read from its file while it is played."""


@dataclass(frozen=True, slots=True)
class SceneResult:
    """Truth and statements of one scene. For another system's statements on the same scene, replace `statements`."""

    truth: SceneTruth
    statements: Statements
    thresholds: Thresholds
    looks: tuple[LookRecord, ...] = ()


def shipped_detector() -> Detector:
    """The detector of a node that is not told otherwise, on one thread."""
    return open_detector(DetectorSettings())


def evaluate_scene(
    clips: Sequence[LabelledClip],
    rules: Site,
    open_detector: Callable[[], Detector] = shipped_detector,
    *,
    keep_looks: bool = False,
    schedule: Schedule = USUAL,
) -> SceneResult:
    """Runs a node's pipeline over the clips of one scene (`clips.scenes` puts them together).

    `rules` are what the node is told: `site.standard(thresholds)`, or a whole site whose cameras have the truth's ids.
    Raises TruthError, CalendarError, SourceError and DetectorError.
    """
    site = site_of(clips, rules)
    header = clips[0].header
    require_years(site, header.start_at)
    truths = [truth_of(clip) for clip in clips]
    truth = merge(truths, site)
    streams = []
    for clip, one in zip(clips, truths, strict=True):
        opened = open_clip(clip.path, memory_bytes=MEMORY_BYTES)
        require_match(clip, opened)
        streams.append(Stream(clip.header.camera, opened, first_picture_s(one)))
    group = truth.queue.group if truth.queue else None
    detector = open_detector()
    try:
        played = replay(
            streams,
            site,
            detector,
            header.start_at,
            truth.seconds,
            group=group,
            keep_looks=keep_looks,
            schedule=schedule,
        )
    finally:
        detector.close()
    return SceneResult(truth, played.statements, site.thresholds_of(site.halls[0]), played.looks)
