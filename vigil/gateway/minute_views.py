"""Minutes of windows and queues as the API says them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel

from vigil.gateway.times import Time
from vigil.model.minutes import QueueMinute, WindowMinute
from vigil.report.window_day import Hour
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


class WindowHourView(BaseModel):
    """`service_s`: of the calendar, without suspensions. What nobody told of it is unknown, with the cause `untold`."""

    at: Time
    service_s: float
    staffed_s: float
    unstaffed_s: float
    unknown_s: dict[str, float]
    visitor_s: float

    @classmethod
    def of(cls, hour: Hour) -> Self:
        return cls(
            at=hour.at,
            service_s=round(hour.service_s, 3),
            staffed_s=round(hour.staffed_s, 3),
            unstaffed_s=round(hour.unstaffed_s, 3),
            unknown_s={why: round(seconds, 3) for why, seconds in hour.unknown_by_s.items()},
            visitor_s=round(hour.visitor_s, 3),
        )


class WindowHourList(BaseModel):
    items: list[WindowHourView]


class WindowMinuteList(BaseModel):
    items: list[WindowMinuteView]


class QueueMinuteList(BaseModel):
    items: list[QueueMinuteView]
