"""Values that the tests of the store share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import AlertId, CameraId, HallId, SegmentId, SuspensionId, WindowId
from vigil.model.media import Codec, Segment
from vigil.model.suspensions import Suspension, SuspensionKind
from vigil.store.suspensions import SuspensionRecord

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CAMERA = CameraId("hall-1-cam-1")
ONE = WindowId("window-1")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def alert(name: str = "alert-1", **changes: Any) -> Alert:
    plain = Alert(
        id=AlertId(name),
        revision=1,
        kind=AlertKind.WINDOW_UNSTAFFED,
        hall=HallId("hall-1"),
        camera=CAMERA,
        window=WindowId("window-1"),
        began_at=at(-300),
        raised_at=T0,
        facts={"absent_s": 300, "detector": "person-1.0"},
    )
    return replace(plain, **changes)


def segment(number: int, *, start: float | None = None, seconds: float = 60, camera: CameraId = CAMERA) -> Segment:
    start_s = number * 60 if start is None else start
    return Segment(
        id=SegmentId(f"{camera}-{number}"),
        camera=camera,
        start_at=at(start_s),
        end_at=at(start_s + seconds),
        size=1000 + number,
        sha256=f"{number:064x}",
        previous_sha256="",
        packets=1500,
        codec=Codec.H264,
        width=1920,
        height=1080,
    )


def suspension(
    name: str = "s-1", from_s: float = 0, to_s: float = 3600, window: WindowId = ONE, hall: str = "hall-1"
) -> SuspensionRecord:
    entered = Suspension(SuspensionId(name), window, SuspensionKind.LEAVE, at(from_s), at(to_s))
    return SuspensionRecord(entered, HallId(hall), "审批单 15", "supervisor", at(-60))
