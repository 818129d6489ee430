from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from vigil.center.measures import CenterMeasures
from vigil.gateway.board import StatusBoard
from vigil.model.ids import CameraId, ClipId, NodeId, WindowId
from vigil.model.looks import CameraHealth, CameraStatus, Staffing, WindowStatus
from vigil.model.retention import CameraPlan, RetentionPlan
from vigil.store.footage import Span
from vigil.store.stores import Stores

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_what_is_known_is_told(stores: Stores) -> None:
    board, registry = StatusBoard(), CollectorRegistry()
    plan = RetentionPlan(NOW, (CameraPlan(CameraId("c"), 30, 90, 100, 10, NOW),), 150)
    registry.register(CenterMeasures(board.view, lambda: plan, lambda: 7, stores))
    board.update_node(NodeId("n"), connected=True, at=NOW)
    board.update_clock(NodeId("n"), 1.5)
    board.update_cameras([CameraStatus(CameraId("c"), CameraHealth.ONLINE, NOW, NOW, None)])
    board.update_windows(
        [
            WindowStatus(WindowId("a"), True, Staffing.STAFFED, NOW, None, None),  # type: ignore[arg-type]
            WindowStatus(WindowId("b"), False, Staffing.UNSTAFFED, NOW, None, None),  # type: ignore[arg-type]
        ]
    )
    stores.clips.request(ClipId("p"), CameraId("c"), Span(NOW, NOW + timedelta(1)), by="li", reason="r", at=NOW)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    assert value("vigil_node_up", node="n") == 1
    assert value("vigil_node_clock_offset_seconds", node="n") == 1.5
    assert [value("vigil_cameras", health=one) for one in ("online", "offline")] == [1, 0]
    assert [value("vigil_windows", staffing=one) for one in ("staffed", "unstaffed")] == [1, 0], "in service alone"
    assert value("vigil_clips_waiting") == 1
    assert value("vigil_site_version") == 7
    assert value("vigil_database_up") == 1
    assert value("vigil_archive_room_bytes") == 150
    assert value("vigil_archive_full_timestamp_seconds") == (NOW + timedelta(days=6)).timestamp()


def test_without_the_database_the_rest_is_told(stores: Stores) -> None:
    board, registry = StatusBoard(), CollectorRegistry()
    registry.register(CenterMeasures(board.view, lambda: None, lambda: 7, stores))
    board.update_node(NodeId("n"), connected=False, at=NOW)
    rename(stores, "clips", "elsewhere")
    with capture_logs() as logs:
        assert registry.get_sample_value("vigil_database_up") == 0
        assert registry.get_sample_value("vigil_node_up", {"node": "n"}) == 0
        assert registry.get_sample_value("vigil_clips_waiting") is None
    rename(stores, "elsewhere", "clips")
    assert {entry["event"] for entry in logs} == {"store_failed"}


def rename(stores: Stores, table: str, name: str) -> None:
    with stores.database.write() as session:
        session.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")
