"""Suspensions of service as the API says them."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.suspensions import SuspensionKind
from vigil.store.suspensions import SuspensionRecord


class SuspensionView(BaseModel):
    """`to_at` as it was entered; it counts until `ended_at` where somebody ended it before."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            id="Vd4Rk9XbQz2TnWs7",
            hall="gongan",
            window="gongan-3",
            from_at="2026-11-23T02:00:00.000Z",
            to_at="2026-11-23T02:30:00.000Z",
            note="系统升级",
            by="wang",
            entered_at="2026-11-23T01:50:00.000Z",
        )
    )

    id: str
    hall: str
    window: str
    kind: SuspensionKind
    from_at: Time
    to_at: Time
    note: str
    by: str
    entered_at: Time
    ended_at: Time | None
    ended_by: str | None

    @classmethod
    def of(cls, record: SuspensionRecord) -> Self:
        suspension = record.suspension
        return cls(
            id=suspension.id,
            hall=record.hall,
            window=suspension.window,
            kind=suspension.kind,
            from_at=suspension.from_at,
            to_at=suspension.to_at,
            note=record.note,
            by=record.by,
            entered_at=record.entered_at,
            ended_at=record.ended_at,
            ended_by=record.ended_by,
        )


class SuspensionList(BaseModel):
    items: list[SuspensionView]
    next: str | None
