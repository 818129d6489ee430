"""The register as the API says it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.register import Action, Entry


class EntryView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            number=48213,
            at="2026-11-23T01:36:05.000Z",
            username="wang",
            name="王芳",
            unit="市政务服务中心",
            action="play",
            subject="clip hV3kQ8ZtXw2RbN5J: camera gongan-counter, 2026-11-23T01:29:47.480Z/2026-11-23T01:39:47.480Z",
            camera="gongan-counter",
            sha256="6b27eba5652b46d31ef75f17784c2709ac019809c47ca538e91c0ab54a80892f",
        )
    )

    number: int
    at: Time
    username: str
    name: str
    unit: str
    action: Action
    subject: str
    reason: str | None
    camera: str | None
    sha256: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(**asdict(entry))


class RegisterList(BaseModel):
    items: list[EntryView]
    next: str | None
