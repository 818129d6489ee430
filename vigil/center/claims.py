"""What a node may say. Everything that nodes send is held to this before any of it is entered.

A node speaks for its own cameras, and for the windows and groups that they see. What stands in the site no more (a camera
that was taken out while the node held its last records) may be spoken of by any node; what another node runs, never.
Every refusal is an UplinkError and final: the node keeps such a record aside.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, TypeVar

from vigil.center.plans import watched_by
from vigil.errors import UplinkError
from vigil.ingest.segments import segment_id
from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import CameraId, GroupId, NodeId, WindowId
from vigil.model.looks import CameraStatus, QueueStatus, WaitEstimate, WindowStatus
from vigil.model.media import Gap, Segment
from vigil.model.minutes import Minute, QueueMinute, WindowMinute
from vigil.model.site import Site
from vigil.model.trace import MOST_POINTS, TracePoint
from vigil.store.footage import LONGEST_SEGMENT
from vigil.uplink.protocol import Record, Report

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ALERT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_RECORD_ID: Final = re.compile(r"[!-~]{1,300}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES: Final = 4 * 1024**3
"""Of a segment: an hour at 9 Mbit/s."""
_MOST_NUMBER: Final = 2**31 - 1
"""What an integer column of any database holds."""
_MOST_FACTS: Final = 16 * 1024
_LONGEST_CLIP: Final = timedelta(hours=1)
_MINUTE_S: Final = 60.001
_ROUNDING_S: Final = 0.1
"""By which rounded parts may exceed their rounded whole."""

S = TypeVar("S")


class Claims:
    """`owners` says which node runs a camera."""

    def __init__(self, site: Site, owners: Mapping[CameraId, NodeId]) -> None:
        self._owners = owners
        self._halls = {camera.id: hall.id for hall, camera in site.cameras()}
        self._group_of = {window.id: group.id for hall in site.halls for group, window in hall.windows()}
        self._windows: defaultdict[WindowId, set[NodeId]] = defaultdict(set)
        self._groups: defaultdict[GroupId, set[NodeId]] = defaultdict(set)
        self._longest_clip = max(_LONGEST_CLIP, timedelta(seconds=site.clips.longest_s))
        for node in set(owners.values()):
            windows, groups = watched_by(site, {camera for camera, owner in owners.items() if owner == node})
            for window in windows:
                self._windows[window].add(node)
            for group in groups:
                self._groups[group].add(node)

    def check_record(self, record: Record) -> None:
        _require(_RECORD_ID.fullmatch(record.id), "the record's id is none")

    def check_segment(self, node: NodeId, segment: Segment) -> None:
        self.check_camera(node, segment.camera)
        _span(segment.start_at, segment.end_at, LONGEST_SEGMENT)
        # The id names the object: this one form of it can neither leave the camera's folder nor meet another segment.
        _require(segment.id == segment_id(segment.camera, segment.start_at), "the segment's id is not camera and start")
        _require(_SHA256.fullmatch(segment.sha256), "the segment's hash is none")
        _require(
            not segment.previous_sha256 or _SHA256.fullmatch(segment.previous_sha256), "the hash before it is none"
        )
        _require(0 < segment.size <= _MOST_BYTES, f"a segment of {segment.size} bytes")
        numbers = (segment.packets, segment.width, segment.height)
        _require(all(0 <= number <= _MOST_NUMBER for number in numbers), "a figure of the segment is out of range")

    def check_gap(self, node: NodeId, gap: Gap) -> None:
        self.check_camera(node, gap.camera)
        _span(gap.start_at, gap.end_at)

    def check_observation(self, node: NodeId, status: WindowStatus) -> None:
        self._check_seen(node, status.window, self._windows)
        _moment(status.since_at)

    def own_minute(self, node: NodeId, minute: Minute) -> Minute:
        """The minute without what is another node's by now: one camera that was moved must not cost all others theirs."""
        _moment(minute.at)
        _require(not minute.at.second and not minute.at.microsecond, "it does not begin with a minute")
        _require(0 < minute.seconds <= _MINUTE_S, f"a minute of {minute.seconds} s")
        for window in minute.windows:
            _check_window_minute(window, minute.seconds)
        for queue in minute.queues:
            _check_queue_minute(queue, minute.seconds)
        return replace(
            minute,
            windows=tuple(_right(minute.windows, lambda window: self._check_seen(node, window.window, self._windows))),
            queues=tuple(_right(minute.queues, lambda queue: self._check_seen(node, queue.group, self._groups))),
        )

    def check_alert(self, node: NodeId, alert: Alert) -> CameraId:
        """The camera whose footage shows it."""
        if alert.camera is None:
            raise UplinkError("the alert names no camera")
        self.check_camera(node, alert.camera)
        self._check_place(node, alert)
        _require(_ALERT_ID.fullmatch(alert.id), "the alert's id is none")
        _require(alert.id.startswith(f"{alert.kind}_{_subject(alert)}_"), "the alert's id is not of what it is about")
        _require(0 < alert.revision <= _MOST_NUMBER, f"revision {alert.revision}")
        for at in (alert.began_at, alert.raised_at, alert.escalated_at, alert.ended_at):
            if at is not None:
                _moment(at)
        if alert.clip_from_at is not None and alert.clip_to_at is not None:
            _span(alert.clip_from_at, alert.clip_to_at, self._longest_clip)
        _check_facts(alert)
        _check_trace(alert.trace)
        return alert.camera

    def check_camera(self, node: NodeId, camera: CameraId) -> None:
        owner = self._owners.get(camera)
        _require(owner == node if owner else _NAME.fullmatch(camera), f"camera {camera[:64]} is not of node {node}")

    def own(self, node: NodeId, report: Report) -> Report:
        """The report without what is not this node's, or not in the site any more. It is of the present, so nothing is lost."""
        cameras = frozenset(camera for camera, owner in self._owners.items() if owner == node)

        def window(status: WindowStatus) -> None:
            _require(node in self._windows.get(status.window, ()), "")
            _moment(status.since_at)

        def queue(status: QueueStatus) -> None:
            _require(node in self._groups.get(status.group, ()), "")
            _moment(status.at)
            _require(status.wait is None or _is_range(status.wait), "")
            _require(status.longest_wait_s is None or 0 <= status.longest_wait_s < math.inf, "")

        def camera(status: CameraStatus) -> None:
            _require(status.camera in cameras, "")
            _moment(status.since_at)
            if status.last_frame_at is not None:
                _moment(status.last_frame_at)

        return Report(
            tuple(_right(report.windows, window)),
            tuple(_right(report.queues, queue)),
            tuple(_right(report.cameras, camera)),
        )

    def _check_place(self, node: NodeId, alert: Alert) -> None:
        hall = self._halls.get(alert.camera) if alert.camera is not None else None
        _require(
            alert.hall == hall if hall else _NAME.fullmatch(alert.hall), f"the camera is not in hall {alert.hall[:64]}"
        )
        if alert.window is not None:
            self._check_seen(node, alert.window, self._windows)
            # It names its group too, whose queue another node may see.
            group = self._group_of.get(alert.window, alert.group)
            _require(
                alert.group in (None, group), f"window {alert.window[:64]} is not of group {(alert.group or '')[:64]}"
            )
        elif alert.group is not None:
            self._check_seen(node, alert.group, self._groups)

    def _check_seen(self, node: NodeId, place: S, watchers: Mapping[S, set[NodeId]]) -> None:
        seen_by = watchers.get(place)
        right = node in seen_by if seen_by else _NAME.fullmatch(str(place))
        _require(right, f"{str(place)[:64]} is not seen by node {node}")


def _subject(alert: Alert) -> str | None:
    match alert.kind:
        case AlertKind.WINDOW_UNSTAFFED | AlertKind.UNSERVED_VISITOR:
            return alert.window
        case AlertKind.QUEUE_BUILDUP:
            return alert.group
        case AlertKind.CAMERA_FAULT:
            return alert.camera


def _check_facts(alert: Alert) -> None:
    try:
        text = json.dumps(alert.facts, allow_nan=False)  # NaN is no JSON, and no browser reads a page of alerts with it
    except ValueError as error:
        raise UplinkError("a fact is no number") from error
    _require(len(text) <= _MOST_FACTS, f"facts of {len(text)} characters")


def _check_trace(points: Sequence[TracePoint]) -> None:
    _require(len(points) <= MOST_POINTS, f"a trace of {len(points)} points")
    for point in points:
        _moment(point.at)
        _require(point.score is None or 0 <= point.score <= 1, "a score that is none")
        _require(point.waiting is None or 0 <= point.waiting <= _MOST_NUMBER, "people that cannot be counted")
        _require(point.mark is None or 0 <= point.mark < math.inf, "a mark that is none")
    _require(all(one.at < other.at for one, other in pairwise(points)), "a trace that does not go on in time")


def _check_window_minute(window: WindowMinute, seconds: float) -> None:
    parts = (window.staffed_s, window.unstaffed_s, *window.unknown_s.values(), window.visitor_s)
    _require(all(part >= 0 for part in parts), "seconds that are none")
    _require(max(window.in_service_s, window.visitor_s) <= seconds + _ROUNDING_S, "more seconds than the minute has")
    _require(0 <= window.looks <= _MOST_NUMBER, f"{window.looks} looks")


def _check_queue_minute(queue: QueueMinute, seconds: float) -> None:
    _require(0 <= queue.known_s <= queue.in_service_s + _ROUNDING_S, "more seconds known than in service")
    _require(queue.in_service_s <= seconds + _ROUNDING_S, "more seconds than the minute has")
    figures = (queue.waiting_least, queue.waiting_mean, queue.waiting_most, queue.staffed_mean, queue.wait_s)
    _require(all(0 <= figure <= _MOST_NUMBER for figure in figures if figure is not None), "a figure out of range")


def _is_range(wait: WaitEstimate) -> bool:
    """Not so of a NaN, which no browser reads."""
    return 0 <= wait.low_s <= wait.median_s <= wait.high_s < math.inf


def _moment(at: datetime) -> None:
    """Aware, and within what every calendar and database can hold."""
    _require(at.tzinfo is not None and at.utcoffset() is not None, "a time without a zone")
    _require(2000 <= at.year < 2200, f"a time in the year {at.year}")


def _span(start_at: datetime, end_at: datetime, longest: timedelta | None = None) -> None:
    _moment(start_at)
    _moment(end_at)
    _require(start_at < end_at, "it ends before it begins")
    _require(longest is None or end_at - start_at <= longest, f"longer than {longest}")


def _right(statuses: Sequence[S], check: Callable[[S], None]) -> Iterator[S]:
    for status in statuses:
        try:
            check(status)
        except UplinkError:
            continue
        yield status


def _require(right: object, otherwise: str) -> None:
    if not right:
        raise UplinkError(otherwise)
