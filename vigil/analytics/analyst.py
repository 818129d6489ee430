"""Joins looks, calendars and rules for all windows, queues and cameras of a node, and turns what happens into alerts.

Time comes in with each call and from nowhere else, so that recorded footage runs through the very same code as live.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from vigil import metrics
from vigil.analytics import belief, camera_clock, faults, queueing, staffing, unserved, waiting
from vigil.analytics.alertbook import AlertBook, Subject
from vigil.analytics.evidence import Board, Encounter, Evidence, LaneCount
from vigil.analytics.scene import SceneSignature
from vigil.analytics.service import Service, why_ended, within
from vigil.analytics.trace import Trace, queue_point, window_point
from vigil.analytics.watched_camera import WatchedCamera
from vigil.analytics.zones import Look, ZoneMap
from vigil.calendar import ServiceHours
from vigil.model.alerts import Alert, AlertKind, Fact
from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.looks import (
    CameraStatus,
    Presence,
    QueueSource,
    QueueStatus,
    Staffing,
    Unknown,
    WindowStatus,
)
from vigil.model.site import Hall, Rates, Site, Thresholds, TicketFeed, Window, WindowGroup
from vigil.model.suspensions import Suspension
from vigil.model.tickets import TicketCount
from vigil.model.trace import ScoreMarks, TracePoint


@dataclass(frozen=True, slots=True)
class Memory:
    """All that must survive a restart, so that an episode goes on and is not told a second time."""

    windows: dict[WindowId, staffing.StaffingMemory] = field(default_factory=dict)
    groups: dict[GroupId, queueing.QueueMemory] = field(default_factory=dict)
    cameras: dict[CameraId, faults.FaultMemory] = field(default_factory=dict)
    open: dict[str, Alert] = field(default_factory=dict)
    """Open alerts by subject, e.g. "window gongan-2"."""
    visitors: dict[WindowId, unserved.UnservedMemory] = field(default_factory=dict)
    waits: dict[GroupId, waiting.WaitMemory] = field(default_factory=dict)
    scenes: dict[CameraId, SceneSignature] = field(default_factory=dict)
    """What each camera is meant to see: one that was moved while the node was down must not be learned as right."""
    clocks: dict[CameraId, camera_clock.ClockMemory] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is believed at one moment."""

    windows: tuple[WindowStatus, ...] = ()
    queues: tuple[QueueStatus, ...] = ()
    cameras: tuple[CameraStatus, ...] = ()
    looks: Mapping[WindowId, int] = field(default_factory=dict, compare=False)
    """At each window's staff area, by all cameras, since the analyst began."""


@dataclass(slots=True)
class _WindowPlace:
    hall: Hall
    group: WindowGroup
    window: Window
    service: Service
    thresholds: Thresholds
    cameras: tuple[CameraId, ...]
    """Those that see the staff area; none: the window is only counted in its group."""
    spot_cameras: tuple[CameraId, ...]
    memory: staffing.StaffingMemory
    visitor: unserved.UnservedMemory
    rates: dict[CameraId, Rates]
    """Of the staff area, by camera; the usual ones where nobody has measured them."""


@dataclass(slots=True)
class _GroupPlace:
    hall: Hall
    group: WindowGroup
    thresholds: Thresholds
    cameras: tuple[CameraId, ...]
    """Those that see the lane; none: the queue is known from its tickets alone."""
    windows: tuple[_WindowPlace, ...]
    memory: queueing.QueueMemory
    waits: waiting.WaitMemory
    tickets: TicketCount | None = None

    @property
    def camera(self) -> CameraId:
        """The one whose footage shows the queue best."""
        return (*self.cameras, *(camera for one in self.windows for camera in one.cameras))[0]


class Analyst:
    """Belongs to one thread. `cameras` are those that this node runs; windows that none of them sees are left out."""

    def __init__(
        self,
        site: Site,
        cameras: frozenset[CameraId],
        detector: str,
        memory: Memory,
        now: datetime,
        *,
        marks: ScoreMarks | None = None,
    ) -> None:
        """`detector` is its name and `marks` its marks, for the record of alerts."""
        self._site = site
        self._boards = {hall.id: Board(site.thresholds_of(hall).stale_after_s, now) for hall in site.halls}
        self._cameras = {place.camera.id: place for place in self._camera_places(cameras, memory)}
        self._places = {place.window.id: place for place in self._window_places(memory)}
        self._windows = {name: place for name, place in self._places.items() if place.cameras}
        self._spots = {name: place for name, place in self._windows.items() if place.spot_cameras}
        self._groups = [place for place in self._group_places(memory) if self._watches(place.group)]
        self._book = AlertBook(site.clips, detector, memory.open, marks)
        self._traces: defaultdict[str, Trace] = defaultdict(Trace)
        self._looks: Counter[WindowId] = Counter()
        self._started_at = now
        self._subjects = frozenset(
            [f"window {name}" for name in self._windows]
            + [f"unserved {name}" for name in self._spots]
            + [f"group {place.group.id}" for place in self._groups]
            + [f"camera {name}" for name in self._cameras]
            + [f"clock {name}" for name in self._cameras]
        )

    def go_on_from(self, before: Analyst) -> None:
        """Takes over what `before`, of the site as it was, had seen lately of what is the same: nothing of that turns unknown.

        What it remembers for longer came with its memory.
        """
        for name, place in self._cameras.items():
            old = before._cameras.get(name)
            if old is None or not place.is_as(old):
                continue
            place.go_on_from(old)
            look = before._boards[old.hall.id].look(name)
            if look is not None:
                self._boards[place.hall.id].add(look)
        for window, one in self._places.items():
            known = before._places.get(window)
            if known is not None:
                one.service.suspensions = known.service.suspensions
                one.service.on, one.service.turned_at = known.service.on, known.service.turned_at
        counts = {group.group.id: group.tickets for group in before._groups}
        for group in self._groups:
            group.tickets = counts.get(group.group.id)
        self._traces |= {subject: before._traces[subject] for subject in self._subjects & before._traces.keys()}
        self._looks = before._looks
        self._started_at = before._started_at

    def sees_alike(self, camera: CameraId, before: Analyst) -> bool:
        """Whether a look at this camera means what it meant to `before`."""
        old, new = before._cameras.get(camera), self._cameras.get(camera)
        return old is not None and new is not None and new.is_as(old)

    @property
    def memory(self) -> Memory:
        return Memory(
            {name: place.memory for name, place in self._windows.items()},
            {place.group.id: place.memory for place in self._groups},
            {name: place.memory for name, place in self._cameras.items()},
            self._book.opened,
            {name: place.visitor for name, place in self._spots.items()},
            {place.group.id: place.waits for place in self._groups},
            {name: place.scene for name, place in self._cameras.items() if place.scene is not None},
            {name: place.clock for name, place in self._cameras.items()},
        )

    def zones(self, camera: CameraId) -> ZoneMap:
        return self._cameras[camera].zones

    def scene(self, camera: CameraId) -> SceneSignature | None:
        """What the camera was seen to look at, as far as it is remembered."""
        return self._cameras[camera].scene

    def keep_scene(self, camera: CameraId, scene: SceneSignature) -> None:
        """To be remembered over a restart."""
        self._cameras[camera].scene = scene

    @property
    def feeds(self) -> dict[GroupId, TicketFeed]:
        """The ticket machines of the queues that are judged here."""
        return {place.group.id: place.group.tickets for place in self._groups if place.group.tickets is not None}

    def wants(self, camera: CameraId, at: datetime) -> bool:
        """Whether people matter in this camera's picture now: one of its windows or queues is in service."""
        zones = self._cameras[camera].zones
        windows = [place for name, place in self._windows.items() if name in zones.windows | zones.spots]
        windows += [one for group in self._groups if group.group.id in zones.groups for one in group.windows]
        return any(place.service.was_on(at) for place in windows)

    def pressing(self, camera: CameraId) -> frozenset[WindowId]:
        """Windows in this camera's picture of which each look counts: looks disagree with what is said, or an alert is near."""
        zones = self._cameras[camera].zones
        places = (self._windows[name] for name in zones.windows | zones.spots if name in self._windows)
        return frozenset(
            place.window.id
            for place in places
            if place.service.on
            and (staffing.is_pressing(place.memory, place.thresholds) or unserved.is_pressing(place.visitor))
        )

    def eventful(self) -> frozenset[CameraId]:
        """Cameras that show something worth recording: a window in service that is not known to be staffed, a visitor whom
        nobody serves, a queue that is too long, or any of that not over yet.
        """
        found: set[CameraId] = set()
        for window in self._windows.values():
            episode = window.memory.episode or window.visitor.episode
            if episode or (window.service.on and window.memory.staffing is not Staffing.STAFFED):
                found |= {*window.cameras, *window.spot_cameras}
        for group in self._groups:
            if group.memory.episode or group.memory.over_from_at is not None:
                found |= {*group.cameras}
        return frozenset(found)

    def suspend(self, suspensions: Iterable[Suspension]) -> None:
        """All that run or will run, in place of those told before. They count from the next step."""
        of: defaultdict[WindowId, list[Suspension]] = defaultdict(list)
        for suspension in suspensions:
            of[suspension.window].append(suspension)
        for name, place in self._places.items():
            place.service.suspensions = tuple(of[name]) if name in of else ()

    def count(self, count: TicketCount) -> None:
        """Takes in what a ticket machine said. It holds until the next, or until nothing was heard for too long."""
        for place in self._groups:
            if place.group.id == count.group:
                place.tickets = count

    def look(self, look: Look) -> None:
        """Takes in what a camera saw. `step` judges it."""
        place = self._cameras[look.camera]
        self._boards[place.hall.id].add(look)
        self._looks.update(look.staff.keys())
        place.last_frame_at = look.at

    def drift(self, camera: CameraId, seconds: float, at: datetime) -> None:
        """Takes in how far the camera's clock is known, at `at`, to have run away (see camera_clock.step). `step` judges it."""
        self._cameras[camera].drift = (seconds, at)

    def step(self, now: datetime) -> list[Alert]:
        """Judges all that is known at `now`; to be called each second. Returns alerts raised or revised."""
        alerts = self._book.close_unknown(self._subjects, now)
        for place in self._places.values():
            place.service.turn(now)
        metrics.calendar_unknown.set(sum(place.service.calendar_unknown for place in self._places.values()))
        self._trace(now)
        for window in self._windows.values():
            alerts += self._step_window(window, now)
        for window in self._spots.values():
            alerts += self._step_unserved(window, now)
        for group in self._groups:
            alerts += self._step_group(group, now)
        for camera in self._cameras.values():
            alerts += self._step_camera(camera, now)
        return [self._with_trace(alert) for alert in alerts]

    def standing(self, now: datetime) -> Standing:
        return Standing(
            tuple(self._window_status(place, now) for place in self._windows.values()),
            tuple(self._queue_status(place, now) for place in self._groups),
            tuple(self._camera_status(place) for place in self._cameras.values()),
            dict(self._looks),
        )

    # Windows

    def _step_window(self, place: _WindowPlace, now: datetime) -> Iterator[Alert]:
        evidence = self._evidence(place, now)
        if evidence is None:
            return  # nothing new was seen: time alone proves no absence
        place.memory, events = staffing.step(
            place.memory,
            evidence.presence,
            evidence.at,
            in_service=place.service.on,
            thresholds=place.thresholds,
            rates=_rates(place, evidence.cameras),
            repeated=evidence.repeated,
            why=evidence.why,
        )
        for event in events:
            yield self._window_alert(place, event, evidence)

    def _evidence(self, place: _WindowPlace, now: datetime) -> Evidence | None:
        """What counts at `now`, or None where it was counted already."""
        if not place.service.judged:
            return Evidence(Presence.UNKNOWN, now, None, Unknown.CALENDAR)
        evidence = self._boards[place.hall.id].staff(place.window.id, place.cameras, now)
        if evidence.presence is Presence.UNKNOWN:
            return _unseen(place, evidence, now)
        if _set_back(place.memory.last_at, now, place.thresholds) or not place.service.was_on(evidence.at):
            return Evidence(Presence.UNKNOWN, now, None, Unknown.UNSETTLED)  # before the opening nobody is missed
        counted = place.memory.last_at is not None and evidence.at <= place.memory.last_at
        return None if counted else evidence

    def _window_alert(self, place: _WindowPlace, event: staffing.StaffingEvent, evidence: Evidence) -> Alert:
        subject = f"window {place.window.id}"
        facts: dict[str, Fact] = {"absent_s": round(event.absent_s, 1)}
        if place.window.staff > 1 and not isinstance(event, staffing.Ended):
            facts |= {"present": evidence.present, "required": place.window.staff}
        if place.memory.belief is not None and not isinstance(event, staffing.Ended):
            facts["probability"] = belief.as_told(place.memory.belief.unstaffed)
        match event:
            case staffing.Raised(episode=episode):
                about = Subject(
                    AlertKind.WINDOW_UNSTAFFED,
                    place.hall.id,
                    camera=evidence.camera or place.cameras[0],
                    window=place.window.id,
                    group=place.group.id,
                )
                return self._book.open(subject, about, episode, facts)
            case staffing.Escalated(episode=episode):
                return self._book.revise(subject, facts, escalated_at=episode.escalated_at)
            case staffing.Ended(ended_at=ended_at, reason=reason):
                return self._book.close(subject, ended_at, why_ended(reason, place.service), facts)

    def _window_status(self, place: _WindowPlace, now: datetime) -> WindowStatus:
        visitor = self._boards[place.hall.id].visitor(place.window.id, place.spot_cameras, now).presence
        memory = place.memory
        since_at = memory.since_at or place.service.turned_at or self._started_at
        return WindowStatus(
            place.window.id,
            place.service.on,
            memory.staffing,
            since_at,
            memory.why,
            visitor,
            suspended=place.service.suspended.kind if place.service.suspended else None,
            confidence=None if memory.confidence is None else belief.as_told(memory.confidence),
        )

    # Visitors at unstaffed windows

    def _step_unserved(self, place: _WindowPlace, now: datetime) -> Iterator[Alert]:
        met = self._encounter(place, now)
        if met is None:
            return
        place.visitor, events = unserved.step(
            place.visitor,
            met.visitor,
            met.staff,
            met.at,
            in_service=place.service.on,
            thresholds=place.thresholds,
            rates=_rates(place, met.staff_cameras),
            repeated=met.repeated,
        )
        for event in events:
            yield self._unserved_alert(place, event, met.camera)

    def _encounter(self, place: _WindowPlace, now: datetime) -> Encounter | None:
        """What counts at `now`, or None where it was counted already."""
        if not place.service.judged:
            return Encounter.unknown(now)
        met = self._boards[place.hall.id].encounter(place.window.id, place.cameras, place.spot_cameras, now)
        last_at = place.visitor.last_at
        if not met.known or _set_back(last_at, now, place.thresholds) or not place.service.was_on(met.at):
            return Encounter.unknown(now)
        return None if last_at is not None and met.at <= last_at else met

    def _unserved_alert(self, place: _WindowPlace, event: unserved.UnservedEvent, camera: CameraId | None) -> Alert:
        subject = f"unserved {place.window.id}"
        facts: dict[str, Fact] = {"waited_s": round(event.waited_s, 1), "absent_s": round(event.absent_s, 1)}
        if place.visitor.belief is not None and isinstance(event, unserved.UnservedRaised):
            facts["probability"] = belief.as_told(place.visitor.belief.unstaffed)
        match event:
            case unserved.UnservedRaised(episode=episode):
                about = Subject(
                    AlertKind.UNSERVED_VISITOR,
                    place.hall.id,
                    camera=camera or place.cameras[0],
                    window=place.window.id,
                    group=place.group.id,
                )
                return self._book.open(subject, about, episode, facts)
            case unserved.UnservedEnded(ended_at=ended_at, reason=reason):
                return self._book.close(subject, ended_at, why_ended(reason, place.service), facts)

    # Queues

    def _step_group(self, place: _GroupPlace, now: datetime) -> Iterator[Alert]:
        place.waits = waiting.step(place.waits, self._spots_of(place, now), place.memory.waiting, place.thresholds)
        lane = self._lane(place, now)
        if lane is None:
            return
        status = self._queue_status(place, now)
        place.memory, events = queueing.step(
            place.memory,
            lane.waiting,
            lane.at,
            serving=status.staffed + status.unknown,
            in_service=status.in_service > 0,
            thresholds=place.thresholds,
            wait_s=_known_wait_s(place, status),
        )
        for event in events:
            yield self._queue_alert(place, event, status, lane.camera)

    def _lane(self, place: _GroupPlace, now: datetime) -> LaneCount | None:
        """What counts at `now`, or None where it was counted already."""
        if not any(one.service.on for one in place.windows):
            return LaneCount(None, now, None)
        if (tickets := _fresh_tickets(place, now)) is not None:
            return LaneCount(tickets.waiting, now, None)  # a machine's count stands until it says another
        lane = self._boards[place.hall.id].lane(place.group.id, place.cameras, now)
        opened = any(one.service.was_on(lane.at) for one in place.windows)
        if not opened or _set_back(place.memory.last_at, now, place.thresholds):
            return LaneCount(None, now, None)  # before the opening nobody waits
        counted = place.memory.last_at is not None and lane.at <= place.memory.last_at
        return None if counted and lane.waiting is not None else lane

    def _spots_of(self, place: _GroupPlace, now: datetime) -> dict[WindowId, waiting.Spot]:
        """What is known of the visitor spots of the windows in service."""
        board = self._boards[place.hall.id]
        spots = {}
        for one in place.windows:
            if not one.service.on:
                continue
            seen = board.visitor(one.window.id, one.spot_cameras, now)
            staffed = one.memory.staffing is Staffing.STAFFED
            if one.service.calendar_unknown or not one.service.was_on(seen.at):
                seen = Evidence(Presence.UNKNOWN, now, None, Unknown.CALENDAR)
            spots[one.window.id] = waiting.Spot(seen.presence, seen.at, staffed)
        return spots

    def _queue_alert(
        self, place: _GroupPlace, event: queueing.QueueEvent, status: QueueStatus, camera: CameraId | None
    ) -> Alert:
        subject = f"group {place.group.id}"
        match event:
            case queueing.QueueRaised(episode=episode, waiting=count):
                facts: dict[str, Fact] = {
                    "waiting": count,
                    "staffed": status.staffed,
                    "unknown": status.unknown,
                    "in_service": status.in_service,
                    "empty_windows": [
                        str(one.window.id)
                        for one in place.windows
                        if one.service.on and one.memory.staffing is Staffing.UNSTAFFED
                    ],
                }
                if (wait := status.wait) is not None:
                    facts |= {"wait_s": wait.median_s, "wait_low_s": wait.low_s, "wait_high_s": wait.high_s}
                if status.source is QueueSource.TICKETS:
                    facts |= {"source": status.source.value}
                if status.longest_wait_s is not None:
                    facts |= {"longest_wait_s": status.longest_wait_s}
                about = Subject(
                    AlertKind.QUEUE_BUILDUP, place.hall.id, camera=camera or place.camera, group=place.group.id
                )
                return self._book.open(subject, about, episode, facts)
            case queueing.QueueEnded(ended_at=ended_at, reason=reason):
                return self._book.close(
                    subject, ended_at, why_ended(reason, *(one.service for one in place.windows)), {}
                )

    def _queue_status(self, place: _GroupPlace, now: datetime) -> QueueStatus:
        staffings = [one.memory.staffing for one in place.windows if one.service.on]
        staffed, unknown = staffings.count(Staffing.STAFFED), staffings.count(Staffing.UNKNOWN)
        count, tickets = place.memory.waiting, _fresh_tickets(place, now)
        if tickets is None and all(self._boards[place.hall.id].trouble(camera, now) for camera in place.cameras):
            count = None
        wait = None
        if count is not None:
            wait = waiting.estimate(
                place.waits, count, now, staffed=staffed, unknown=unknown, thresholds=place.thresholds
            )
        return QueueStatus(
            place.group.id,
            count,
            staffed,
            unknown,
            len(staffings),
            place.memory.last_at or self._started_at,
            wait,
            QueueSource.TICKETS if tickets else QueueSource.LANE,
            tickets.longest_wait_s if tickets else None,
        )

    # Cameras

    def _step_camera(self, place: WatchedCamera, now: datetime) -> Iterator[Alert]:
        why = self._boards[place.hall.id].trouble(place.camera.id, now)

        def lit() -> bool:
            return within(place.hours, now)[0] or self.wants(place.camera.id, now)

        yield from place.step(why, now, self._book, lit=lit)
        yield from place.step_clock(self._book)

    def _camera_status(self, place: WatchedCamera) -> CameraStatus:
        return place.status(self._boards[place.hall.id].look(place.camera.id), self._started_at)

    # Traces

    def _trace(self, now: datetime) -> None:
        for window in self._windows.values():
            self._traces[f"window {window.window.id}"].add(self._window_point(window, now))
        for group in self._groups:
            self._traces[f"group {group.group.id}"].add(self._queue_point(group, now))

    def _window_point(self, place: _WindowPlace, now: datetime) -> TracePoint:
        if not place.service.judged:  # who is there then is nobody's business
            why = Unknown.CALENDAR if place.service.calendar_unknown else Unknown.CLOSED
            return TracePoint(now, Presence.UNKNOWN, why=why)
        board = self._boards[place.hall.id]
        return window_point(board, place.window.id, place.cameras, place.spot_cameras, now)

    def _queue_point(self, place: _GroupPlace, now: datetime) -> TracePoint:
        in_service = [one for one in place.windows if one.service.on]
        if not in_service:
            return TracePoint(now, Presence.UNKNOWN, why=Unknown.CLOSED)
        board, tickets = self._boards[place.hall.id], _fresh_tickets(place, now)
        lane = board.lane(place.group.id, place.cameras, now)
        if tickets is not None:
            lane = LaneCount(tickets.waiting, now, None)
        serving = sum(one.memory.staffing is not Staffing.UNSTAFFED for one in in_service)
        mark = place.thresholds.queue_per_window_enter * max(1, serving)
        return queue_point(board, lane, place.cameras, mark, now)

    def _with_trace(self, alert: Alert) -> Alert:
        trace = self._traces.get(f"window {alert.window}" if alert.window else f"group {alert.group}")
        return alert if trace is None else replace(alert, trace=trace.since(alert.began_at))

    # Construction

    def _camera_places(self, cameras: frozenset[CameraId], memory: Memory) -> Iterator[WatchedCamera]:
        required = {window.id: window.staff for hall in self._site.halls for _, window in hall.windows()}
        for hall, camera in self._site.cameras():
            if camera.id in cameras:
                # Only what was alerted goes on: what happened while nobody looked is no camera's outage.
                known = faults.FaultMemory(episode=memory.cameras.get(camera.id, faults.FaultMemory()).episode)
                hours = ServiceHours(self._site.calendar_of(hall), self._site.time_zone)
                scene = memory.scenes.get(camera.id)
                zones = ZoneMap(camera, required)
                drifted = memory.clocks.get(camera.id, camera_clock.ClockMemory()).episode
                thresholds = self._site.thresholds_of(hall)
                yield WatchedCamera(
                    hall, camera, hours, thresholds, zones, known, camera_clock.ClockMemory(episode=drifted), scene
                )

    def _window_places(self, memory: Memory) -> Iterator[_WindowPlace]:
        for hall in self._site.halls:
            for group, window in hall.windows():
                seen_by = self._seeing(lambda zones, name=window.id: name in zones.windows)  # type: ignore[misc]
                if seen_by or self._watches(group):
                    spots = self._seeing(lambda zones, name=window.id: name in zones.spots)  # type: ignore[misc]
                    service = Service(ServiceHours(self._site.calendar_of(hall, window), self._site.time_zone))
                    known = (memory.windows.get(window.id) if seen_by else None) or staffing.StaffingMemory()
                    met = (memory.visitors.get(window.id) if seen_by and spots else None) or unserved.UnservedMemory()
                    thresholds = self._site.thresholds_of(hall)
                    usual = belief.usual_rates(thresholds)
                    rates = {name: self._cameras[name].zones.rates(window.id) or usual for name in seen_by}
                    yield _WindowPlace(hall, group, window, service, thresholds, seen_by, spots, known, met, rates)

    def _group_places(self, memory: Memory) -> Iterator[_GroupPlace]:
        for hall in self._site.halls:
            for group in hall.groups:
                seen_by = self._seeing(lambda zones, name=group.id: name in zones.groups)  # type: ignore[misc]
                windows = tuple(self._places[one.id] for one in group.windows if one.id in self._places)
                known = memory.groups.get(group.id, queueing.QueueMemory())
                waits = memory.waits.get(group.id, waiting.WaitMemory())
                yield _GroupPlace(hall, group, self._site.thresholds_of(hall), seen_by, windows, known, waits)

    def _watches(self, group: WindowGroup) -> bool:
        """Whether its queue is judged here: a camera sees the lane, or there are tickets and one sees a window."""
        windows = {window.id for window in group.windows} if group.tickets is not None else set()
        return bool(self._seeing(lambda zones: group.id in zones.groups or bool(zones.windows & windows)))

    def _seeing(self, sees: Callable[[ZoneMap], bool]) -> tuple[CameraId, ...]:
        return tuple(name for name, place in self._cameras.items() if sees(place.zones))


def _fresh_tickets(place: _GroupPlace, now: datetime) -> TicketCount | None:
    """What the ticket machine said last, unless it made no sense or two polls were missed since."""
    feed, tickets = place.group.tickets, place.tickets
    if feed is None or tickets is None or tickets.waiting is None:
        return None
    holds = timedelta(seconds=2 * feed.every_s + place.thresholds.stale_after_s)
    return tickets if abs(now - tickets.at) <= holds else None


def _known_wait_s(place: _GroupPlace, status: QueueStatus) -> float | None:
    """The wait that is held against the mark: nothing rests on the configured time alone."""
    proven = status.wait.median_s if status.wait and waiting.is_proven(place.waits) else None
    return max((one for one in (proven, status.longest_wait_s) if one is not None), default=None)


def _unseen(place: _WindowPlace, evidence: Evidence, now: datetime) -> Evidence | None:
    """Unknown evidence as it counts."""
    if evidence.why is Unknown.CLOSED:
        return replace(evidence, why=Unknown.UNSETTLED)  # looked at before the opening
    if evidence.why in (Unknown.HIDDEN, Unknown.DOUBTFUL) and _known_lately(place, now):
        return None  # as if there had been no look: somebody walks past, or the detector wavers
    return evidence


def _known_lately(place: _WindowPlace, now: datetime) -> bool:
    known_at = place.memory.known_at
    return known_at is not None and timedelta(0) <= now - known_at <= timedelta(seconds=place.thresholds.stale_after_s)


def _rates(place: _WindowPlace, cameras: Iterable[CameraId]) -> Rates | None:
    """Of cameras that say the same, those of the best: whom one of them misses the others may miss, too."""
    return min((place.rates[camera] for camera in cameras), key=lambda one: one.miss * one.run_s, default=None)


def _set_back(last_at: datetime | None, now: datetime, thresholds: Thresholds) -> bool:
    """Whether the clock was set back since the last look; without this, new looks would be old ones until it caught up."""
    return last_at is not None and last_at - now > timedelta(seconds=thresholds.stale_after_s)
