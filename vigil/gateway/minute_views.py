"""Minutes of windows and queues as the API says them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel

from vigil.gateway.times import Time
from vigil.model.minutes import QueueMinute, WindowMinute
from vigil.store.minutes import Told


class WindowMinuteView(BaseModel):
    at: Time
    seconds: float
    node: str
    in_service_s: float
    staffed_s: float
    unstaffed_s: float
    unknown_s: dict[str, float]
    visitor_s: float
    looks: int

    @classmethod
    def of(cls, told: Told, minute: WindowMinute) -> Self:
        return cls(**asdict(told), in_service_s=minute.in_service_s, **asdict(minute))


class QueueMinuteView(BaseModel):
    at: Time
    seconds: float
    node: str
    in_service_s: float
    known_s: float
    waiting_mean: float | None
    waiting_least: int | None
    waiting_most: int | None
    staffed_mean: float
    wait_s: float | None

    @classmethod
    def of(cls, told: Told, minute: QueueMinute) -> Self:
        return cls(**asdict(told), **asdict(minute))


class WindowMinuteList(BaseModel):
    items: list[WindowMinuteView]


class QueueMinuteList(BaseModel):
    items: list[QueueMinuteView]
