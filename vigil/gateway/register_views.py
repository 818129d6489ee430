"""The register as the API says it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel

from vigil.gateway.times import Time
from vigil.model.register import Action, Entry


class EntryView(BaseModel):
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
