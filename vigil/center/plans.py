"""Which node runs what: the part of the site that goes down to each."""

from __future__ import annotations

import hashlib
from collections.abc import ItemsView, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from pydantic import TypeAdapter

from vigil.model.ids import CameraId, GroupId, NodeId, WindowId
from vigil.model.site import Hall, Site
from vigil.uplink.hub import NodePlan

_SITE: TypeAdapter[Site] = TypeAdapter(Site)


def owners(site: Site, nodes: tuple[NodeId, ...]) -> dict[CameraId, NodeId]:
    """The node of each camera; a camera that names none belongs to the only node there is."""
    return {camera.id: camera.node or nodes[0] for _, camera in site.cameras()}


class Owners(Mapping[CameraId, NodeId]):
    """Those of the moment, for whoever asks again and again. Safe from any thread: they change all at once."""

    def __init__(self, owners: dict[CameraId, NodeId]) -> None:
        self._owners = owners

    def change(self, owners: dict[CameraId, NodeId]) -> None:
        self._owners = owners

    def __getitem__(self, camera: CameraId) -> NodeId:
        return self._owners[camera]

    def __iter__(self) -> Iterator[CameraId]:
        return iter(self._owners)

    def __len__(self) -> int:
        return len(self._owners)

    def items(self) -> ItemsView[CameraId, NodeId]:
        """All of one moment, which the mixin's would not be."""
        return self._owners.items()


def plans(
    site: Site, nodes: Sequence[NodeId], owner_of: Mapping[CameraId, NodeId], version: int
) -> dict[NodeId, NodePlan]:
    """Of every node, those without cameras too. `version` is the site's."""
    found = {}
    for node in nodes:
        cameras = tuple(camera for camera, owner in owner_of.items() if owner == node)
        part = part_of(site, frozenset(cameras))
        found[node] = NodePlan(part, cameras, revision(part), version)
    return found


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
