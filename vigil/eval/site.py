"""The site in which a scene is looked at: made from the truth itself, or taken from a configuration."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from vigil.config import load
from vigil.errors import TruthError, VigilError
from vigil.eval.clips import LabelledClip
from vigil.model.ids import GroupId, HallId
from vigil.model.site import Calendar, Camera, Hall, Site, Thresholds, Window, WindowGroup, ZoneKind


def standard(thresholds: Thresholds = Thresholds()) -> Site:  # noqa: B008, frozen
    """The rules alone, without halls: the usual calendar, and the thresholds given. configs/default.yaml says the same."""
    return Site(name="evaluation", calendars={"usual": Calendar()}, thresholds=thresholds)


def from_file(file: Path) -> Site:
    """The site of a configuration. Raises ConfigError, and VigilError where the file has none."""
    site = load(file).site
    if site is None:
        raise VigilError(f"{file}: there is no site: in it, and so no thresholds, calendars and zones to judge by")
    return site


def site_of(clips: Sequence[LabelledClip], rules: Site) -> Site:
    """The site of one scene.

    Where the rules have halls, these are the halls, and their cameras are matched by id; else one hall is made of the
    windows and zones that the truth names, with the first calendar of the rules. Raises TruthError.
    """
    site = _matched(clips, rules) if rules.halls else _drawn(clips, rules)
    if not any(
        zone.kind in (ZoneKind.STAFF_AREA, ZoneKind.QUEUE) for _, camera in site.cameras() for zone in camera.zones
    ):
        raise TruthError(
            f"{clips[0].truth}: no staff area and no queue is drawn in scene {clips[0].header.scene}, so there is nothing "
            "to say of it. Give zones with `vigil label`, or a configuration with --config"
        )
    return site


def _drawn(clips: Sequence[LabelledClip], rules: Site) -> Site:
    headers = [clip.header for clip in clips]
    windows = dict.fromkeys(window for header in headers for window in header.windows)
    group = next((header.group for header in headers if header.group), GroupId("queue"))
    name = next(iter(rules.calendars), "usual")
    cameras = tuple(
        Camera(id=clip.header.camera, name=clip.header.camera, url=clip.path.name, zones=clip.header.zones)
        for clip in clips
    )
    hall = Hall(
        id=HallId("hall"),
        name=headers[0].scene,
        department="",
        calendar=name,
        groups=(WindowGroup(group, group, tuple(Window(window, window) for window in windows)),),
        cameras=cameras,
    )
    return replace(rules, calendars={name: rules.calendars.get(name, Calendar())}, halls=(hall,))


def _matched(clips: Sequence[LabelledClip], site: Site) -> Site:
    known = {camera.id for _, camera in site.cameras()}
    windows = {window.id for hall in site.halls for _, window in hall.windows()}
    for clip in clips:
        _require(clip, "camera", [clip.header.camera], known)
        _require(clip, "window", clip.header.windows, windows)
    wanted = {clip.header.camera for clip in clips}
    halls = [
        replace(hall, cameras=tuple(camera for camera in hall.cameras if camera.id in wanted)) for hall in site.halls
    ]
    return replace(site, halls=tuple(hall for hall in halls if hall.cameras))


def _require(clip: LabelledClip, noun: str, named: Sequence[str], known: Collection[str]) -> None:
    missing = [name for name in named if name not in known]
    if missing:
        raise TruthError(
            f"{clip.truth}: it tells of {noun} {', '.join(missing)}, and the configuration has none of that name. "
            f"It has {', '.join(sorted(known)) or 'none'}"
        )
