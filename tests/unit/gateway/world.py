"""A small site with its people, and the gateway over it, without a socket."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import Response
from starlette.testclient import TestClient

from tests.unit.report.press import DeskHere
from vigil.archive.folder import FolderStore
from vigil.center.site_desk import SiteDesk
from vigil.clock import FakeClock
from vigil.config import CenterSettings, Configuration, NodeSettings, ObjectSettings
from vigil.gateway.app import create_app
from vigil.gateway.auth import ABSOLUTE, COOKIE, hash_of
from vigil.gateway.deps import GatewayDeps
from vigil.gateway.passwords import Passwords
from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import AlertId, CameraId, ClipId, GroupId, HallId, LedgerId, NodeId, SuspensionId, WindowId
from vigil.model.ledger import Duty, Entry, EntryKind, EntryState
from vigil.model.live import LiveMessage
from vigil.model.media import StreamKind
from vigil.model.people import Grant, Role, inspected_by
from vigil.model.purposes import Purpose
from vigil.model.site import Calendar, Camera, Hall, Secret, Site, Thresholds, Window, WindowGroup, Zone, ZoneKind
from vigil.model.suspensions import Suspension, SuspensionKind
from vigil.sealing import Seal
from vigil.store.database import Database
from vigil.store.footage import Span
from vigil.store.stores import Stores
from vigil.store.suspensions import SuspensionRecord
from vigil.store.users import User

ORIGIN = "https://centre.test"
SOCKETS = "wss://centre.test"  # the test client takes another host for a socket unless it is told
PASSWORD = "correct horse battery"
CAMERA, BARE_CAMERA = CameraId("ga-cam-1"), CameraId("ga-cam-2")
HALL = HallId("ga")
VIDEO = bytes(range(256)) * 2000
VIDEO_SHA256 = hashlib.sha256(VIDEO).hexdigest()
PURPOSE = Purpose("专项检查", "2026-7")
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
SEAL = Seal.made()
PASSWORD_HASH = PASSWORDS.hash(PASSWORD)

SITE = Site(
    name="梅州市政务服务中心",
    notice="演示",
    calendars={"usual": Calendar()},
    halls=(
        Hall(
            id=HALL,
            name="公安分厅",
            department="公安局",
            calendar="usual",
            groups=(WindowGroup(GroupId("ga-1"), "综合", (Window(WindowId("ga-w-1"), "1号窗口"),)),),
            cameras=(
                Camera(
                    CAMERA,
                    "1号摄像机",
                    "rtsp://192.0.2.1/main",
                    substream="rtsp://192.0.2.1/sub",
                    username="viewer",
                    password=Secret(env="CAMERA_PASSWORD"),
                    zones=(Zone(ZoneKind.STAFF_AREA, ((0, 0), (1, 0), (1, 1)), window=WindowId("ga-w-1")),),
                ),
                Camera(BARE_CAMERA, "2号/摄像机", "rtsp://192.0.2.2/main"),
            ),
            thresholds=Thresholds(absence_alert_s=60),
        ),
    ),
)


FAR = HallId("rs")
TWO_HALLS = replace(
    SITE,
    halls=(
        *SITE.halls,
        Hall(
            id=FAR,
            name="人社分厅",
            department="人社局",
            calendar="usual",
            groups=(WindowGroup(GroupId("rs-1"), "综合", (Window(WindowId("rs-w-1"), "1号窗口"),)),),
            cameras=(Camera(CameraId("rs-cam-1"), "1号摄像机", "rtsp://192.0.2.9/main"),),
        ),
    ),
)
"""With another hall, of which nothing is known yet."""


class FakeSubscription:
    """Yields the script, then ends, or waits for ever when `open_end`."""

    def __init__(self, script: Sequence[LiveMessage], *, open_end: bool) -> None:
        self._script, self._open_end = script, open_end
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[LiveMessage]:
        for message in self._script:
            yield message
        if self._open_end:
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed = True


@dataclass
class FakeLive:
    script: Sequence[LiveMessage] = ()
    open_end: bool = True
    asked: list[tuple[CameraId, StreamKind]] = field(default_factory=list)
    subscriptions: list[FakeSubscription] = field(default_factory=list)

    def subscribe(self, camera: CameraId, stream: StreamKind) -> FakeSubscription:
        self.asked.append((camera, stream))
        self.subscriptions.append(FakeSubscription(self.script, open_end=self.open_end))
        return self.subscriptions[-1]


@dataclass
class World:
    deps: GatewayDeps
    app: FastAPI
    stores: Stores
    clock: FakeClock
    live: FakeLive
    clips_asked: list[ClipId]
    suspended: list[None]
    """One for each time that nodes are to be told."""
    reports_asked: list[None]

    def client(self, user: str | None = None, purpose: Purpose | None = PURPOSE) -> TestClient:
        """A browser at the screen, logged in as `user` (a role's name is a user) if there is one.

        Who inspects has said what for.
        """
        cookies = {COOKIE: self.log_in(user, purpose)} if user else {}
        return TestClient(
            self.app,
            base_url=ORIGIN,
            cookies=cookies,
            headers={"Origin": ORIGIN},
            raise_server_exceptions=False,
        )

    def log_in(self, user: str, purpose: Purpose | None = PURPOSE) -> str:
        """A session token, without the cost of a login."""
        token = f"token-of-{user}-{self.clock.mono()}"
        now = self.clock.now()
        self.stores.sessions.end(hash_of(token))
        self.stores.sessions.start(hash_of(token), user, now, now + ABSOLUTE)
        found = self.stores.users.find(user)
        if found is not None and inspected_by(found.user.grants):
            self.stores.sessions.look_for(hash_of(token), purpose)
        return token

    def raise_alert(self, name: str = "alert-1", seconds: float = 0) -> AlertId:
        at = self.clock.now() + timedelta(seconds=seconds)
        self.stores.alerts.upsert(
            Alert(
                id=AlertId(name),
                revision=1,
                kind=AlertKind.WINDOW_UNSTAFFED,
                hall=HALL,
                camera=CAMERA,
                window=WindowId("ga-w-1"),
                began_at=at - timedelta(seconds=300),
                raised_at=at,
                facts={"absent_s": 300},
            )
        )
        return AlertId(name)

    def make_clip(self, name: str = "clip-1", alert: str = "alert-1", camera: CameraId = CAMERA) -> ClipId:
        """A clip of an alert, ready to be played."""
        at = self.clock.now()
        span = Span(at - timedelta(minutes=5), at)
        self.stores.clips.request_for_alert(ClipId(name), AlertId(alert), camera, span, at=at)
        self.finish_clip(ClipId(name))
        return ClipId(name)

    def make_pull(self, name: str = "pull-1", by: str = "investigator") -> ClipId:
        at = self.clock.now()
        span = Span(at - timedelta(minutes=5), at)
        self.stores.clips.request(ClipId(name), CAMERA, span, by=by, reason="暗访", at=at)
        self.finish_clip(ClipId(name))
        return ClipId(name)

    def pause(self, name: str, kind: SuspensionKind = SuspensionKind.PAUSED) -> SuspensionId:
        """The window is suspended from now for an hour."""
        now = self.clock.now()
        suspension = Suspension(SuspensionId(name), WindowId("ga-w-1"), kind, now, now + timedelta(hours=1))
        self.stores.suspensions.add(SuspensionRecord(suspension, HALL, "设备维修", "operator", now))
        return suspension.id

    def enter(self, name: str, kind: EntryKind = EntryKind.COMPLAINT) -> LedgerId:
        """An entry of the ledger that is due in a week."""
        now = self.clock.now()
        duty = Duty("公安局", None, now + timedelta(days=7))
        entry = Entry(LedgerId(name), kind, HALL, None, "窗口无人", "", duty, EntryState.DUE, now, "supervisor")
        return self.stores.ledger.enter(entry, year=2026).record.entry.id

    def finish_clip(self, clip: ClipId) -> None:
        key = f"clips/{clip}.mp4"
        self.deps.objects.put(key, io.BytesIO(VIDEO), size=len(VIDEO), sha256=VIDEO_SHA256)
        self.stores.clips.mark_ready(clip, key, len(VIDEO), VIDEO_SHA256)

    def register(self) -> list[tuple[str, str, str]]:
        """User, action and subject of every entry, oldest first."""
        entries = self.stores.register.page().items
        return [(entry.username, str(entry.action), entry.subject) for entry in reversed(entries)]


def problem(answer: Response) -> dict[str, object]:
    """What was refused, without the id that each answer has of its own."""
    said: dict[str, object] = answer.json()
    return {name: value for name, value in said.items() if name != "request_id"}


def populate(database: Database) -> None:
    """One user a role, named like it: in all halls, but a hall's own in this one."""
    with database.write():
        for role in Role:
            grants = frozenset({Grant(role, HALL if role is Role.HALL else None)})
            user = User(role, f"某{role}", "政务服务中心", grants)
            Stores.over(database).users.add(user, PASSWORD_HASH)


def make_world(folder: Path, database: Database, **changes: object) -> World:
    stores, clock, live, clips_asked = Stores.over(database), FakeClock(), FakeLive(), list[ClipId]()
    suspended: list[None] = []
    reports_asked: list[None] = []
    values: dict[str, object] = {
        "site": SITE,
        "stores": stores,
        "objects": FolderStore(folder / "archive"),
        "clock": clock,
        "live": live,
        "on_clip_requested": clips_asked.append,
        "on_suspended": lambda: suspended.append(None),
        "on_report_asked": lambda: reports_asked.append(None),
        "passwords": PASSWORDS,
        "seal": SEAL,
    }
    nodes = (NodeSettings(NodeId("node-1"), "ws://127.0.0.1:8480", "node"),)
    center = CenterSettings("center", ObjectSettings("objects"))
    site = cast("Site", (values | changes)["site"])
    values["reports"] = DeskHere(site, stores, clock)
    values["site_desk"] = SiteDesk(Configuration(folder / "vigil.yaml", site, center, nodes), stores, clock)
    deps = GatewayDeps(**(values | changes))  # type: ignore[arg-type]
    return World(deps, create_app(deps), stores, clock, live, clips_asked, suspended, reports_asked)
