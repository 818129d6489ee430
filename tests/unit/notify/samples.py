"""A site and alerts of it, as messages are drawn from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from vigil.model.alerts import Alert, AlertKind, AlertState
from vigil.model.ids import AlertId, CameraId, GroupId, HallId, MessageId, WindowId
from vigil.model.notices import Due, Language, Stage
from vigil.model.site import Camera, Hall, Site, Window, WindowGroup
from vigil.notify.message import Draughtsman, Message

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ID = MessageId("msg-1")
URL = "https://vigil.example"

SITE = Site(
    name="梅州市政务服务中心",
    halls=(
        Hall(
            id=HallId("ga"),
            name="公安分厅",
            department="公安局",
            calendar="usual",
            groups=(WindowGroup(GroupId("ga-1"), "户籍业务", (Window(WindowId("ga-w-1"), "1号窗口"),)),),
            cameras=(Camera(CameraId("ga-cam-1"), "柜台摄像机", "rtsp://192.0.2.1/main"),),
        ),
        Hall(id=HallId("rs"), name="人社分厅", department="人社局", calendar="usual", groups=(), cameras=()),
    ),
)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def alert(name: str = "alert-1", **changes: Any) -> Alert:
    plain = Alert(
        id=AlertId(name),
        revision=1,
        kind=AlertKind.WINDOW_UNSTAFFED,
        hall=HallId("ga"),
        camera=CameraId("ga-cam-1"),
        window=WindowId("ga-w-1"),
        began_at=at(-300),
        raised_at=T0,
        facts={"absent_s": 300, "detector": "person-1.0"},
    )
    return replace(plain, **changes)


def due(
    one: Alert | None = None, state: AlertState = AlertState.OPEN, *, backfilled: bool = False, **changes: Any
) -> Due:
    return Due(one or alert(**changes), state, backfilled, frozenset({Stage.RAISED}))


def message(*dues: Due, language: Language = Language.ZH, url: str | None = URL) -> Message:
    return Draughtsman(SITE, url).about(ID, dues or (due(),), T0, language)


def many(count: int) -> Message:
    return message(*(due(name=f"alert-{number:04}", raised_at=at(-number)) for number in range(count)))
