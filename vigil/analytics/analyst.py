"""Joins looks, calendars and rules for all windows, queues and cameras of a node, and turns what happens into alerts.

Time comes in with each call and from nowhere else, so that recorded footage runs through the very same code as live.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from vigil import metrics
from vigil.analytics import belief, camera_clock, faults, queueing, staffing, unserved, waiting
from vigil.analytics.alertbook import AlertBook
from vigil.analytics.evidence import Board
from vigil.analytics.scene import SceneSignature
from vigil.analytics.service import Service, within
from vigil.analytics.trace import Trace
from vigil.analytics.watched_camera import WatchedCamera
from vigil.analytics.watched_queue import WatchedQueue
from vigil.analytics.watched_window import WatchedWindow
from vigil.analytics.zones import Look, ZoneMap
from vigil.calendar import ServiceHours
from vigil.model.alerts import Alert
from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.looks import CameraStatus, QueueStatus, WindowStatus
from vigil.model.site import Site, TicketFeed, WindowGroup
from vigil.model.suspensions import Suspension
from vigil.model.tickets import TicketCount
from vigil.model.trace import ScoreMarks


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
            [place.subject for place in self._windows.values()]
            + [place.visitor_subject for place in self._spots.values()]
            + [place.subject for place in self._groups]
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
                one.go_on_from(known)
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
        return frozenset(place.window.id for place in places if place.pressing)

    def eventful(self) -> frozenset[CameraId]:
        """Cameras that show something worth recording: a window in service that is not known to be staffed, a visitor whom
        nobody serves, a queue that is too long, or any of that not over yet.
        """
        found: set[CameraId] = set()
        for window in self._windows.values():
            if window.eventful:
                found |= {*window.cameras, *window.spot_cameras}
        for group in self._groups:
            if group.eventful:
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
            alerts += window.step(self._board(window), now, self._book)
        for window in self._spots.values():
            alerts += window.step_visitor(self._board(window), now, self._book)
        for group in self._groups:
            alerts += group.step(self._board(group), now, self._book, self._started_at)
        for camera in self._cameras.values():
            alerts += self._step_camera(camera, now)
        return [self._with_trace(alert) for alert in alerts]

    def standing(self, now: datetime) -> Standing:
        return Standing(
            tuple(place.status(self._board(place), now, self._started_at) for place in self._windows.values()),
            tuple(place.status(self._board(place), now, self._started_at) for place in self._groups),
            tuple(self._camera_status(place) for place in self._cameras.values()),
            dict(self._looks),
        )

    # Cameras

    def _step_camera(self, place: WatchedCamera, now: datetime) -> Iterator[Alert]:
        why = self._board(place).trouble(place.camera.id, now)

        def lit() -> bool:
            return within(place.hours, now)[0] or self.wants(place.camera.id, now)

        yield from place.step(why, now, self._book, lit=lit)
        yield from place.step_clock(self._book)

    def _camera_status(self, place: WatchedCamera) -> CameraStatus:
        return place.status(self._board(place).look(place.camera.id), self._started_at)

    def _board(self, place: WatchedWindow | WatchedQueue | WatchedCamera) -> Board:
        return self._boards[place.hall.id]

    # Traces

    def _trace(self, now: datetime) -> None:
        for window in self._windows.values():
            self._traces[window.subject].add(window.point(self._board(window), now))
        for group in self._groups:
            self._traces[group.subject].add(group.point(self._board(group), now))

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

    def _window_places(self, memory: Memory) -> Iterator[WatchedWindow]:
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
                    yield WatchedWindow(hall, group, window, service, thresholds, seen_by, spots, known, met, rates)

    def _group_places(self, memory: Memory) -> Iterator[WatchedQueue]:
        for hall in self._site.halls:
            for group in hall.groups:
                seen_by = self._seeing(lambda zones, name=group.id: name in zones.groups)  # type: ignore[misc]
                windows = tuple(self._places[one.id] for one in group.windows if one.id in self._places)
                known = memory.groups.get(group.id, queueing.QueueMemory())
                waits = memory.waits.get(group.id, waiting.WaitMemory())
                yield WatchedQueue(hall, group, self._site.thresholds_of(hall), seen_by, windows, known, waits)

    def _watches(self, group: WindowGroup) -> bool:
        """Whether its queue is judged here: a camera sees the lane, or there are tickets and one sees a window."""
        windows = {window.id for window in group.windows} if group.tickets is not None else set()
        return bool(self._seeing(lambda zones: group.id in zones.groups or bool(zones.windows & windows)))

    def _seeing(self, sees: Callable[[ZoneMap], bool]) -> tuple[CameraId, ...]:
        return tuple(name for name, place in self._cameras.items() if sees(place.zones))
