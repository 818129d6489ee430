"""A window: whether it is staffed, and whether a visitor waits at it whom nobody serves. Both have alerts of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vigil.analytics import belief, staffing, unserved
from vigil.analytics.alertbook import AlertBook, Subject
from vigil.analytics.evidence import Board, Encounter, Evidence
from vigil.analytics.service import Service, why_ended
from vigil.analytics.trace import window_point
from vigil.analytics.waiting import Spot
from vigil.model.alerts import Alert, AlertKind, Fact
from vigil.model.ids import CameraId
from vigil.model.looks import Presence, Staffing, Unknown, WindowStatus
from vigil.model.site import Hall, Rates, Thresholds, Window, WindowGroup
from vigil.model.trace import TracePoint


@dataclass(slots=True)
class WatchedWindow:
    """Not thread-safe; belongs to the analyst. `board` is always that of its hall."""

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

    @property
    def subject(self) -> str:
        return f"window {self.window.id}"

    @property
    def visitor_subject(self) -> str:
        return f"unserved {self.window.id}"

    @property
    def pressing(self) -> bool:
        """Each look counts now: looks disagree with what is said, or an alert is near."""
        near = staffing.is_pressing(self.memory, self.thresholds) or unserved.is_pressing(self.visitor)
        return self.service.on and near

    @property
    def eventful(self) -> bool:
        """It is in service and not known to be staffed, or an episode of it is not over."""
        if self.memory.episode or self.visitor.episode:
            return True
        return self.service.on and self.memory.staffing is not Staffing.STAFFED

    def go_on_from(self, before: WatchedWindow) -> None:
        self.service.suspensions = before.service.suspensions
        self.service.on, self.service.turned_at = before.service.on, before.service.turned_at

    def step(self, board: Board, now: datetime, book: AlertBook) -> Iterator[Alert]:
        """Is it staffed?"""
        evidence = self._evidence(board, now)
        if evidence is None:
            return  # nothing new was seen: time alone proves no absence
        self.memory, events = staffing.step(
            self.memory,
            evidence.presence,
            evidence.at,
            in_service=self.service.on,
            thresholds=self.thresholds,
            rates=self._rates(evidence.cameras),
            repeated=evidence.repeated,
            why=evidence.why,
        )
        for event in events:
            yield self._alert(event, evidence, book)

    def step_visitor(self, board: Board, now: datetime, book: AlertBook) -> Iterator[Alert]:
        """Does a visitor wait whom nobody serves?"""
        met = self._encounter(board, now)
        if met is None:
            return
        self.visitor, events = unserved.step(
            self.visitor,
            met.visitor,
            met.staff,
            met.at,
            in_service=self.service.on,
            thresholds=self.thresholds,
            rates=self._rates(met.staff_cameras),
            repeated=met.repeated,
        )
        for event in events:
            yield self._visitor_alert(event, met.camera, book)

    def status(self, board: Board, now: datetime, started_at: datetime) -> WindowStatus:
        memory = self.memory
        return WindowStatus(
            self.window.id,
            self.service.on,
            memory.staffing,
            memory.since_at or self.service.turned_at or started_at,
            memory.why,
            board.visitor(self.window.id, self.spot_cameras, now).presence,
            suspended=self.service.suspended.kind if self.service.suspended else None,
            confidence=None if memory.confidence is None else belief.as_told(memory.confidence),
        )

    def spot(self, board: Board, now: datetime) -> Spot:
        """What is known of its visitor spot."""
        seen = board.visitor(self.window.id, self.spot_cameras, now)
        if self.service.calendar_unknown or not self.service.was_on(seen.at):
            seen = Evidence(Presence.UNKNOWN, now, None, Unknown.CALENDAR)
        return Spot(seen.presence, seen.at, self.memory.staffing is Staffing.STAFFED)

    def point(self, board: Board, now: datetime) -> TracePoint:
        """For the trace of its alerts."""
        if not self.service.judged:  # who is there then is nobody's business
            why = Unknown.CALENDAR if self.service.calendar_unknown else Unknown.CLOSED
            return TracePoint(now, Presence.UNKNOWN, why=why)
        return window_point(board, self.window.id, self.cameras, self.spot_cameras, now)

    def _evidence(self, board: Board, now: datetime) -> Evidence | None:
        """What counts at `now`, or None where it was counted already."""
        if not self.service.judged:
            return Evidence(Presence.UNKNOWN, now, None, Unknown.CALENDAR)
        evidence = board.staff(self.window.id, self.cameras, now)
        if evidence.presence is Presence.UNKNOWN:
            return self._unseen(evidence, now)
        if set_back(self.memory.last_at, now, self.thresholds) or not self.service.was_on(evidence.at):
            return Evidence(Presence.UNKNOWN, now, None, Unknown.UNSETTLED)  # before the opening nobody is missed
        counted = self.memory.last_at is not None and evidence.at <= self.memory.last_at
        return None if counted else evidence

    def _unseen(self, evidence: Evidence, now: datetime) -> Evidence | None:
        """Unknown evidence as it counts."""
        if evidence.why is Unknown.CLOSED:
            return replace(evidence, why=Unknown.UNSETTLED)  # looked at before the opening
        if evidence.why in (Unknown.HIDDEN, Unknown.DOUBTFUL) and self._known_lately(now):
            return None  # as if there had been no look: somebody walks past, or the detector wavers
        return evidence

    def _known_lately(self, now: datetime) -> bool:
        known_at, lately = self.memory.known_at, timedelta(seconds=self.thresholds.stale_after_s)
        return known_at is not None and timedelta(0) <= now - known_at <= lately

    def _encounter(self, board: Board, now: datetime) -> Encounter | None:
        """What counts at `now`, or None where it was counted already."""
        if not self.service.judged:
            return Encounter.unknown(now)
        met = board.encounter(self.window.id, self.cameras, self.spot_cameras, now)
        last_at = self.visitor.last_at
        if not met.known or set_back(last_at, now, self.thresholds) or not self.service.was_on(met.at):
            return Encounter.unknown(now)
        return None if last_at is not None and met.at <= last_at else met

    def _rates(self, cameras: Iterable[CameraId]) -> Rates | None:
        """Of cameras that say the same, those of the best: whom one of them misses the others may miss, too."""
        return min((self.rates[camera] for camera in cameras), key=lambda one: one.miss * one.run_s, default=None)

    def _alert(self, event: staffing.StaffingEvent, evidence: Evidence, book: AlertBook) -> Alert:
        facts: dict[str, Fact] = {"absent_s": round(event.absent_s, 1)}
        if self.window.staff > 1 and not isinstance(event, staffing.Ended):
            facts |= {"present": evidence.present, "required": self.window.staff}
        if self.memory.belief is not None and not isinstance(event, staffing.Ended):
            facts["probability"] = belief.as_told(self.memory.belief.unstaffed)
        match event:
            case staffing.Raised(episode=episode):
                about = self._about(AlertKind.WINDOW_UNSTAFFED, evidence.camera)
                return book.open(self.subject, about, episode, facts)
            case staffing.Escalated(episode=episode):
                return book.revise(self.subject, facts, escalated_at=episode.escalated_at)
            case staffing.Ended(ended_at=ended_at, reason=reason):
                return book.close(self.subject, ended_at, why_ended(reason, self.service), facts)

    def _visitor_alert(self, event: unserved.UnservedEvent, camera: CameraId | None, book: AlertBook) -> Alert:
        facts: dict[str, Fact] = {"waited_s": round(event.waited_s, 1), "absent_s": round(event.absent_s, 1)}
        if self.visitor.belief is not None and isinstance(event, unserved.UnservedRaised):
            facts["probability"] = belief.as_told(self.visitor.belief.unstaffed)
        match event:
            case unserved.UnservedRaised(episode=episode):
                about = self._about(AlertKind.UNSERVED_VISITOR, camera)
                return book.open(self.visitor_subject, about, episode, facts)
            case unserved.UnservedEnded(ended_at=ended_at, reason=reason):
                return book.close(self.visitor_subject, ended_at, why_ended(reason, self.service), facts)

    def _about(self, kind: AlertKind, camera: CameraId | None) -> Subject:
        camera = camera or self.cameras[0]
        return Subject(kind, self.hall.id, camera=camera, window=self.window.id, group=self.group.id)


def set_back(last_at: datetime | None, now: datetime, thresholds: Thresholds) -> bool:
    """Whether the clock was set back since the last look; without this, new looks would be old ones until it caught up."""
    return last_at is not None and last_at - now > timedelta(seconds=thresholds.stale_after_s)
