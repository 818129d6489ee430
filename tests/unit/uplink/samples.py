"""A site of two halls on two nodes, and what their nodes say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from vigil.ingest.segments import segment_id
from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import AlertId, CameraId, GroupId, HallId, NodeId, SuspensionId, WindowId
from vigil.model.looks import Staffing, WindowStatus
from vigil.model.media import Codec, Fragment, Gap, GapCause, Segment
from vigil.model.site import Calendar, Camera, Hall, Site, Window, WindowGroup, Zone, ZoneKind
from vigil.model.suspensions import Suspension, SuspensionKind

T0: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NODE, OTHER_NODE = NodeId("node-a"), NodeId("node-b")
CAMERA, OTHER_CAMERA = CameraId("a-cam"), CameraId("b-cam")
WINDOW, OTHER_WINDOW = WindowId("a-1"), WindowId("b-1")
GROUP, OTHER_GROUP = GroupId("a-group"), GroupId("b-group")
OWNERS: Final = {CAMERA: NODE, OTHER_CAMERA: OTHER_NODE}
_SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def hall(letter: str, node: NodeId) -> Hall:
    window, group = WindowId(f"{letter}-1"), GroupId(f"{letter}-group")
    zones = (Zone(ZoneKind.STAFF_AREA, _SQUARE, window=window), Zone(ZoneKind.QUEUE, _SQUARE, group=group))
    return Hall(
        id=HallId(f"hall-{letter}"),
        name=f"{letter}分厅",
        department="某局",
        calendar="usual",
        groups=(WindowGroup(group, "综合", (Window(window, "1号窗口"),)),),
        cameras=(Camera(CameraId(f"{letter}-cam"), "摄像机", "rtsp://192.0.2.1/main", node=node, zones=zones),),
    )


SITE: Final = Site(name="梅州市", calendars={"usual": Calendar()}, halls=(hall("a", NODE), hall("b", OTHER_NODE)))


def alert(revision: int = 1, **changes: Any) -> Alert:
    plain = Alert(
        id=AlertId(f"window-unstaffed_{WINDOW}_20260302T005500Z"),
        revision=revision,
        kind=AlertKind.WINDOW_UNSTAFFED,
        hall=HallId("hall-a"),
        camera=CAMERA,
        window=WINDOW,
        group=GROUP,
        began_at=at(-300),
        raised_at=T0,
        clip_from_at=at(-60),
        clip_to_at=at(15),
        facts={"absent_s": 300.0},
    )
    return replace(plain, **changes)


def status(staffing: Staffing = Staffing.STAFFED, window: WindowId = WINDOW, since: float = 0) -> WindowStatus:
    return WindowStatus(window, in_service=True, staffing=staffing, since_at=at(since))


def suspension(name: str = "s-1", window: WindowId = WINDOW) -> Suspension:
    """From now for an hour."""
    return Suspension(SuspensionId(name), window, SuspensionKind.PAUSED, at(0), at(3600))


def gap(start: float = 0, end: float = 10, cause: GapCause = GapCause.CAMERA, camera: CameraId = CAMERA) -> Gap:
    return Gap(camera, at(start), at(end), cause)


def segment(start: float = 0, seconds: float = 10, camera: CameraId = CAMERA, data: bytes = b"") -> Segment:
    data = data or content(start, camera)
    return Segment(
        id=segment_id(camera, at(start)),
        camera=camera,
        start_at=at(start),
        end_at=at(start + seconds),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        previous_sha256="",
        packets=100,
        codec=Codec.H264,
        width=1920,
        height=1080,
    )


def content(start: float, camera: CameraId = CAMERA) -> bytes:
    """What stands in for the video of `segment(start)`: 1000 bytes."""
    return f"{camera} {start:g} ".encode().ljust(1000, b"v")


def segment_file(folder: Path, start: float = 0, camera: CameraId = CAMERA) -> tuple[Segment, Path]:
    """A segment with its file, as the recorder leaves it in the spool."""
    one = segment(start, camera=camera)
    path = folder / camera / f"{one.id}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(start, camera))
    return one, path


def fragment(text: str = "", *, key: bool = False, init: bool = False, size: int = 0) -> Fragment:
    return Fragment((text or ("init" if init else "key" if key else "delta")).encode().ljust(size, b"."), key, init)
