"""What the API says of the site: what a screen shows of it, and nothing of how a camera is reached."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.model.people import Halls
from vigil.model.site import Camera, Hall, Site, Thresholds, WindowKind, ZoneKind


class ZoneView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            window="gongan-2", polygon=[[0.36, 0.597], [0.436, 0.533], [0.394, 0.509], [0.387, 0.397]]
        )
    )

    kind: ZoneKind
    window: str | None
    group: str | None
    polygon: list[tuple[float, float]]


class CameraView(BaseModel):
    """Nothing of how the camera is reached: no URL, no user, no node."""

    model_config = ConfigDict(json_schema_extra=shown(id="gongan-counter", name="柜台摄像机", has_substream=True))

    id: str
    name: str
    has_substream: bool
    zones: list[ZoneView]

    @classmethod
    def of(cls, camera: Camera) -> Self:
        zones = [
            ZoneView(kind=zone.kind, window=zone.window, group=zone.group, polygon=list(zone.polygon))
            for zone in camera.zones
        ]
        return cls(id=camera.id, name=camera.name, has_substream=camera.substream is not None, zones=zones)


class WindowView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(id="gongan-2", name="2号窗口", staff=1))

    id: str
    name: str
    kind: WindowKind
    staff: int


class GroupView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(id="gongan-huji", name="户籍业务"))

    id: str
    name: str
    windows: list[WindowView]


class HallView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(id="gongan", name="公安分厅", department="市公安局", thresholds=asdict(Thresholds()))
    )

    id: str
    name: str
    department: str
    thresholds: dict[str, float]
    groups: list[GroupView]
    cameras: list[CameraView]

    @classmethod
    def of(cls, site: Site, hall: Hall) -> Self:
        groups = [
            GroupView(
                id=group.id,
                name=group.name,
                windows=[
                    WindowView(id=window.id, name=window.name, kind=window.kind, staff=window.staff)
                    for window in group.windows
                ],
            )
            for group in hall.groups
        ]
        return cls(
            id=hall.id,
            name=hall.name,
            department=hall.department,
            thresholds=asdict(site.thresholds_of(hall)),
            groups=groups,
            cameras=[CameraView.of(camera) for camera in hall.cameras],
        )


class SiteView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(name="梅州市政务服务中心", time_zone="Asia/Shanghai", thresholds=asdict(Thresholds()))
    )

    name: str
    time_zone: str
    notice: str | None
    thresholds: dict[str, float]
    halls: list[HallView]

    @classmethod
    def of(cls, site: Site, halls: Halls) -> Self:
        return cls(
            name=site.name,
            time_zone=site.time_zone,
            notice=site.notice,
            thresholds=asdict(site.thresholds),
            halls=[HallView.of(site, hall) for hall in site.halls if hall.id in halls],
        )
