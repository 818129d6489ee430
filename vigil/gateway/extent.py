"""What of the site lies in some halls: cuts the status board to what a person may know of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from vigil.gateway.board import BoardView
from vigil.model.ids import CameraId, GroupId, NodeId, WindowId
from vigil.model.people import Halls
from vigil.model.site import Site


@dataclass(frozen=True, slots=True)
class Extent:
    """`all_halls`: all that is on the board, known to the site or not."""

    all_halls: bool
    windows: frozenset[WindowId]
    groups: frozenset[GroupId]
    cameras: frozenset[CameraId]
    nodes: frozenset[NodeId]

    @classmethod
    def of(cls, site: Site, owners: Mapping[CameraId, NodeId], halls: Halls) -> Self:
        chosen = [hall for hall in site.halls if hall.id in halls]
        cameras = frozenset(camera.id for hall in chosen for camera in hall.cameras)
        return cls(
            all_halls=halls.named is None,
            windows=frozenset(window.id for hall in chosen for _, window in hall.windows()),
            groups=frozenset(group.id for hall in chosen for group in hall.groups),
            cameras=cameras,
            nodes=frozenset(node for camera, node in owners.items() if camera in cameras),
        )

    def cut(self, board: BoardView) -> BoardView:
        if self.all_halls:
            return board
        return BoardView(
            windows=tuple(status for status in board.windows if status.window in self.windows),
            queues=tuple(status for status in board.queues if status.group in self.groups),
            cameras=tuple(status for status in board.cameras if status.camera in self.cameras),
            nodes=tuple(link for link in board.nodes if link.node in self.nodes),
        )
