"""Enters what nodes send: records into the database, pictures and segments into the archive. Every method is idempotent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, TypeVar

import structlog
from pydantic import TypeAdapter, ValidationError

from vigil.archive.objects import ObjectStore
from vigil.center.claims import Claims
from vigil.center.landing import Body, Landing
from vigil.center.notices import Notices
from vigil.center.plans import part_of, watched_by
from vigil.center.ways import Ways
from vigil.clock import Clock
from vigil.errors import UplinkError
from vigil.gateway.board import StatusBoard
from vigil.gateway.events import AlertChanged, EventBus, StatusChanged
from vigil.model.alerts import Alert
from vigil.model.ids import CameraId, ClipId, NodeId, SegmentId, WindowId
from vigil.model.looks import CameraHealth, QueueStatus, Staffing, Unknown, WindowStatus
from vigil.model.media import Gap, Segment
from vigil.model.minutes import Minute
from vigil.model.site import Site
from vigil.store.clocks import NodeClock
from vigil.store.footage import SegmentState, Span
from vigil.store.stores import Stores
from vigil.uplink import protocol
from vigil.uplink.hub import Place
from vigil.uplink.node_clock import ClockReading
from vigil.uplink.protocol import Offer, Record, Report

_PUT_EXPIRES = timedelta(minutes=15)
_MOST_SNAPSHOT_BYTES = 2 * 1024 * 1024

_ALERT: TypeAdapter[Alert] = TypeAdapter(Alert)
_STATUS: TypeAdapter[WindowStatus] = TypeAdapter(WindowStatus)
_GAP: TypeAdapter[Gap] = TypeAdapter(Gap)
_MINUTE: TypeAdapter[Minute] = TypeAdapter(Minute)
CLOCK_OFF_S = 2.0
"""A node whose clock is further off dates its pictures so that people will contradict them."""
T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to put one object, once, at the gateway's own address."""

    node: NodeId
    key: str
    size: int
    sha256: str
    expires_at: datetime


class Tickets:
    """In memory, one a node, for it brings one object at a time: who finds his ticket gone offers the segment again.

    Safe from any thread.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, Ticket] = {}

    def issue(self, node: NodeId, key: str, size: int, sha256: str) -> str:
        name = token_urlsafe(32)
        ticket = Ticket(node, key, size, sha256, self._clock.now() + _PUT_EXPIRES)
        with self._lock:
            self._open = {held: one for held, one in self._open.items() if one.node != node} | {name: ticket}
        return name

    def take(self, name: str) -> Ticket | None:
        with self._lock:
            ticket = self._open.pop(name, None)
        return ticket if ticket is not None and ticket.expires_at > self._clock.now() else None


class CenterIntake:
    """vigil.uplink.hub.Intake. `owners` says which node runs a camera."""

    def __init__(
        self,
        *,
        site: Site,
        stores: Stores,
        objects: ObjectStore,
        board: StatusBoard,
        events: EventBus,
        clock: Clock,
        landing: Landing,
        owners: Mapping[CameraId, NodeId],
        wake_clips: Callable[[], None],
        arrived: Callable[[Segment], None],
        notices: Notices,
    ) -> None:
        """`arrived` is told of each segment that has been stored, before `wake_clips` is called."""
        self._site = site
        self._stores = stores
        self._objects = objects
        self._board = board
        self._events = events
        self._clock = clock
        self._landing = landing
        self._ways = Ways()
        self._owners = owners
        self._claims = Claims(site, dict(owners.items()))
        self._wake_clips = wake_clips
        self._arrived = arrived
        self._notices = notices
        self._clocks_off: frozenset[NodeId] = frozenset()
        self.tickets = Tickets(clock)

    def change(self, site: Site) -> None:
        """From now on nodes speak of another site; `owners` is of that one already. From any thread."""
        self._claims = Claims(site, dict(self._owners.items()))
        self._site = site

    def windows_of(self, node: NodeId) -> list[WindowId]:
        """All of the halls that the node has a camera in, whether it sees them or not."""
        mine = frozenset(camera for camera, owner in self._owners.items() if owner == node)
        return [window.id for hall in part_of(self._site, mine).halls for _, window in hall.windows()]

    def record(self, node: NodeId, record: Record) -> None:
        self._claims.check_record(record)
        match record.kind:
            case "alert":
                self._alert(node, record)
            case "observation":
                status = _parsed(_STATUS, record.body)
                self._claims.check_observation(node, status)
                self._stores.observations.add(f"{node}/{record.id}", status)
            case "gap":
                gap = _parsed(_GAP, record.body)
                self._claims.check_gap(node, gap)
                self._stores.footage.add_gap(gap)
                self._wake_clips()
            case "minutes":
                minute = self._claims.own_minute(node, _parsed(_MINUTE, record.body))
                self._stores.minutes.add(f"{node}/{record.id}", node, minute)

    def offer(self, node: NodeId, offer: Offer, *, resumes: bool) -> Place | None:
        segment = offer.segment
        self._claims.check_segment(node, segment)
        known = self._stores.footage.find(segment.id)
        if known is not None and known.segment.sha256 != segment.sha256:
            raise UplinkError("a segment of this time is known with another hash")
        if known is not None and known.state is SegmentState.STORED:
            return None
        key = known.object_key if known is not None else _segment_key(segment)
        self._stores.footage.announce(segment, key, backfilled=offer.backfilled)
        straight = self._ways.offered(node, segment.id)
        if self._ways.again(node) and self.uploaded(node, segment.id):
            return None  # it was whole, and the line broke before the node heard so
        if straight or not resumes:
            url = self._objects.presigned_put(key, _PUT_EXPIRES)
            if url is not None:
                return Place(url)
        url = protocol.OBJECTS + self.tickets.issue(node, key, segment.size, segment.sha256)
        held = self._landing.held(node, segment.sha256) if resumes else 0
        return Place(url, held if held < segment.size else 0)

    def uploaded(self, node: NodeId, segment: SegmentId) -> bool:
        known = self._stores.footage.find(segment)
        if known is None:
            return False
        self._claims.check_camera(node, known.segment.camera)
        if not self._objects.verify(known.object_key, known.segment.sha256):
            return False
        self._stores.footage.mark_stored(segment)
        self._arrived(known.segment)
        self._wake_clips()
        return True

    def report(self, node: NodeId, report: Report) -> None:
        report = self._claims.own(node, report)
        self._board.update_windows(report.windows)
        self._board.update_queues(report.queues)
        self._board.update_cameras(report.cameras)
        self._events.publish(StatusChanged())

    def link(self, node: NodeId, *, connected: bool) -> None:
        now = self._clock.now()
        self._board.update_node(node, connected=connected, at=now)
        if not connected:
            self._nothing_known(node, now)
        self._events.publish(StatusChanged())

    def clock(self, node: NodeId, reading: ClockReading) -> None:
        self._stores.clocks.add(node, NodeClock(reading.at, reading.offset_s, reading.error_s))
        off = abs(reading.offset_s) - reading.error_s > CLOCK_OFF_S
        if off and node not in self._clocks_off:
            log.warning("node_clock_off", node=node, seconds=round(reading.offset_s, 1))
        self._clocks_off = self._clocks_off | {node} if off else self._clocks_off - {node}
        self._board.update_clock(node, reading.offset_s)

    def _nothing_known(self, node: NodeId, now: datetime) -> None:
        """What a node believed is no news once it is gone: its windows are unknown, never as they last were."""
        view, why = self._board.view(), Unknown.NO_SIGNAL
        mine = {camera for camera, owner in self._owners.items() if owner == node}
        windows, groups = watched_by(self._site, mine)
        self._board.update_windows(
            WindowStatus(status.window, _within_hours(status), Staffing.UNKNOWN, now, why)
            for status in view.windows
            if status.window in windows
        )
        self._board.update_queues(
            QueueStatus(status.group, None, staffed=0, unknown=status.in_service, in_service=status.in_service, at=now)
            for status in view.queues
            if status.group in groups
        )
        self._board.update_cameras(
            replace(status, health=CameraHealth.OFFLINE, why=why, since_at=now)
            for status in view.cameras
            if status.camera in mine
        )

    def receive(self, ticket: Ticket, body: Body, from_byte: int = 0) -> None:
        """Keeps an object that a node puts at the gateway's own address. Raises ArchiveError when it is another, or not whole."""
        size, sha256 = ticket.size, ticket.sha256
        path = self._landing.receive(ticket.node, body, size=size, sha256=sha256, from_byte=from_byte)
        try:
            self._objects.take(ticket.key, path, size=size, sha256=sha256, content_type="video/mp4")
        finally:
            path.unlink(missing_ok=True)  # what is not what was announced would be so the next time

    def _alert(self, node: NodeId, record: Record) -> None:
        alert = _parsed(_ALERT, record.body.get("alert"))
        camera = self._claims.check_alert(node, alert)
        known = self._stores.alerts.find(alert.id)
        if known is not None and known.alert.camera is not None:
            self._claims.check_camera(node, known.alert.camera)
        snapshot = None
        if known is None or known.snapshot_key is None:  # what is evidence already is never written over
            snapshot = self._snapshot(alert, record.body.get("snapshot"))
        now, muted_until = self._clock.now(), known.muted_until if known is not None else self._muted_until(alert)
        # One transaction for all: an alert whose clip nobody asked for would not be asked for again, nor anybody told of it.
        with self._stores.database.write():
            changed = self._stores.alerts.upsert(
                alert,
                backfilled=record.backfilled,
                snapshot_key=snapshot,
                at=now,
                muted_until=muted_until,
            )
            self._stores.traces.add(alert.id, alert.trace)
            if alert.clip_from_at is not None and alert.clip_to_at is not None:
                span = Span(alert.clip_from_at, alert.clip_to_at)
                clip = ClipId(token_urlsafe(12))
                self._stores.clips.request_for_alert(clip, alert.id, camera, span, at=now)
            if muted_until is None or muted_until <= now:  # else it calls nobody
                self._notices.enter(alert)
        self._notices.wake()
        if changed:
            self._events.publish(AlertChanged(alert.id))
        self._wake_clips()

    def _muted_until(self, alert: Alert) -> datetime | None:
        if alert.window is None:
            return None
        mute = self._stores.mutes.running(alert.window, alert.kind, alert.raised_at)
        return None if mute is None else mute.to_at

    def _snapshot(self, alert: Alert, text: Any) -> str | None:
        if text is None:
            return None
        try:
            jpeg = base64.b64decode(text, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise UplinkError(f"the snapshot of {alert.id} is not base64") from error
        if len(jpeg) > _MOST_SNAPSHOT_BYTES or not jpeg.startswith(b"\xff\xd8"):
            raise UplinkError(f"the snapshot of {alert.id} is no JPEG of at most {_MOST_SNAPSHOT_BYTES} bytes")
        key = f"snapshots/{alert.raised_at:%Y/%m/%d}/{alert.id}.jpg"
        sha256 = hashlib.sha256(jpeg).hexdigest()
        self._objects.put(key, io.BytesIO(jpeg), size=len(jpeg), sha256=sha256, content_type="image/jpeg")
        return key


def _within_hours(status: WindowStatus) -> bool:
    """Whether the window would be in service but for a suspension, which may have ended since."""
    return status.in_service or status.suspended is not None


def _parsed(adapter: TypeAdapter[T], body: Any) -> T:
    try:
        return adapter.validate_python(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UplinkError(f"a record that makes no sense: {first['msg']} at {first['loc']}") from error


def _segment_key(segment: Segment) -> str:
    return f"segments/{segment.camera}/{segment.start_at.astimezone(UTC):%Y/%m/%d}/{segment.id}.mp4"
