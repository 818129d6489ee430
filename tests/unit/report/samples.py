"""A site of two halls, and entering what nodes and people say of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import AlertId, CameraId, GroupId, HallId, NodeId, SegmentId, SuspensionId, WindowId
from vigil.model.looks import Unknown
from vigil.model.media import Codec, Gap, GapCause, Segment
from vigil.model.minutes import Minute, QueueMinute, WindowMinute
from vigil.model.site import Calendar, Camera, Hall, Site, Window, WindowGroup
from vigil.model.steps import DismissReason, Step
from vigil.model.suspensions import Suspension, SuspensionKind
from vigil.store.alert_steps import Taking
from vigil.store.stores import Stores
from vigil.store.suspensions import SuspensionRecord

SHANGHAI = ZoneInfo("Asia/Shanghai")
W1, W2, W3 = WindowId("ga-w-1"), WindowId("ga-w-2"), WindowId("rs-w-1")
G1, G2 = GroupId("ga-1"), GroupId("rs-1")
C1, C2 = CameraId("ga-cam-1"), CameraId("rs-cam-1")
NODE, OTHER = NodeId("node-a"), NodeId("node-b")

SITE = Site(
    name="梅州市政务服务中心",
    calendars={"usual": Calendar(), "noon": Calendar(hours=("08:30-17:30",))},
    halls=(
        Hall(
            id=HallId("ga"),
            name="公安分厅",
            department="公安局",
            calendar="usual",
            groups=(WindowGroup(G1, "户政", (Window(W1, "1号窗口"), Window(W2, "2号窗口", calendar="noon"))),),
            cameras=(Camera(C1, "柜台一", "rtsp://192.0.2.1/main"),),
        ),
        Hall(
            id=HallId("rs"),
            name="人社分厅",
            department="人社局",
            calendar="usual",
            groups=(WindowGroup(G2, "社保", (Window(W3, "1号窗口"),)),),
            cameras=(Camera(C2, "柜台二", "rtsp://192.0.2.2/main"),),
        ),
    ),
)


def local(text: str) -> datetime:
    """2026-10-09 08:30 in Shanghai, as vigil stores it."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@dataclass
class Book:
    """Enters what was told, each time under a name of its own."""

    stores: Stores
    names: itertools.count[int] = field(default_factory=itertools.count)

    def minutes(
        self,
        window: WindowId,
        day: date,
        start: str,
        count: int,
        staffed_s: float = 60.0,
        unstaffed_s: float = 0.0,
        unknown: Unknown | None = None,
        *,
        node: NodeId = NODE,
    ) -> None:
        """`count` minutes from a local time on; what is neither staffed nor unstaffed is unknown."""
        begin = datetime.combine(day, time.fromisoformat(start), SHANGHAI).astimezone(UTC)
        left = 60.0 - staffed_s - unstaffed_s
        one = WindowMinute(window, staffed_s, unstaffed_s, {unknown: left} if unknown else {}, 0.0, 30)
        for number in range(count):
            self._tell(node, Minute(begin + timedelta(minutes=number), 60.0, (one,)))

    def queue(
        self, group: GroupId, day: date, start: str, means: Sequence[float], wait_s: Sequence[float | None]
    ) -> None:
        begin = datetime.combine(day, time.fromisoformat(start), SHANGHAI).astimezone(UTC)
        for number, (mean, wait) in enumerate(zip(means, wait_s, strict=True)):
            one = QueueMinute(group, 60.0, 60.0, mean, int(mean), int(mean) + 2, 1.0, wait)
            self._tell(NODE, Minute(begin + timedelta(minutes=number), 60.0, (), (one,)))

    def alert(
        self,
        raised: str,
        kind: AlertKind = AlertKind.WINDOW_UNSTAFFED,
        step: Step | None = None,
        after_s: float = 60,
        *,
        backfilled: bool = False,
        **changes: Any,
    ) -> AlertId:
        at = local(raised)
        name = AlertId(f"alert-{next(self.names)}")
        values: dict[str, Any] = {"hall": HallId("ga"), "window": W1, "facts": {"absent_s": 600.0}} | changes
        values |= {"camera": C1, "began_at": at - timedelta(minutes=5)} | changes
        self.stores.alerts.upsert(Alert(id=name, revision=1, kind=kind, raised_at=at, **values), backfilled=backfilled)
        if step is not None:
            taking = Taking(step, "supervisor", at + timedelta(seconds=after_s), "x", _reason(step))
            self.stores.alert_steps.take(name, taking)
        return name

    def suspend(self, window: WindowId, from_at: str, to_at: str, ended_at: str | None = None) -> None:
        name = SuspensionId(f"suspension-{next(self.names)}")
        one = Suspension(name, window, SuspensionKind.PAUSED, local(from_at), local(to_at))
        self.stores.suspensions.add(SuspensionRecord(one, HallId("ga"), "设备维修", "supervisor", local(from_at)))
        if ended_at is not None:
            self.stores.suspensions.end(name, by="supervisor", at=local(ended_at))

    def footage(self, camera: CameraId, from_at: str, hours: float) -> None:
        begin = local(from_at)
        while hours > 0:
            seconds = min(hours, 1.0) * 3600
            name = SegmentId(f"segment-{next(self.names)}")
            end = begin + timedelta(seconds=seconds)
            one = Segment(name, camera, begin, end, 1, "0" * 64, "", 1, Codec.H265, 2560, 1440)
            self.stores.footage.announce(one, f"segments/{name}")
            self.stores.footage.mark_stored(name)
            begin, hours = end, hours - 1.0

    def gap(self, camera: CameraId, from_at: str, to_at: str, cause: GapCause) -> None:
        self.stores.footage.add_gap(Gap(camera, local(from_at), local(to_at), cause))

    def _tell(self, node: NodeId, minute: Minute) -> None:
        assert self.stores.minutes.add(f"record-{next(self.names)}", node, minute)


def _reason(step: Step) -> DismissReason | None:
    return DismissReason.OTHER if step is Step.DISMISS else None
