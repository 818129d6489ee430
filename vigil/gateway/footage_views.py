"""Footage as the API says it: gaps, time lines, completeness and clips."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel

from vigil.gateway.times import Time
from vigil.model.alerts import ClipState
from vigil.model.ids import HallId
from vigil.model.media import Gap, GapCause
from vigil.store.clips import ClipRecord
from vigil.store.completeness import Completeness
from vigil.store.footage import Span, Timeline


class GapView(BaseModel):
    start_at: Time
    end_at: Time
    cause: GapCause

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls(start_at=gap.start_at, end_at=gap.end_at, cause=gap.cause)


class ClipView(BaseModel):
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
    from_at: Time
    to_at: Time
    items: list[CompletenessView]


class SpanView(BaseModel):
    start_at: Time
    end_at: Time

    @classmethod
    def of(cls, span: Span) -> Self:
        return cls(**asdict(span))


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
