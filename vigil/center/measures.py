"""What the centre knows of its site, nodes, cameras, clips and archive, as metrics. Asked when somebody reads /metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vigil.errors import StoreError
from vigil.gateway.board import BoardView
from vigil.model.looks import CameraHealth, Staffing
from vigil.model.retention import RetentionPlan
from vigil.store.stores import Stores

log = structlog.get_logger()


class CenterMeasures(Collector):
    def __init__(
        self,
        board: Callable[[], BoardView],
        plan: Callable[[], RetentionPlan | None],
        version: Callable[[], int],
        stores: Stores,
    ) -> None:
        self._board = board
        self._plan = plan
        self._version = version
        self._stores = stores

    def describe(self) -> Iterator[Metric]:
        """Registering asks for the names: without this it would read the database."""
        yield from self._of_board(BoardView((), (), (), ()))

    def collect(self) -> Iterator[Metric]:
        yield from self._of_board(self._board())
        yield GaugeMetricFamily("vigil_site_version", "Version of the site that is served", self._version())
        yield from self._of_database()
        plan = self._plan()
        if plan is not None:
            yield from _of_archive(plan)

    def _of_board(self, board: BoardView) -> Iterator[Metric]:
        up = GaugeMetricFamily("vigil_node_up", "1 while the node is connected", labels=["node"])
        offset = GaugeMetricFamily(
            "vigil_node_clock_offset_seconds", "The node's clock less the centre's", labels=["node"]
        )
        for link in board.nodes:
            up.add_metric([link.node], float(link.connected))
            if link.clock_offset_s is not None:
                offset.add_metric([link.node], link.clock_offset_s)
        yield from (up, offset)
        healths = Counter(status.health for status in board.cameras)
        cameras = GaugeMetricFamily("vigil_cameras", "Cameras by health", labels=["health"])
        for health in CameraHealth:
            cameras.add_metric([health], healths[health])
        yield cameras
        staffings = Counter(status.staffing for status in board.windows if status.in_service)
        windows = GaugeMetricFamily("vigil_windows", "Windows in service by staffing", labels=["staffing"])
        for staffing in Staffing:
            windows.add_metric([staffing], staffings[staffing])
        yield windows

    def _of_database(self) -> Iterator[Metric]:
        try:
            waiting, entries = self._stores.clips.count_pending(), self._stores.register.head().number
        except StoreError as error:
            log.error("store_failed", error=str(error))
            yield GaugeMetricFamily("vigil_database_up", "1 while the database answers", 0)
            return
        yield GaugeMetricFamily("vigil_database_up", "1 while the database answers", 1)
        yield GaugeMetricFamily("vigil_clips_waiting", "Clips that wait for their footage", waiting)
        yield GaugeMetricFamily("vigil_register_entries", "Entries of the access register", entries)


def _of_archive(plan: RetentionPlan) -> Iterator[Metric]:
    yield GaugeMetricFamily("vigil_archive_bytes", "Bytes of footage", plan.bytes)
    yield GaugeMetricFamily(
        "vigil_archive_day_bytes", "Bytes that came in a day", sum(c.day_bytes for c in plan.cameras)
    )
    if plan.room_bytes is not None:
        yield GaugeMetricFamily("vigil_archive_room_bytes", "Bytes that footage may take", plan.room_bytes)
    if plan.full_at is not None:
        yield GaugeMetricFamily(
            "vigil_archive_full_timestamp_seconds", "When there is no room for more", plan.full_at.timestamp()
        )
