"""Footage as the API says it: gaps, time lines, completeness and clips."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.alerts import ClipState
from vigil.model.ids import HallId
from vigil.model.media import Gap, GapCause
from vigil.store.clips import ClipRecord
from vigil.store.completeness import Completeness
from vigil.store.footage import Span, Timeline


class GapView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(start_at="2026-11-23T01:34:51.000Z", end_at="2026-11-23T01:34:53.500Z", cause="camera")
    )

    start_at: Time
    end_at: Time
    cause: GapCause

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls(start_at=gap.start_at, end_at=gap.end_at, cause=gap.cause)


class ClipView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            id="hV3kQ8ZtXw2RbN5J",
            camera="gongan-counter",
            alert="window-unstaffed_gongan-2_20261123T013002Z",
            from_at="2026-11-23T01:29:47.480Z",
            to_at="2026-11-23T01:39:47.480Z",
            state="partial",
            size=31457280,
            sha256="6b27eba5652b46d31ef75f17784c2709ac019809c47ca538e91c0ab54a80892f",
            created_at="2026-11-23T01:35:02.910Z",
        )
    )

    id: str
    camera: str
    alert: str | None
    from_at: Time
    to_at: Time
    state: ClipState
    size: int | None
    sha256: str | None
    gaps: list[GapView]
    reason: str | None
    by: str | None
    created_at: Time

    @classmethod
    def of(cls, clip: ClipRecord) -> Self:
        return cls(
            id=clip.id,
            camera=clip.camera,
            alert=clip.alert,
            from_at=clip.from_at,
            to_at=clip.to_at,
            state=clip.state,
            size=clip.size if clip.playable else None,
            sha256=clip.sha256 if clip.playable else None,
            gaps=[GapView.of(gap) for gap in clip.gaps],
            reason=clip.reason,
            by=clip.by,
            created_at=clip.created_at,
        )


class CompletenessView(BaseModel):
    """Seconds. `share` of what was expected is stored; `gaps_s` by cause is known to be missing, the rest is unexplained."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            camera="gongan-counter",
            hall="gongan",
            expected_s=86400.0,
            stored_s=86362.5,
            share=0.99957,
            gaps_s={"camera": 36.0},
            unexplained_s=1.5,
        )
    )

    camera: str
    hall: str
    expected_s: float
    stored_s: float
    share: float | None
    gaps_s: dict[GapCause, float]
    unexplained_s: float

    @classmethod
    def of(cls, found: Completeness, hall: HallId) -> Self:
        share = found.share
        return cls(
            camera=found.camera,
            hall=hall,
            expected_s=round(found.expected_s, 1),
            stored_s=round(found.stored_s, 1),
            share=None if share is None else round(share, 5),
            gaps_s={cause: round(seconds, 1) for cause, seconds in found.gaps_s.items()},
            unexplained_s=round(found.unexplained_s, 1),
        )


class CompletenessList(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(from_at="2026-11-21T16:00:00.000Z", to_at="2026-11-22T16:00:00.000Z")
    )

    from_at: Time
    to_at: Time
    items: list[CompletenessView]


class SpanView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(start_at="2026-11-23T01:34:53.500Z", end_at="2026-11-23T01:39:53.500Z")
    )

    start_at: Time
    end_at: Time

    @classmethod
    def of(cls, span: Span) -> Self:
        return cls(start_at=span.start_at, end_at=span.end_at)


class TimelineView(BaseModel):
    segments: list[SpanView]
    gaps: list[GapView]

    @classmethod
    def of(cls, timeline: Timeline) -> Self:
        return cls(
            segments=[SpanView.of(span) for span in timeline.segments],
            gaps=[GapView.of(gap) for gap in timeline.gaps],
        )


class ClipList(BaseModel):
    items: list[ClipView]
