"""A site of two halls in which everything has happened once: what machines are let loose upon.

Each hall has the same things, so that whoever is of the one can be shown to learn nothing of the other.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from tests.unit.gateway.test_notifications import DUTY, REFUSED, FakeDesk, send
from tests.unit.gateway.world import FAR, HALL, PASSWORD_HASH, SEAL, World
from tests.unit.report.press import PressHere
from tests.unit.store.samples import segment
from vigil.center.reports import ReportMaker
from vigil.config import document_of
from vigil.gateway import totp
from vigil.gateway.notice_desk import ChannelState
from vigil.gateway.times import rfc3339
from vigil.model.alerts import Alert, AlertKind, Fact
from vigil.model.ids import AlertId, CameraId, ClipId, GroupId, HallId, NodeId, WindowId
from vigil.model.looks import CameraHealth, CameraStatus, Presence, QueueStatus, Staffing, WindowStatus
from vigil.model.media import Gap, GapCause
from vigil.model.minutes import Minute, QueueMinute, WindowMinute
from vigil.model.notices import ChannelKind
from vigil.model.people import Grant, Role
from vigil.model.retention import CameraPlan, RetentionPlan
from vigil.model.site_versions import Origin
from vigil.model.trace import TracePoint
from vigil.store.deliveries import ChannelRecord
from vigil.store.footage import Span
from vigil.store.notices import Backlog
from vigil.store.users import User

API: Final = "/api/v1"
PICTURE: Final = b"\xff\xd8\xff\xe0 a picture"
STEPS: Final = ("remark", "report-fixed", "accept", "send-back", "close", "change", "attach", "withdraw", "release")


@dataclass
class Contents:
    """Ids by the name of the parameter that takes them; those of each hall, and what else would tell of it."""

    pool: dict[str, list[str]] = field(default_factory=dict)
    signs: dict[HallId, list[str]] = field(default_factory=dict)
    owners: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of an id that is good with another alone: that one."""

    def enter(self, name: str, *ids: str, hall: HallId | None = None) -> None:
        self.pool.setdefault(name, []).extend(ids)
        if hall is not None:
            self.signs.setdefault(hall, []).extend(ids)


def fill(world: World) -> Contents:
    """The world has two halls, and a desk of notices (`desk`)."""
    made = Contents()
    for hall in (HALL, FAR):
        _fill_hall(world, made, hall)
    for number in ("1", "2"):
        now = world.clock.now()
        world.stores.site_versions.add(
            document_of(world.deps.site), origin=Origin.APPLIED, by="admin", why="", at=now, effective_from=now
        )
        for name in ("version", "before", "after"):
            made.enter(name, number)
    made.signs[HALL].append("公安")
    made.signs[FAR].append("人社")
    _fill_centre(world, made)
    return made


def desk(world: World) -> FakeDesk:
    now = world.clock.now()
    record = ChannelRecord(2, now + timedelta(minutes=10), REFUSED, now - timedelta(hours=1))
    return FakeDesk(ChannelState(DUTY, ChannelKind.WECOM, "qyapi.weixin.qq.com", record, Backlog(4, now, 1)))


def plan(world: World) -> RetentionPlan:
    now = world.clock.now()
    return RetentionPlan(now, (CameraPlan(CameraId("ga-cam-1"), 30, 90, 10**12, 10**9, now),), 10**13)


def _fill_hall(world: World, made: Contents, hall: HallId) -> None:
    camera, window, group = CameraId(f"{hall}-cam-1"), WindowId(f"{hall}-w-1"), GroupId(f"{hall}-1")
    made.enter("hall", hall)
    made.enter("camera_id", camera, hall=hall)
    made.enter("window_id", window, hall=hall)
    made.enter("group_id", group, hall=hall)
    _add_people(world, made, hall)
    _fill_alerts(world, made, hall, camera, window)
    _fill_footage(world, made, hall, camera)
    _fill_board(world, camera, window, group)
    _fill_books(world, made, hall, camera, window)


def _add_people(world: World, made: Contents, hall: HallId) -> None:
    """Those who have their role in this hall alone."""
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.INVESTIGATOR, Role.HALL):
        name = f"{role}-of-{hall}"
        user = User(name, f"{hall}某{role}", "政务服务中心", frozenset({Grant(role, hall)}))
        world.stores.users.add(user, PASSWORD_HASH)
        made.enter("username", name)


def _fill_alerts(world: World, made: Contents, hall: HallId, camera: CameraId, window: WindowId) -> None:
    at = world.clock.now()
    names = [AlertId(f"{hall}-alert-{number}") for number in range(8)]
    for number, name in enumerate(names):
        raised_at = at - timedelta(hours=number)
        began_at = raised_at - timedelta(seconds=300)
        facts: dict[str, Fact] = {"absent_s": 1200 + number, "detector": "person-1.0"}
        kind = AlertKind.WINDOW_UNSTAFFED
        world.stores.alerts.upsert(
            Alert(name, 1, kind, hall, camera, began_at, raised_at, window=window, facts=facts), at=at
        )
        world.stores.traces.add(name, (TracePoint(raised_at, Presence.CLEAR, 0.12, visitor=Presence.CLEAR),))
    key = f"alerts/{names[0]}.jpg"
    put(world, key, PICTURE)
    world.stores.alerts.attach_snapshot(names[0], key)
    judge = world.client("supervisor")
    confirmed = dict.fromkeys((2, 5, 6, 7), ("confirm",))
    for number, steps in {1: ("acknowledge",), 3: ("confirm", "rectify"), 4: ("dismiss",), **confirmed}.items():
        for step in steps:
            body = {"rectify": {"note": "已到岗"}, "dismiss": {"reason": "approved-leave"}}.get(step)
            done(judge.post(f"{API}/alerts/{names[number]}/{step}", json=body))
    made.enter("alert_id", *names, hall=hall)


def _fill_footage(world: World, made: Contents, hall: HallId, camera: CameraId) -> None:
    at = world.clock.now()
    ready, waiting = ClipId(f"{hall}-clip-1"), ClipId(f"{hall}-clip-2")
    span = Span(at - timedelta(minutes=5), at)
    for number, clip in enumerate((ready, waiting)):
        world.stores.clips.request_for_alert(clip, AlertId(f"{hall}-alert-{number}"), camera, span, at=at)
    world.finish_clip(ready)
    body = {
        "camera": camera,
        "from_at": rfc3339(at - timedelta(hours=1)),
        "to_at": rfc3339(at - timedelta(minutes=50)),
        "reason": "暗访",
    }
    pulled = done(world.client("investigator").post(f"{API}/clips", json=body))["id"]
    world.finish_clip(ClipId(pulled))
    made.enter("clip_id", ready, waiting, pulled, hall=hall)
    for number in range(3):
        one = segment(number, start=number * 60 - 3600, camera=camera)
        world.stores.footage.announce(one, f"s/{camera}-{number}.mp4")
        world.stores.footage.mark_stored(one.id)
    world.stores.footage.add_gap(Gap(camera, at - timedelta(minutes=40), at - timedelta(minutes=30), GapCause.CAMERA))


def _fill_board(world: World, camera: CameraId, window: WindowId, group: GroupId) -> None:
    at, board = world.clock.now(), world.deps.statuses
    board.update_windows([WindowStatus(window, True, Staffing.STAFFED, at)])
    board.update_queues([QueueStatus(group, 4, 1, 0, 1, at)])
    board.update_cameras([CameraStatus(camera, CameraHealth.ONLINE, at, at)])
    minute = Minute(
        at - timedelta(minutes=5),
        60.0,
        (WindowMinute(window, 40.0, 20.0, {}, 0.0, 30),),
        (QueueMinute(group, 60.0, 60.0, 2.5, 1, 4, staffed_mean=1.0, wait_s=120.0),),
    )
    world.stores.minutes.add(f"minute-{window}", NodeId(f"node-{camera}"), minute)


def _fill_books(world: World, made: Contents, hall: HallId, camera: CameraId, window: WindowId) -> None:
    judge, inspector = world.client("supervisor"), world.client("investigator")
    now = world.clock.now()
    later, entry = rfc3339(now + timedelta(hours=2)), {"unit": "窗口", "deadline": rfc3339(now + timedelta(days=5))}
    complaint = {"kind": "complaint", "title": "群众反映", "hall": hall, "window": window} | entry
    entries = [done(judge.post(f"{API}/ledger", json=complaint))["id"] for _ in range(3)]
    absence = {"kind": "alert", "title": "离岗", "alert": f"{hall}-alert-3"} | entry
    entries.append(done(judge.post(f"{API}/ledger", json=absence))["id"])
    finding = {"kind": "finding", "title": "暗访发现", "hall": hall} | entry
    entries.append(done(inspector.post(f"{API}/ledger", json=finding))["id"])
    attached = done(judge.post(f"{API}/ledger/{entries[0]}/files", params={"name": "照片.jpg"}, content=PICTURE))
    made.enter("evidence_id", *(one["id"] for one in attached["evidence"]), hall=hall)
    made.owners |= {one["id"]: {"entry_id": entries[0]} for one in attached["evidence"]}
    done(judge.post(f"{API}/ledger/{entries[1]}/report-fixed", json={"note": "已整改"}))
    made.enter("entry_id", *entries, hall=hall)
    pause = {"window": window, "kind": "paused", "to_at": later, "note": "设备维修"}
    made.enter(
        "suspension_id", *(done(judge.post(f"{API}/suspensions", json=pause))["id"] for _ in range(2)), hall=hall
    )
    mute = {"window": window, "kind": "unserved-visitor", "to_at": later, "reason": "窗口搬迁"}
    made.enter("mute_id", done(judge.post(f"{API}/mutes", json=mute))["id"], hall=hall)
    span = {"from_at": rfc3339(now - timedelta(hours=2)), "to_at": rfc3339(now - timedelta(hours=1))}
    held = {"camera": camera, "case": "案件", **span}
    made.enter("hold_id", *(done(judge.post(f"{API}/holds", json=held))["id"] for _ in range(2)), hall=hall)


def _fill_centre(world: World, made: Contents) -> None:
    send(world, 90, REFUSED)
    admin = world.client("admin")
    packs = [done(admin.post(f"{API}/reports", json={"kind": "month", "first_day": "2026-02-01"}))["id"]]
    press = PressHere(world.stores)
    ReportMaker(world.deps.site, world.stores, world.deps.objects, world.clock, press, lambda _: 0).make_all()
    packs.append(done(admin.post(f"{API}/reports", json={"kind": "month", "first_day": "2026-01-01"}))["id"])
    made.enter("report_id", *packs)
    for name in (*Role, *made.pool["username"]):
        client = world.client(str(name))
        wish = {
            "name": "大屏",
            "permissions": sorted(client.get(f"{API}/session").json()["permissions"])[:1],
            "days": 30,
        }
        made.enter("token_id", done(client.post(f"{API}/session/tokens", json=wish))["about"]["id"])
        sessions = [one["id"] for one in client.get(f"{API}/session/sessions").json()["items"]]
        made.enter("session_id", *sessions)
        made.owners |= {one: {"username": str(name)} for one in sessions}
    made.enter("username", *(str(role) for role in Role))
    secret, owner = totp.new_secret(), made.pool["username"][0]
    world.stores.second_factors.begin(owner, SEAL.seal(secret, owner))
    world.stores.second_factors.confirm(owner, 1, [])
    made.enter("ending", "xlsx", "pdf")
    made.enter("step", *STEPS)
    made.enter("channel", DUTY)


def put(world: World, key: str, content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    world.deps.objects.put(key, io.BytesIO(content), size=len(content), sha256=digest)


def done(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()
