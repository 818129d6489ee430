"""The queue of a window group: how many wait, for how long, and whether it has built up, which has an alert of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from vigil.analytics import queueing, waiting
from vigil.analytics.alertbook import AlertBook, Subject
from vigil.analytics.evidence import Board, LaneCount
from vigil.analytics.service import why_ended
from vigil.analytics.trace import queue_point
from vigil.analytics.watched_window import WatchedWindow, set_back
from vigil.model.alerts import Alert, AlertKind, Fact
from vigil.model.ids import CameraId
from vigil.model.looks import Presence, QueueSource, QueueStatus, Staffing, Unknown
from vigil.model.site import Hall, Thresholds, WindowGroup
from vigil.model.tickets import TicketCount
from vigil.model.trace import TracePoint


@dataclass(slots=True)
class WatchedQueue:
    """Not thread-safe; belongs to the analyst. `board` is always that of its hall."""

    hall: Hall
    group: WindowGroup
    thresholds: Thresholds
    cameras: tuple[CameraId, ...]
    """Those that see the lane; none: the queue is known from its tickets alone."""
    windows: tuple[WatchedWindow, ...]
    memory: queueing.QueueMemory
    waits: waiting.WaitMemory
    tickets: TicketCount | None = None

    @property
    def subject(self) -> str:
        return f"group {self.group.id}"

    @property
    def eventful(self) -> bool:
        """It is too long, or that is not over yet."""
        return self.memory.episode is not None or self.memory.over_from_at is not None

    def step(self, board: Board, now: datetime, book: AlertBook, started_at: datetime) -> Iterator[Alert]:
        spots = {one.window.id: one.spot(board, now) for one in self._in_service()}
        self.waits = waiting.step(self.waits, spots, self.memory.waiting, self.thresholds)
        lane = self._lane(board, now)
        if lane is None:
            return
        status = self.status(board, now, started_at)
        self.memory, events = queueing.step(
            self.memory,
            lane.waiting,
            lane.at,
            serving=status.staffed + status.unknown,
            in_service=status.in_service > 0,
            thresholds=self.thresholds,
            wait_s=self._known_wait_s(status),
        )
        for event in events:
            yield self._alert(event, status, lane.camera, book)

    def status(self, board: Board, now: datetime, started_at: datetime) -> QueueStatus:
        staffings = [one.memory.staffing for one in self._in_service()]
        staffed, unknown = staffings.count(Staffing.STAFFED), staffings.count(Staffing.UNKNOWN)
        count, tickets = self.memory.waiting, self._fresh_tickets(now)
        if tickets is None and all(board.trouble(camera, now) for camera in self.cameras):
            count = None
        wait = None
        if count is not None:
            wait = waiting.estimate(
                self.waits, count, now, staffed=staffed, unknown=unknown, thresholds=self.thresholds
            )
        return QueueStatus(
            self.group.id,
            count,
            staffed,
            unknown,
            len(staffings),
            self.memory.last_at or started_at,
            wait,
            QueueSource.TICKETS if tickets else QueueSource.LANE,
            tickets.longest_wait_s if tickets else None,
        )

    def point(self, board: Board, now: datetime) -> TracePoint:
        """For the trace of its alerts."""
        in_service = self._in_service()
        if not in_service:
            return TracePoint(now, Presence.UNKNOWN, why=Unknown.CLOSED)
        tickets = self._fresh_tickets(now)
        lane = board.lane(self.group.id, self.cameras, now)
        if tickets is not None:
            lane = LaneCount(tickets.waiting, now, None)
        serving = sum(one.memory.staffing is not Staffing.UNSTAFFED for one in in_service)
        mark = self.thresholds.queue_per_window_enter * max(1, serving)
        return queue_point(board, lane, self.cameras, mark, now)

    def _in_service(self) -> list[WatchedWindow]:
        return [one for one in self.windows if one.service.on]

    def _lane(self, board: Board, now: datetime) -> LaneCount | None:
        """What counts at `now`, or None where it was counted already."""
        if not self._in_service():
            return LaneCount(None, now, None)
        if (tickets := self._fresh_tickets(now)) is not None:
            return LaneCount(tickets.waiting, now, None)  # a machine's count stands until it says another
        lane = board.lane(self.group.id, self.cameras, now)
        opened = any(one.service.was_on(lane.at) for one in self.windows)
        if not opened or set_back(self.memory.last_at, now, self.thresholds):
            return LaneCount(None, now, None)  # before the opening nobody waits
        counted = self.memory.last_at is not None and lane.at <= self.memory.last_at
        return None if counted and lane.waiting is not None else lane

    def _fresh_tickets(self, now: datetime) -> TicketCount | None:
        """What the ticket machine said last, unless it made no sense or two polls were missed since."""
        feed, tickets = self.group.tickets, self.tickets
        if feed is None or tickets is None or tickets.waiting is None:
            return None
        holds = timedelta(seconds=2 * feed.every_s + self.thresholds.stale_after_s)
        return tickets if abs(now - tickets.at) <= holds else None

    def _known_wait_s(self, status: QueueStatus) -> float | None:
        """The wait that is held against the mark: nothing rests on the configured time alone."""
        proven = status.wait.median_s if status.wait and waiting.is_proven(self.waits) else None
        return max((one for one in (proven, status.longest_wait_s) if one is not None), default=None)

    def _alert(
        self, event: queueing.QueueEvent, status: QueueStatus, camera: CameraId | None, book: AlertBook
    ) -> Alert:
        match event:
            case queueing.QueueRaised(episode=episode, waiting=count):
                about = Subject(
                    AlertKind.QUEUE_BUILDUP, self.hall.id, camera=camera or self._best_camera(), group=self.group.id
                )
                return book.open(self.subject, about, episode, self._facts(count, status))
            case queueing.QueueEnded(ended_at=ended_at, reason=reason):
                services = (one.service for one in self.windows)
                return book.close(self.subject, ended_at, why_ended(reason, *services), {})

    def _facts(self, count: int, status: QueueStatus) -> dict[str, Fact]:
        empty = [one.window.id for one in self._in_service() if one.memory.staffing is Staffing.UNSTAFFED]
        facts: dict[str, Fact] = {
            "waiting": count,
            "staffed": status.staffed,
            "unknown": status.unknown,
            "in_service": status.in_service,
            "empty_windows": [str(window) for window in empty],
        }
        if (wait := status.wait) is not None:
            facts |= {"wait_s": wait.median_s, "wait_low_s": wait.low_s, "wait_high_s": wait.high_s}
        if status.source is QueueSource.TICKETS:
            facts |= {"source": status.source.value}
        if status.longest_wait_s is not None:
            facts |= {"longest_wait_s": status.longest_wait_s}
        return facts

    def _best_camera(self) -> CameraId:
        """The one whose footage shows the queue best."""
        return (*self.cameras, *(camera for one in self.windows for camera in one.cameras))[0]
