"""What is labelled: a clip as it is on disk, and the camera of a configuration that it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vigil.errors import TruthError
from vigil.ingest.file_source import open_clip
from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.media import CLOCK_RATE, Codec
from vigil.model.site import Camera, Hall, Site, Window, WindowGroup, Zone
from vigil.model.truth import Truth, TruthHeader, TruthSource
from vigil.truth.footage import Footage

_ASPECT_TOLERANCE: Final = 0.02
"""Labels may be of a larger copy of the clip, but not of another picture."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A clip's picture: pixels, length, mean pictures a second."""

    codec: Codec
    width: int
    height: int
    seconds: float
    fps: float


def measure(clip: Path) -> Recording:
    """Reads the whole file once, without decoding it. Raises SourceError."""
    opened = open_clip(clip)
    seconds = opened.duration_90k / CLOCK_RATE
    count = sum(1 for _ in opened.pictures())
    found = opened.parameters
    return Recording(found.codec, found.width, found.height, round(seconds, 3), round(count / seconds, 3))


@dataclass(frozen=True, slots=True)
class Subject:
    """The windows of one queue, and the zones that one camera's picture has of them."""

    camera: Camera
    group: WindowGroup
    zones: tuple[Zone, ...]

    @property
    def windows(self) -> tuple[Window, ...]:
        return self.group.windows

    def footage(self, scene: str, start_at: datetime, tags: tuple[str, ...]) -> Footage:
        windows = tuple(window.id for window in self.windows)
        return Footage(scene, self.camera.id, start_at, windows, self.group.id, self.zones, tags)


def header_of(footage: Footage, recording: Recording) -> TruthHeader:
    """What a person will label."""
    size = recording.width, recording.height
    return footage.header(TruthSource.LABEL, seconds=recording.seconds, size=size, fps=recording.fps)


def choose(site: Site, camera_id: str, group_id: str | None = None) -> Subject:
    """A camera and one of the groups in its picture; the group may be left out when there is one. Raises TruthError."""
    hall, camera = _camera(site, camera_id)
    groups = {group.id: group for group in _groups_in_view(hall, camera)}
    if group_id is None and len(groups) == 1:
        (group_id,) = groups
    if not groups:
        raise TruthError(f"camera {camera.id} has no zones; draw them first (docs/guide/first-camera.md)")
    chosen = groups.get(GroupId(group_id or ""))
    if chosen is None:
        raise TruthError(f"camera {camera.id}: say which queue's windows with --group: {', '.join(groups)}")
    windows = {window.id for window in chosen.windows}
    zones = tuple(zone for zone in camera.zones if zone.window in windows or zone.group == chosen.id)
    return Subject(camera, chosen, zones)


def parse_start(text: str) -> datetime:
    """The time of the first picture, as UTC. Raises TruthError."""
    remedy = "write the date, the time and the zone, for example 2026-03-02T09:00:00+08:00"
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise TruthError(f"--start-at: {text!r} is no time; {remedy}") from error
    if found.tzinfo is None:
        raise TruthError(f"--start-at: {text!r} has no time zone; {remedy}")
    return found.astimezone(UTC)


def fitted(truth: Truth, recording: Recording, labels: Path) -> Truth:
    """Labels of somebody else's copy, as labels of this clip. Raises TruthError when it is another picture or length."""
    theirs, ours = truth.header.width / truth.header.height, recording.width / recording.height
    if abs(theirs / ours - 1) > _ASPECT_TOLERANCE:
        raise TruthError(
            f"{labels}: labels of a picture of {truth.header.width} × {truth.header.height} do not fit a clip of "
            f"{recording.width} × {recording.height}"
        )
    if abs(truth.header.seconds - recording.seconds) > 1:
        raise TruthError(
            f"{labels}: labels of {truth.header.seconds:.1f} s do not fit a clip of {recording.seconds:.1f} s"
        )
    header = replace(truth.header, width=recording.width, height=recording.height, fps=recording.fps)
    return replace(truth, header=header)


def _camera(site: Site, camera_id: str) -> tuple[Hall, Camera]:
    cameras = {camera.id: (hall, camera) for hall, camera in site.cameras()}
    found = cameras.get(CameraId(camera_id))
    if found is None:
        raise TruthError(f"there is no camera {camera_id!r}; the file has: {', '.join(cameras) or 'none'}")
    return found


def _groups_in_view(hall: Hall, camera: Camera) -> Iterable[WindowGroup]:
    windows: set[WindowId | None] = {zone.window for zone in camera.zones} - {None}
    lanes = {zone.group for zone in camera.zones}
    for group in hall.groups:
        if group.id in lanes or any(window.id in windows for window in group.windows):
            yield group
