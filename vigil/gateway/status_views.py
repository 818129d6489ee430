"""What is now, as the API says it: windows, queues, cameras and nodes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.board import BoardView, NodeLink
from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.looks import (
    CameraHealth,
    CameraStatus,
    Presence,
    QueueSource,
    QueueStatus,
    Staffing,
    Unknown,
    WindowStatus,
)
from vigil.model.suspensions import SuspensionKind


class WindowStatusView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            window="gongan-2",
            in_service=True,
            staffing="unstaffed",
            since_at="2026-11-23T01:30:02.480Z",
            visitor="seen",
            confidence=0.98,
        )
    )

    window: str
    in_service: bool
    staffing: Staffing
    since_at: Time
    why: Unknown | None
    visitor: Presence
    suspended: SuspensionKind | None
    confidence: float | None

    @classmethod
    def of(cls, status: WindowStatus) -> Self:
        return cls(**asdict(status))


class WaitView(BaseModel):
    """In seconds."""

    model_config = ConfigDict(json_schema_extra=shown(median_s=380.0, low_s=210.0, high_s=640.0))

    median_s: float
    low_s: float
    high_s: float


class QueueStatusView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            group="gongan-huji",
            waiting=5,
            staffed=2,
            unknown=0,
            in_service=4,
            at="2026-11-23T01:35:00.000Z",
            wait=WaitView,
        )
    )

    group: str
    waiting: int | None
    staffed: int
    unknown: int
    in_service: int
    at: Time
    wait: WaitView | None
    source: QueueSource
    longest_wait_s: float | None

    @classmethod
    def of(cls, status: QueueStatus) -> Self:
        return cls(**asdict(status))


class CameraStatusView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            camera="gongan-counter",
            since_at="2026-11-23T00:00:04.000Z",
            last_frame_at="2026-11-23T01:34:59.960Z",
        )
    )

    camera: str
    health: CameraHealth
    since_at: Time
    last_frame_at: Time | None
    why: Unknown | None
    drifting: bool

    @classmethod
    def of(cls, status: CameraStatus) -> Self:
        return cls(**asdict(status))


class NodeView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            node="demo-node", connected=True, since_at="2026-11-22T23:58:40.000Z", clock_offset_s=0.012
        )
    )

    node: str
    connected: bool
    since_at: Time
    clock_offset_s: float | None

    @classmethod
    def of(cls, link: NodeLink) -> Self:
        return cls(**asdict(link))


class StatusView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(at="2026-11-23T01:35:00.000Z"))

    at: Time
    windows: list[WindowStatusView]
    queues: list[QueueStatusView]
    cameras: list[CameraStatusView]
    nodes: list[NodeView]

    @classmethod
    def of(cls, board: BoardView, at: datetime) -> Self:
        return cls(
            at=at,
            windows=[WindowStatusView.of(status) for status in board.windows],
            queues=[QueueStatusView.of(status) for status in board.queues],
            cameras=[CameraStatusView.of(status) for status in board.cameras],
            nodes=[NodeView.of(link) for link in board.nodes],
        )
