"""Open alerts and their revisions: one alert an episode, under an id that the same episode always gets."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from vigil.analytics.staffing import Episode
from vigil.model.alerts import Alert, AlertKind, EndReason, Fact
from vigil.model.ids import AlertId, CameraId, GroupId, HallId, WindowId
from vigil.model.site import ClipRules
from vigil.model.trace import ScoreMarks

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about. `camera` is the one whose footage shows it; `part` says which one where not all of it is meant."""

    kind: AlertKind
    hall: HallId
    camera: CameraId
    window: WindowId | None = None
    group: GroupId | None = None
    part: str = ""

    def alert_id(self, episode: Episode) -> AlertId:
        stamp = episode.began_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = f"{self.kind}_{self.window or self.group or self.camera}_{stamp}"
        return AlertId(f"{name}_{self.part}" if self.part else name)


class AlertBook:
    """`opened` are alerts from before a restart, by subject. Not thread-safe; belongs to the analyst.

    What it keeps has no trace: the analyst adds that to what it tells, and it is not worth a write to disk each minute.
    """

    def __init__(
        self, clips: ClipRules, detector: str, opened: Mapping[str, Alert], marks: ScoreMarks | None = None
    ) -> None:
        self._clips = clips
        self._detector: dict[str, Fact] = {"detector": detector}
        self._marks: dict[str, Fact] = {"confidence": marks.confidence, "doubt": marks.doubt} if marks else {}
        self._open = dict(opened)

    @property
    def opened(self) -> dict[str, Alert]:
        return dict(self._open)

    def open(self, subject: str, about: Subject, episode: Episode, facts: Mapping[str, Fact]) -> Alert:
        # A dead camera has no footage of its death; people and queues do.
        from_at, to_at = (None, None) if about.kind is AlertKind.CAMERA_FAULT else self._footage(episode)
        alert = Alert(
            id=about.alert_id(episode),
            revision=1,
            kind=about.kind,
            hall=about.hall,
            camera=about.camera,
            window=about.window,
            group=about.group,
            began_at=episode.began_at,
            raised_at=episode.raised_at,
            clip_from_at=from_at,
            clip_to_at=to_at,
            facts={**facts, **self._detector, **(self._marks if about.window else {})},
        )
        self._open[subject] = alert
        log.info("alert_raised", alert=alert.id, facts=alert.facts)
        return alert

    def revise(self, subject: str, facts: Mapping[str, Fact], *, escalated_at: datetime | None) -> Alert:
        alert = self._next(self._open[subject], facts)
        self._open[subject] = alert = replace(alert, escalated_at=escalated_at)
        return alert

    def close(self, subject: str, ended_at: datetime, reason: EndReason, facts: Mapping[str, Fact]) -> Alert:
        alert = replace(self._next(self._open.pop(subject), facts), ended_at=ended_at, end_reason=reason)
        log.info("alert_ended", alert=alert.id, reason=reason.value)
        return alert

    def close_unknown(self, known: Set[str], now: datetime) -> list[Alert]:
        """Ends alerts from before a restart whose subject left the configuration."""
        return [self.close(subject, now, EndReason.REMOVED, {}) for subject in self._open.keys() - known]

    def _next(self, alert: Alert, facts: Mapping[str, Fact]) -> Alert:
        return replace(alert, revision=alert.revision + 1, facts={**alert.facts, **facts})

    def _footage(self, episode: Episode) -> tuple[datetime, datetime]:
        to_at = episode.raised_at + timedelta(seconds=self._clips.post_roll_s)
        from_at = episode.began_at - timedelta(seconds=self._clips.pre_roll_s)
        return max(from_at, to_at - timedelta(seconds=self._clips.longest_s)), to_at
