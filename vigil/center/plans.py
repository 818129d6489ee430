"""Which node runs what: the part of the site that goes down to each."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import replace

from pydantic import TypeAdapter

from vigil.model.ids import CameraId, GroupId, NodeId, WindowId
from vigil.model.site import Hall, Site

_SITE: TypeAdapter[Site] = TypeAdapter(Site)


def owners(site: Site, nodes: tuple[NodeId, ...]) -> dict[CameraId, NodeId]:
    """The node of each camera; a camera that names none belongs to the only node there is."""
    return {camera.id: camera.node or nodes[0] for _, camera in site.cameras()}


def part_of(site: Site, cameras: frozenset[CameraId]) -> Site:
    """The halls of these cameras, with no other cameras in them."""
    return replace(site, halls=tuple(hall for hall in (_with(hall, cameras) for hall in site.halls) if hall.cameras))


def watched_by(site: Site, cameras: Set[CameraId]) -> tuple[frozenset[WindowId], frozenset[GroupId]]:
    """Windows that these cameras see, and window groups: those whose lane they see, or that have tickets for such a window."""
    zones = [zone for _, camera in site.cameras() if camera.id in cameras for zone in camera.zones]
    windows = frozenset(zone.window for zone in zones if zone.window is not None)
    lanes = frozenset(zone.group for zone in zones if zone.group is not None)
    groups = (group for hall in site.halls for group in hall.groups if group.tickets is not None)
    return windows, lanes | {group.id for group in groups if any(window.id in windows for window in group.windows)}


def revision(site: Site) -> str:
    """Changes when, and only when, something in the site does."""
    return hashlib.sha256(_SITE.dump_json(site)).hexdigest()[:16]


def _with(hall: Hall, cameras: frozenset[CameraId]) -> Hall:
    return replace(hall, cameras=tuple(camera for camera in hall.cameras if camera.id in cameras))
