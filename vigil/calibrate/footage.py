"""Clips of one camera after the other through a node's pipeline, and what the looks say of each of its windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from vigil.analytics.attention import THOROUGH
from vigil.analytics.detector import Detector
from vigil.calendar import require_years
from vigil.calibrate.estimate import Glance, Part
from vigil.calibrate.hidden import Looks
from vigil.errors import CalibrationError
from vigil.eval.clips import LabelledClip, first_picture_s, require_match, truth_of
from vigil.eval.evaluation import MEMORY_BYTES
from vigil.eval.merge import merge
from vigil.eval.replay import Stream, replay
from vigil.eval.scene import WindowColumns
from vigil.eval.site import site_of
from vigil.eval.statements import LookRecord
from vigil.ingest.file_source import open_clip
from vigil.model.ids import CameraId, WindowId
from vigil.model.looks import Presence
from vigil.model.media import CLOCK_RATE
from vigil.model.site import Calendar, Site, Thresholds, Workdays

_ALWAYS: Final = Calendar(workdays=Workdays.EVERY_DAY, hours=("00:00-24:00",))
_SOME_DAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""Of a clip of which nobody says when it was taken."""


@dataclass(frozen=True, slots=True)
class Place:
    """A staff area: one camera's view of one window."""

    camera: CameraId
    window: WindowId


@dataclass(frozen=True, slots=True)
class Watched:
    """What the looks of one clip say of its places, with the thresholds of their hall."""

    thresholds: Thresholds
    parts: dict[Place, list[Part]]


@dataclass(frozen=True, slots=True)
class Looked:
    """The same where nobody knows the truth."""

    thresholds: Thresholds
    parts: dict[Place, list[Looks]]


def with_truth(clip: LabelledClip, rules: Site, open_detector: Callable[[], Detector]) -> Watched:
    """`rules` as for an evaluation. Raises TruthError, CalendarError, SourceError and DetectorError."""
    site = site_of([clip], rules)
    require_years(site, clip.header.start_at)
    truth = truth_of(clip)
    scene = merge([truth], site)
    opened = open_clip(clip.path, memory_bytes=MEMORY_BYTES)
    require_match(clip, opened)
    stream = Stream(clip.header.camera, opened, first_picture_s(truth))
    looks = _looks(stream, site, clip.header.start_at, scene.seconds, open_detector)
    thresholds = site.thresholds_of(site.halls[0])
    parts = {
        Place(stream.camera, window.window): [
            _known(part, window) for part in _parts(_of(window.window, looks, window), thresholds)
        ]
        for window in scene.windows
    }
    return Watched(thresholds, parts)


def without_truth(
    path: Path, camera: CameraId, site: Site, start_at: datetime | None, open_detector: Callable[[], Detector]
) -> Looked:
    """`start_at` None: the whole clip is from service hours.

    Raises CalibrationError, CalendarError, SourceError and DetectorError.
    """
    alone = _alone(site, camera)
    if start_at is None:
        alone = replace(alone, calendars=dict.fromkeys(alone.calendars, _ALWAYS))
    start_at = start_at or _SOME_DAY
    require_years(alone, start_at)
    opened = open_clip(path, memory_bytes=MEMORY_BYTES)
    seconds = math.ceil(opened.duration_90k / CLOCK_RATE)
    looks = _looks(Stream(camera, opened), alone, start_at, seconds, open_detector)
    thresholds = alone.thresholds_of(alone.halls[0])
    windows = {window for look in looks for window in look.staff}
    return Looked(
        thresholds, {Place(camera, window): _parts(_of(window, looks), thresholds) for window in sorted(windows)}
    )


def _alone(site: Site, camera: CameraId) -> Site:
    """The site as if it had this camera alone."""
    known = [one.id for _, one in site.cameras()]
    if camera not in known:
        raise CalibrationError(f"there is no camera {camera!r}; the file has: {', '.join(known) or 'none'}")
    halls = (replace(hall, cameras=tuple(one for one in hall.cameras if one.id == camera)) for hall in site.halls)
    return replace(site, halls=tuple(hall for hall in halls if hall.cameras))


def _looks(
    stream: Stream, site: Site, start_at: datetime, seconds: int, open_detector: Callable[[], Detector]
) -> Sequence[LookRecord]:
    detector = open_detector()
    try:
        # A repeated answer is no look, and the belief does not count it either.
        return replay([stream], site, detector, start_at, seconds, keep_looks=True, schedule=THOROUGH).looks
    finally:
        detector.close()


def _of(
    window: WindowId, looks: Iterable[LookRecord], columns: WindowColumns | None = None
) -> Iterator[tuple[float, bool]]:
    """The known looks at a window; with columns those at which it was in service and its truth is known."""
    for look in looks:
        presence = look.staff.get(window, Presence.UNKNOWN)
        if presence is Presence.UNKNOWN:
            continue
        second = int(look.at_s)
        if columns is None or (columns.in_service[second] and columns.staffed[second] is not None):
            yield look.at_s, presence is Presence.SEEN


def _parts(looks: Iterable[tuple[float, bool]], thresholds: Thresholds) -> list[Looks]:
    """Cut where nothing was known for so long that the rules forget, too."""
    parts: list[list[tuple[float, bool]]] = []
    for look in looks:
        if not parts or look[0] - parts[-1][-1][0] > thresholds.resume_within_s:
            parts.append([])
        parts[-1].append(look)
    return list(parts)


def _known(part: Looks, columns: WindowColumns) -> Part:
    staffed = [columns.staffed[int(at_s)] is True for at_s, _ in part]
    stays = [
        now and later and _throughout(columns, a[0], b[0])
        for (now, later), (a, b) in zip(pairwise(staffed), pairwise(part), strict=True)
    ]
    return [
        Glance(at_s, seen, float(here), float(stay))
        for (at_s, seen), here, stay in zip(part, staffed, [*stays, False], strict=True)
    ]


def _throughout(columns: WindowColumns, from_s: float, to_s: float) -> bool:
    return all(columns.staffed[second] is not False for second in range(int(from_s), int(to_s)))
