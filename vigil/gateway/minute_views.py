"""Minutes of windows and queues as the API says them."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.minutes import QueueMinute, WindowMinute
from vigil.report.window_day import Hour
from vigil.store.minutes import Told


class WindowMinuteView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            at="2026-11-23T01:30:00.000Z",
            seconds=60.0,
            node="demo-node",
            in_service_s=60.0,
            staffed_s=2.5,
            unstaffed_s=55.5,
            unknown_s={"hidden": 2.0},
            visitor_s=41.0,
            looks=30,
        )
    )

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
        return cls(
            at=told.at,
            seconds=told.seconds,
            node=told.node,
            in_service_s=minute.in_service_s,
            staffed_s=minute.staffed_s,
            unstaffed_s=minute.unstaffed_s,
            unknown_s={why.value: seconds for why, seconds in minute.unknown_s.items()},
            visitor_s=minute.visitor_s,
            looks=minute.looks,
        )


class QueueMinuteView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            at="2026-11-23T01:30:00.000Z",
            seconds=60.0,
            node="demo-node",
            in_service_s=60.0,
            known_s=58.0,
            waiting_mean=4.2,
            waiting_least=3,
            waiting_most=6,
            staffed_mean=2.1,
            wait_s=380.0,
        )
    )

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
        return cls(
            at=told.at,
            seconds=told.seconds,
            node=told.node,
            in_service_s=minute.in_service_s,
            known_s=minute.known_s,
            waiting_mean=minute.waiting_mean,
            waiting_least=minute.waiting_least,
            waiting_most=minute.waiting_most,
            staffed_mean=minute.staffed_mean,
            wait_s=minute.wait_s,
        )


class WindowHourView(BaseModel):
    """`service_s`: of the calendar, without suspensions. What nobody told of it is unknown, with the cause `untold`."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            at="2026-11-23T01:00:00.000Z",
            service_s=3600.0,
            staffed_s=1782.5,
            unstaffed_s=1755.5,
            unknown_s={"hidden": 62.0},
            visitor_s=1420.0,
        )
    )

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
