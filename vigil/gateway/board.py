"""The status board: the last word on every window, queue, camera and node. In memory; nodes tell it anew after a start."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime

from vigil.model.ids import CameraId, GroupId, NodeId, WindowId
from vigil.model.looks import CameraStatus, QueueStatus, WindowStatus


@dataclass(frozen=True, slots=True)
class NodeLink:
    node: NodeId
    connected: bool
    since_at: datetime
    clock_offset_s: float | None = None
    """Its clock less the centre's, as last measured; None: not since the centre was started."""


@dataclass(frozen=True, slots=True)
class BoardView:
    windows: tuple[WindowStatus, ...]
    queues: tuple[QueueStatus, ...]
    cameras: tuple[CameraStatus, ...]
    nodes: tuple[NodeLink, ...]


class StatusBoard:
    """Every method may be called from any thread; what `view` returns is of one moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[WindowId, WindowStatus] = {}
        self._queues: dict[GroupId, QueueStatus] = {}
        self._cameras: dict[CameraId, CameraStatus] = {}
        self._nodes: dict[NodeId, NodeLink] = {}

    def keep(self, windows: Set[WindowId], groups: Set[GroupId], cameras: Set[CameraId]) -> None:
        """What the site has no more is forgotten."""
        with self._lock:
            self._windows = {name: one for name, one in self._windows.items() if name in windows}
            self._queues = {name: one for name, one in self._queues.items() if name in groups}
            self._cameras = {name: one for name, one in self._cameras.items() if name in cameras}

    def update_windows(self, statuses: Iterable[WindowStatus]) -> None:
        with self._lock:
            self._windows.update((status.window, status) for status in statuses)

    def update_queues(self, statuses: Iterable[QueueStatus]) -> None:
        with self._lock:
            self._queues.update((status.group, status) for status in statuses)

    def update_cameras(self, statuses: Iterable[CameraStatus]) -> None:
        with self._lock:
            self._cameras.update((status.camera, status) for status in statuses)

    def update_node(self, node: NodeId, *, connected: bool, at: datetime) -> None:
        """`since_at` moves only when the link changes."""
        with self._lock:
            known = self._nodes.get(node)
            if known is None or known.connected != connected:
                offset_s = known.clock_offset_s if known is not None else None
                self._nodes[node] = NodeLink(node, connected, at, offset_s)

    def update_clock(self, node: NodeId, offset_s: float) -> None:
        """Of a node that is or was linked."""
        with self._lock:
            self._nodes[node] = replace(self._nodes[node], clock_offset_s=offset_s)

    def camera(self, camera: CameraId) -> CameraStatus | None:
        with self._lock:
            return self._cameras.get(camera)

    def view(self) -> BoardView:
        """Each kind in the order of its ids."""
        with self._lock:
            return BoardView(
                windows=tuple(status for _, status in sorted(self._windows.items())),
                queues=tuple(status for _, status in sorted(self._queues.items())),
                cameras=tuple(status for _, status in sorted(self._cameras.items())),
                nodes=tuple(link for _, link in sorted(self._nodes.items())),
            )
