"""The centre's intake over a real database and folder: once however often it is sent, and only by whose it is."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.unit.uplink.samples import (
    CAMERA,
    GROUP,
    NODE,
    OTHER_CAMERA,
    OTHER_GROUP,
    OTHER_NODE,
    OTHER_WINDOW,
    OWNERS,
    SITE,
    T0,
    WINDOW,
    alert,
    at,
    content,
    gap,
    segment,
    status,
)
from vigil.archive.folder import FolderStore
from vigil.archive.objects import ObjectStore
from vigil.center.claims import Claims
from vigil.center.intake import CenterIntake, Tickets
from vigil.center.landing import Landing
from vigil.clock import FakeClock
from vigil.errors import ArchiveError, StoreError, UplinkError
from vigil.gateway.board import StatusBoard
from vigil.gateway.events import AlertChanged, Event, EventBus, StatusChanged
from vigil.model.alerts import Alert, AlertKind, AlertState, ClipState
from vigil.model.ids import AlertId, CameraId, GroupId, HallId, MuteId, NodeId, SegmentId, WindowId
from vigil.model.looks import (
    CameraHealth,
    CameraStatus,
    Presence,
    QueueStatus,
    Staffing,
    Unknown,
    WaitEstimate,
    WindowStatus,
)
from vigil.model.media import Gap, Segment
from vigil.model.minutes import Minute, QueueMinute, WindowMinute
from vigil.model.notices import Passed
from vigil.model.steps import Step
from vigil.model.suspensions import SuspensionKind
from vigil.model.trace import TracePoint
from vigil.store.alert_steps import Taking
from vigil.store.footage import SegmentState
from vigil.store.mutes import Mute
from vigil.store.stores import Stores
from vigil.uplink import protocol
from vigil.uplink.protocol import Offer, Record, Report

JPEG = b"\xff\xd8\xff\xe0 a picture"
GONE_CAMERA = CameraId("gone-cam")
_ADAPTERS: dict[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in (Alert, WindowStatus, Gap, Minute)}


class FakeEvents(EventBus):
    def __init__(self) -> None:
        super().__init__()
        self.published: list[Event] = []

    def publish(self, event: Event) -> None:
        self.published.append(event)


class FakeNotices:
    def __init__(self) -> None:
        self.entered: list[AlertId] = []
        self.woken_with: list[int] = []
        self.fails = False

    def enter(self, alert: Alert) -> None:
        if self.fails:
            raise StoreError("disk full")
        self.entered.append(alert.id)

    def overdue(self, alert: Alert, passed: Passed) -> None:
        raise AssertionError("the intake passes nothing on")

    def wake(self) -> None:
        self.woken_with.append(len(self.entered))


class World:
    def __init__(self, stores: Stores, objects: ObjectStore, landing: Path) -> None:
        self.stores, self.objects = stores, objects
        self.board, self.events, self.clock = StatusBoard(), FakeEvents(), FakeClock(T0)
        self.arrived: list[SegmentId] = []
        self.woken = 0
        self.notices = FakeNotices()
        self.intake = CenterIntake(
            site=SITE,
            stores=stores,
            objects=objects,
            board=self.board,
            events=self.events,
            clock=self.clock,
            landing=Landing(landing),
            owners=OWNERS,
            wake_clips=self._wake,
            arrived=lambda one: self.arrived.append(one.id),
            notices=self.notices,
        )

    def _wake(self) -> None:
        self.woken += 1

    def tell(self, what: Any, *, node: NodeId = NODE, jpeg: bytes | None = None, late: bool = False) -> None:
        self.intake.record(node, record_of(what, jpeg=jpeg, late=late))

    def bring(self, one: Segment, data: bytes | None = None) -> bool:
        """Offers, puts and verifies, as a node does. True when it was stored."""
        place = self.intake.offer(NODE, Offer(one), resumes=False)
        if place is not None:
            self.put(place.url, content(_start(one)) if data is None else data)
        return self.intake.uploaded(NODE, one.id)

    def put(self, url: str, data: bytes) -> None:
        ticket = self.intake.tickets.take(url.removeprefix(protocol.OBJECTS))
        assert ticket is not None
        self.intake.receive(ticket, io.BytesIO(data))


def _start(one: Segment) -> float:
    return (one.start_at - T0).total_seconds()


def record_of(what: Any, *, jpeg: bytes | None = None, late: bool = False) -> Record:
    dumped = _ADAPTERS[type(what)].dump_python(what, mode="json")
    if isinstance(what, Alert):
        body = {"alert": dumped}
        if jpeg is not None:
            body["snapshot"] = base64.b64encode(jpeg).decode()
        return Record(1, f"{what.id}/{what.revision}", "alert", T0, body, backfilled=late)
    if isinstance(what, Gap):
        return Record(1, f"gap_{what.camera}", "gap", T0, dumped)
    if isinstance(what, Minute):
        return Record(1, f"minutes_{what.at.isoformat()}", "minutes", T0, _ADAPTERS[Minute].dump_python(what))
    return Record(1, f"window_{what.window}_{what.since_at.isoformat()}", "observation", T0, dumped)


@pytest.fixture
def world(stores: Stores, objects: FolderStore, tmp_path: Path) -> World:
    return World(stores, objects, tmp_path / "landing")


# Alerts


def test_an_alert_comes_with_its_picture_and_asks_for_its_clip(world: World) -> None:
    world.tell(alert(), jpeg=JPEG, late=True)
    found = world.stores.alerts.find(alert().id)
    assert found is not None
    assert (found.alert, found.state, found.backfilled) == (alert(), AlertState.OPEN, True)
    assert found.snapshot_key is not None
    with world.objects.open(found.snapshot_key) as reader:
        assert reader.read(100) == JPEG
    (clip,) = world.stores.clips.pending()
    assert (clip.alert, clip.camera, clip.from_at, clip.to_at) == (alert().id, CAMERA, at(-60), at(15))
    assert world.events.published == [AlertChanged(alert().id)]
    assert world.woken


def test_the_same_alert_twice_is_one_alert_one_clip_one_event(world: World) -> None:
    for _ in range(3):
        world.tell(alert(), jpeg=JPEG)
    assert len(world.stores.clips.pending()) == 1
    assert world.events.published == [AlertChanged(alert().id)]


def test_an_older_revision_changes_nothing_and_no_revision_what_a_person_said(world: World) -> None:
    world.tell(alert())
    world.stores.alert_steps.take(alert().id, Taking(Step.CONFIRM, by="operator", at=T0))
    world.tell(alert(3, ended_at=at(100)))
    world.tell(alert(2))
    found = world.stores.alerts.find(alert().id)
    assert found is not None
    assert (found.alert.revision, found.alert.ended_at, found.state) == (3, at(100), AlertState.CONFIRMED)


def test_a_picture_that_is_evidence_is_never_written_over(world: World) -> None:
    world.tell(alert(), jpeg=JPEG)
    world.tell(alert(2), jpeg=JPEG + b"another")
    found = world.stores.alerts.find(alert().id)
    assert found is not None
    assert found.snapshot_key is not None
    with world.objects.open(found.snapshot_key) as reader:
        assert reader.read(100) == JPEG


def test_a_later_clip_span_makes_the_clip_wait_again(world: World) -> None:
    world.tell(alert())
    clip = world.stores.clips.pending()[0]
    world.stores.clips.mark_failed(clip.id)
    world.tell(alert(2))
    assert world.stores.clips.find(clip.id).state is ClipState.FAILED  # type: ignore[union-attr]
    world.tell(alert(3, clip_to_at=at(60)))
    assert [(one.id, one.to_at) for one in world.stores.clips.pending()] == [(clip.id, at(60))]


def test_a_cameras_own_alert_has_no_clip(world: World) -> None:
    fault = alert(
        id=AlertId(f"camera-fault_{CAMERA}_20260302T005500Z"),
        kind=AlertKind.CAMERA_FAULT,
        window=None,
        group=None,
        clip_from_at=None,
        clip_to_at=None,
    )
    world.tell(fault)
    assert world.stores.clips.pending() == []
    assert world.stores.alerts.find(fault.id) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        alert(camera=None),
        alert(camera=OTHER_CAMERA),
        alert(camera=CameraId("../b-cam")),
        alert(window=OTHER_WINDOW),
        alert(group=OTHER_GROUP),
        alert(kind=AlertKind.QUEUE_BUILDUP, window=None, group=OTHER_GROUP),
        alert(hall=HallId("hall-b")),
        alert(id=AlertId(f"window-unstaffed_{OTHER_WINDOW}_20260302T005500Z")),
        alert(id=AlertId(f"window-unstaffed_{WINDOW}_../../x")),
        alert(id=AlertId(f"window-unstaffed_{WINDOW}_" + "9" * 300)),
        alert(id=AlertId("")),
        alert(kind=AlertKind.QUEUE_BUILDUP),
        alert(kind=AlertKind.UNSERVED_VISITOR),
        alert(0),
        alert(2**40),
        alert(began_at=datetime(2026, 3, 2)),
        alert(raised_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))),
        alert(clip_from_at=at(-86400 * 30)),
        alert(clip_from_at=at(30), clip_to_at=at(20)),
        alert(facts={"absent_s": float("nan")}),
        alert(facts={"why": "x" * 100_000}),
    ],
    ids=range(21),
)
def test_an_alert_that_is_not_the_nodes_or_makes_no_sense_is_declined(world: World, wrong: Alert) -> None:
    body = {"alert": _ADAPTERS[Alert].dump_python(wrong)}  # as it comes off the wire, NaN included
    with pytest.raises(UplinkError):
        world.intake.record(NODE, Record(1, "r", "alert", T0, body))
    assert world.stores.clips.pending() == []
    assert world.events.published == []
    assert list(world.objects.list()) == []


def test_another_nodes_alert_cannot_be_taken_over(world: World) -> None:
    theirs = alert(
        id=AlertId(f"window-unstaffed_{OTHER_WINDOW}_20260302T005500Z"),
        hall=HallId("hall-b"),
        camera=OTHER_CAMERA,
        window=OTHER_WINDOW,
        group=OTHER_GROUP,
    )
    world.tell(theirs, node=OTHER_NODE)
    for changes in (
        {},
        {"camera": CAMERA},
        {"camera": CAMERA, "hall": HallId("hall-a"), "window": WINDOW, "group": GROUP},
    ):
        with pytest.raises(UplinkError):
            world.tell(replace(theirs, revision=2, ended_at=at(1), **changes))
    found = world.stores.alerts.find(theirs.id)
    assert found is not None
    assert found.alert == theirs


def test_what_left_the_site_is_still_brought_to_its_end(world: World) -> None:
    """The configuration lost a camera while its alert was open: the node ends it, and the centre takes that."""
    gone = alert(
        id=AlertId("window-unstaffed_gone-1_20260302T005500Z"),
        camera=GONE_CAMERA,
        hall=HallId("gone"),
        window=WindowId("gone-1"),
        group=None,
        ended_at=at(20),
    )
    world.tell(gone)
    world.tell(gap(camera=GONE_CAMERA))
    world.tell(status(window=WindowId("gone-1")))
    assert world.intake.offer(NODE, Offer(segment(camera=GONE_CAMERA)), resumes=True) is not None
    assert world.stores.alerts.find(gone.id) is not None


@pytest.mark.parametrize(
    "snapshot",
    ["not base64!", 7, base64.b64encode(b"GIF89a").decode(), base64.b64encode(JPEG + b"x" * 3_000_000).decode()],
)
def test_a_picture_that_is_none_is_declined(world: World, snapshot: object) -> None:
    body = {"alert": _ADAPTERS[Alert].dump_python(alert(), mode="json"), "snapshot": snapshot}
    with pytest.raises(UplinkError, match="snapshot"):
        world.intake.record(NODE, Record(1, "r", "alert", T0, body))
    assert world.stores.alerts.find(alert().id) is None


@pytest.mark.parametrize("body", [{}, {"alert": None}, {"alert": {"id": "x"}}, {"alert": "x"}])
def test_a_body_that_makes_no_sense_is_declined(world: World, body: dict[str, Any]) -> None:
    with pytest.raises(UplinkError, match="makes no sense"):
        world.intake.record(NODE, Record(1, "r", "alert", T0, body))


def test_when_the_picture_cannot_be_kept_nothing_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise ArchiveError("bucket away")

    monkeypatch.setattr(world.objects, "put", away)
    with pytest.raises(ArchiveError):
        world.tell(alert(), jpeg=JPEG)
    assert world.stores.alerts.find(alert().id) is None


def test_when_the_clip_cannot_be_asked_for_there_is_no_alert_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(type(world.stores.clips), "request_for_alert", fail)
    with pytest.raises(StoreError):
        world.tell(alert(), jpeg=JPEG)
    assert world.stores.alerts.find(alert().id) is None
    assert world.events.published == []


def test_when_nobody_can_be_told_there_is_no_alert_either(world: World) -> None:
    world.notices.fails = True
    with pytest.raises(StoreError):
        world.tell(alert(), jpeg=JPEG)
    assert world.stores.alerts.find(alert().id) is None
    assert world.stores.clips.pending() == []
    assert world.notices.woken_with == []


def test_each_revision_goes_to_those_who_tell_of_it_and_they_are_woken_after_it(world: World) -> None:
    world.tell(alert())
    world.tell(alert(2, ended_at=at(100)))
    assert world.notices.entered == [alert().id, alert().id]
    assert world.notices.woken_with == [1, 2]


def test_a_window_alert_names_its_group_though_another_node_sees_the_queue() -> None:
    first, second = SITE.halls
    staff, queue_zone = first.cameras[0].zones
    counter = replace(first.cameras[0], zones=(staff,))
    lane = replace(second.cameras[0], zones=(queue_zone,))
    claims = Claims(replace(SITE, halls=(replace(first, cameras=(counter, lane)),)), OWNERS)
    claims.check_alert(NODE, alert())
    of_the_queue = alert(id=AlertId(f"queue-buildup_{GROUP}_x"), kind=AlertKind.QUEUE_BUILDUP, window=None)
    with pytest.raises(UplinkError, match="not seen by node"):
        claims.check_alert(NODE, of_the_queue)
    claims.check_alert(OTHER_NODE, replace(of_the_queue, camera=OTHER_CAMERA))


# Observations and gaps


def test_an_observation_is_entered_once(world: World) -> None:
    for _ in range(2):
        world.tell(status(Staffing.UNSTAFFED, since=5))
    assert world.stores.observations.between(WINDOW, at(0), at(10)) == [status(Staffing.UNSTAFFED, since=5)]


def test_a_gap_is_entered_once(world: World) -> None:
    for _ in range(2):
        world.tell(gap())
    assert world.stores.footage.gaps_overlapping(CAMERA, at(0), at(10)) == [gap()]
    assert world.woken


@pytest.mark.parametrize(
    "wrong",
    [
        gap(camera=OTHER_CAMERA),
        gap(camera=CameraId("a/b")),
        gap(10, 10),
        status(window=OTHER_WINDOW),
        status(window=WindowId("../x")),
        replace(status(), since_at=datetime(2026, 3, 2)),
    ],
    ids=range(6),
)
def test_what_is_not_the_nodes_to_say_is_declined(world: World, wrong: Any) -> None:
    with pytest.raises(UplinkError):
        world.tell(wrong)
    assert world.stores.footage.gaps_overlapping(OTHER_CAMERA, at(-100), at(100)) == []
    assert world.stores.observations.latest() == []


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 301, "with space"])
def test_a_record_needs_an_id(world: World, name: str) -> None:
    with pytest.raises(UplinkError, match="id is none"):
        world.intake.record(NODE, replace(record_of(gap()), id=name))


def test_what_is_muted_is_kept_and_measured_all_the_same(world: World) -> None:
    mute = Mute(MuteId("m"), HallId("hall"), WINDOW, alert().kind, at(-600), at(600), "窗口搬迁", "supervisor")
    world.stores.mutes.add(mute)
    world.tell(alert(), jpeg=JPEG)
    world.tell(MINUTE)
    found = world.stores.alerts.find(alert().id)
    assert found is not None
    assert (found.muted_until, found.state, found.alert) == (at(600), AlertState.OPEN, alert())
    assert world.notices.entered == [], "it calls nobody"
    assert found.snapshot_key is not None
    assert len(world.stores.clips.pending()) == 1
    assert [one for _, one in world.stores.minutes.of_window(WINDOW, T0, at(60))] == [OF_WINDOW]


# Minutes


OF_WINDOW = WindowMinute(WINDOW, 20.0, 30.0, {Unknown.DARK: 10.0}, visitor_s=5.0, looks=55)
OF_QUEUE = QueueMinute(GROUP, 60.0, 40.0, 4.0, 2, 7, staffed_mean=1.0, wait_s=300.0)
MINUTE = Minute(T0, 60.0, (OF_WINDOW,), (OF_QUEUE,))


def test_a_minute_is_entered_once(world: World) -> None:
    for _ in range(2):
        world.tell(MINUTE)
    assert [one for _, one in world.stores.minutes.of_window(WINDOW, T0, at(60))] == [OF_WINDOW]
    assert [one for _, one in world.stores.minutes.of_group(GROUP, T0, at(60))] == [OF_QUEUE]


def test_what_is_another_nodes_by_now_is_left_out_of_a_minute(world: World) -> None:
    world.tell(replace(MINUTE, windows=(OF_WINDOW, replace(OF_WINDOW, window=OTHER_WINDOW)), queues=()))
    assert [one for _, one in world.stores.minutes.of_window(WINDOW, T0, at(60))] == [OF_WINDOW]
    assert world.stores.minutes.of_window(OTHER_WINDOW, T0, at(60)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        replace(MINUTE, at=at(1)),
        replace(MINUTE, at=datetime(2026, 3, 2, 1)),
        replace(MINUTE, seconds=0.0),
        replace(MINUTE, seconds=61.0),
        replace(MINUTE, seconds=30.0),
        replace(MINUTE, windows=(replace(OF_WINDOW, staffed_s=-1.0),)),
        replace(MINUTE, windows=(replace(OF_WINDOW, staffed_s=float("nan")),)),
        replace(MINUTE, windows=(replace(OF_WINDOW, visitor_s=90.0),)),
        replace(MINUTE, windows=(replace(OF_WINDOW, looks=-1),)),
        replace(MINUTE, queues=(replace(OF_QUEUE, known_s=61.0),)),
        replace(MINUTE, queues=(replace(OF_QUEUE, waiting_mean=float("inf")),)),
    ],
    ids=range(11),
)
def test_a_minute_that_makes_no_sense_is_declined(world: World, wrong: Minute) -> None:
    with pytest.raises(UplinkError):
        world.tell(wrong)
    assert world.stores.minutes.of_window(WINDOW, at(-3600), at(3600)) == []


# Traces


def trace(*seconds: float) -> tuple[TracePoint, ...]:
    return tuple(TracePoint(at(second), Presence.CLEAR, 0.0) for second in seconds)


def test_the_trace_of_an_alert_grows_with_its_revisions_and_never_shrinks(world: World) -> None:
    world.tell(alert(trace=trace(0, 1)))
    world.tell(alert(3, trace=trace(1, 2), ended_at=at(2)))
    world.tell(alert(2, trace=trace(1.5)))
    world.tell(alert(4))
    assert world.stores.traces.of(alert().id) == trace(0, 1, 1.5, 2)
    found = world.stores.alerts.find(alert().id)
    assert found is not None
    assert found.alert.trace == ()


@pytest.mark.parametrize(
    "wrong",
    [
        trace(*range(601)),
        trace(2, 1),
        trace(1, 1),
        (replace(trace(0)[0], score=1.5),),
        (replace(trace(0)[0], score=float("nan")),),
        (replace(trace(0)[0], waiting=-1),),
        (replace(trace(0)[0], mark=float("inf")),),
        (replace(trace(0)[0], at=datetime(2026, 3, 2)),),
    ],
    ids=range(8),
)
def test_a_trace_that_makes_no_sense_is_declined(world: World, wrong: tuple[TracePoint, ...]) -> None:
    body = {"alert": _ADAPTERS[Alert].dump_python(alert(trace=wrong))}
    with pytest.raises(UplinkError):
        world.intake.record(NODE, Record(1, "r", "alert", T0, body))
    assert world.stores.alerts.find(alert().id) is None


# Segments


def test_a_segment_is_announced_put_verified_and_stored(world: World) -> None:
    one = segment()
    place = world.intake.offer(NODE, Offer(one, backfilled=True), resumes=True)
    assert place is not None
    assert place.from_byte == 0
    announced = world.stores.footage.find(one.id)
    assert announced is not None
    assert (announced.segment, announced.state, announced.backfilled) == (one, SegmentState.PENDING, True)
    assert announced.object_key == f"segments/{CAMERA}/2026/03/02/{one.id}.mp4"
    assert not world.intake.uploaded(NODE, one.id)
    world.put(place.url, content(0))
    assert world.intake.uploaded(NODE, one.id)
    assert world.stores.footage.find(one.id).state is SegmentState.STORED  # type: ignore[union-attr]
    assert world.arrived == [one.id]
    assert world.intake.offer(NODE, Offer(one), resumes=True) is None
    assert world.intake.uploaded(NODE, one.id)


def test_what_came_whole_before_the_node_heard_so_is_not_sent_again(world: World) -> None:
    one = segment()
    place = world.intake.offer(NODE, Offer(one), resumes=True)
    assert place is not None
    world.put(place.url, content(0))  # and the line breaks
    assert world.intake.offer(NODE, Offer(one), resumes=True) is None
    assert world.stores.footage.find(one.id).state is SegmentState.STORED  # type: ignore[union-attr]
    assert world.arrived == [one.id]


def test_other_bytes_than_announced_are_not_taken(world: World) -> None:
    one = segment()
    for data in (b"", content(0)[:-1], content(0) + b"x", b"x" * 1000):
        with pytest.raises(ArchiveError):
            world.bring(one, data)
        assert not world.intake.uploaded(NODE, one.id)
    assert world.bring(one)


def test_a_ticket_is_good_once_and_not_for_ever(world: World) -> None:
    first = world.intake.offer(NODE, Offer(segment()), resumes=True)
    assert first is not None
    world.put(first.url, content(0))
    assert world.intake.tickets.take(first.url.removeprefix(protocol.OBJECTS)) is None
    late = world.intake.offer(NODE, Offer(segment(10)), resumes=True)
    assert late is not None
    world.clock.advance(3600)
    assert world.intake.tickets.take(late.url.removeprefix(protocol.OBJECTS)) is None
    assert world.intake.tickets.take("never-issued") is None


def test_a_node_holds_one_ticket_at_a_time() -> None:
    tickets = Tickets(FakeClock())
    names = [tickets.issue(NODE, "key", 1, "hash") for _ in range(1000)]
    other = tickets.issue(OTHER_NODE, "key", 1, "hash")
    assert len(tickets._open) == 2
    assert tickets.take(names[0]) is None
    assert tickets.take(names[-1]) is not None
    assert tickets.take(other) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, camera=OTHER_CAMERA),
        lambda one: replace(one, camera=CameraId("../b-cam"), id=SegmentId("../b-cam_20260302T010000.000000Z")),
        lambda one: replace(one, id=SegmentId("../../../etc/passwd")),
        lambda one: replace(one, id=SegmentId(f"{one.id}/x")),
        lambda one: replace(one, id=SegmentId(f"{OTHER_CAMERA}_20260302T010000.000000Z")),
        lambda one: replace(one, id=SegmentId(f"{CAMERA}_20260302T010001.000000Z")),
        lambda one: replace(one, id=SegmentId("x" * 5000)),
        lambda one: replace(one, id=SegmentId("")),
        lambda one: replace(one, sha256="0" * 63),
        lambda one: replace(one, sha256="../" + "0" * 61),
        lambda one: replace(one, previous_sha256="x"),
        lambda one: replace(one, size=0),
        lambda one: replace(one, size=2**50),
        lambda one: replace(one, packets=2**40),
        lambda one: replace(one, width=-1),
        lambda one: replace(one, end_at=one.start_at),
        lambda one: replace(one, end_at=one.start_at + timedelta(hours=2)),
        lambda one: replace(one, start_at=one.start_at.replace(tzinfo=None)),
        lambda one: replace(one, start_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))),
    ],
    ids=range(19),
)
def test_an_offer_that_could_escape_collide_or_make_no_sense_is_refused(
    world: World, change: Callable[[Segment], Segment]
) -> None:
    with pytest.raises(UplinkError):
        world.intake.offer(NODE, Offer(change(segment())), resumes=True)
    assert world.stores.footage.segments_overlapping(CAMERA, at(-1000), at(1000)) == []
    assert world.stores.footage.segments_overlapping(OTHER_CAMERA, at(-1000), at(1000)) == []


def test_the_same_moment_in_another_zone_is_the_same_segment(world: World) -> None:
    one = segment()
    shifted = replace(one, start_at=one.start_at.astimezone(timezone(timedelta(hours=-8))))
    assert shifted.start_at.day != one.start_at.astimezone(UTC).day
    world.intake.offer(NODE, Offer(shifted), resumes=True)
    found = world.stores.footage.find(one.id)
    assert found is not None
    assert found.object_key == f"segments/{CAMERA}/2026/03/02/{one.id}.mp4"


def test_a_segment_that_is_known_cannot_be_restated(world: World) -> None:
    assert world.bring(segment())
    other = segment(data=b"other" * 10)
    with pytest.raises(UplinkError, match="another hash"):
        world.intake.offer(NODE, Offer(other), resumes=True)


def test_another_nodes_segment_is_not_verified_for_it(world: World) -> None:
    world.intake.offer(OTHER_NODE, Offer(segment(camera=OTHER_CAMERA)), resumes=True)
    with pytest.raises(UplinkError, match="not of node"):
        world.intake.uploaded(NODE, segment(camera=OTHER_CAMERA).id)
    assert world.intake.uploaded(NODE, SegmentId("unknown")) is False


# The board


def queue(group: GroupId = GROUP) -> QueueStatus:
    return QueueStatus(group, 3, staffed=1, unknown=0, in_service=1, at=T0)


def camera(name: CameraId = CAMERA) -> CameraStatus:
    return CameraStatus(name, CameraHealth.ONLINE, T0, T0)


def test_a_report_reaches_the_board(world: World) -> None:
    world.intake.report(NODE, Report((status(),), (queue(),), (camera(),)))
    view = world.board.view()
    assert (view.windows, view.queues, view.cameras) == ((status(),), (queue(),), (camera(),))
    assert world.events.published == [StatusChanged()]


def test_a_node_reports_of_its_own_only(world: World) -> None:
    theirs = Report(
        (status(window=OTHER_WINDOW), status(window=WindowId("unknown")), status()),
        (queue(OTHER_GROUP), queue()),
        (camera(OTHER_CAMERA), camera(GONE_CAMERA), camera()),
    )
    world.intake.report(NODE, theirs)
    view = world.board.view()
    assert (view.windows, view.queues, view.cameras) == ((status(),), (queue(),), (camera(),))


def test_the_wait_reaches_the_board_and_goes_with_the_node(world: World) -> None:
    told = replace(queue(), wait=WaitEstimate(720, 480, 1140))
    world.intake.report(NODE, Report((), (told,), ()))
    assert world.board.view().queues == (told,)
    world.intake.link(NODE, connected=True)
    world.intake.link(NODE, connected=False)
    assert world.board.view().queues[0].wait is None


@pytest.mark.parametrize("wait", [(5, 9, 20), (5, 2, 4), (-1, -2, 3), (float("nan"), 1, 2), (5, 1, float("inf"))])
def test_a_wait_that_is_no_range_is_left_out(world: World, wait: tuple[float, float, float]) -> None:
    world.intake.report(NODE, Report((), (replace(queue(), wait=WaitEstimate(*wait)),), ()))
    assert world.board.view().queues == ()


def test_an_unserved_visitor_is_taken_in_like_an_absence(world: World) -> None:
    told = alert(
        id=AlertId(f"unserved-visitor_{WINDOW}_20260302T005500Z"),
        kind=AlertKind.UNSERVED_VISITOR,
        facts={"waited_s": 60.0, "absent_s": 75.0},
    )
    world.tell(told, jpeg=JPEG)
    found = world.stores.alerts.find(told.id)
    assert found is not None
    assert (found.alert, found.snapshot_key is not None) == (told, True)
    assert len(world.stores.clips.pending()) == 1


def test_a_time_that_no_screen_could_show_is_left_out(world: World) -> None:
    world.intake.report(NODE, Report((replace(status(), since_at=datetime(2026, 3, 2)),), (), ()))
    assert world.board.view().windows == ()


def test_when_a_node_is_gone_its_suspended_windows_are_unknown_and_not_out_of_service_for_ever(world: World) -> None:
    suspended = replace(status(), in_service=False, suspended=SuspensionKind.LEAVE)
    world.intake.report(NODE, Report((suspended,), (), ()))
    assert world.board.view().windows == (suspended,)
    world.intake.link(NODE, connected=True)
    world.intake.link(NODE, connected=False)
    (mine,) = world.board.view().windows
    assert (mine.in_service, mine.suspended, mine.staffing) == (True, None, Staffing.UNKNOWN)


@pytest.mark.lesson(21)
def test_when_a_node_is_gone_nothing_is_known_of_what_it_saw(world: World) -> None:
    world.intake.link(NODE, connected=True)
    world.intake.link(OTHER_NODE, connected=True)
    world.intake.report(NODE, Report((status(),), (queue(),), (camera(),)))
    world.intake.report(OTHER_NODE, Report((status(window=OTHER_WINDOW),), (), ()))
    world.clock.advance(60)
    world.intake.link(NODE, connected=False)
    view = world.board.view()
    mine, theirs = view.windows
    assert mine == WindowStatus(WINDOW, True, Staffing.UNKNOWN, at(60), Unknown.NO_SIGNAL, Presence.UNKNOWN)
    assert theirs == status(window=OTHER_WINDOW)
    assert (view.queues[0].waiting, view.queues[0].staffed, view.queues[0].unknown) == (None, 0, 1)
    assert (view.cameras[0].health, view.cameras[0].last_frame_at) == (CameraHealth.OFFLINE, T0)
    assert [(link.node, link.connected) for link in view.nodes] == [(NODE, False), (OTHER_NODE, True)]
