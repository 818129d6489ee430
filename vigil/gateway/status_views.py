"""What is now, as the API says it: windows, queues, cameras and nodes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from vigil.gateway.board import BoardView, NodeLink
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

    median_s: float
    low_s: float
    high_s: float


class QueueStatusView(BaseModel):
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
    node: str
    connected: bool
    since_at: Time
    clock_offset_s: float | None

    @classmethod
    def of(cls, link: NodeLink) -> Self:
        return cls(**asdict(link))


class StatusView(BaseModel):
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
