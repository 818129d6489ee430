"""A city: halls, windows, queues and cameras, its days of service, and the configuration that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from vigil.calendar import ServiceHours, ServiceSpan
from vigil.center import people
from vigil.config import Configuration, load
from vigil.model.people import Role, everywhere
from vigil.model.site import Calendar

ZONE: Final = "Asia/Shanghai"
PASSWORD: Final = "a password for benchmarks"
PEOPLE: Final = {"operator": Role.OPERATOR, "supervisor": Role.SUPERVISOR, "investigator": Role.INVESTIGATOR}


@dataclass(frozen=True, slots=True)
class City:
    """`first` and `last`: the days of which there are minutes. Alerts go back `alert_days` from the last."""

    halls: int
    windows: int
    """Of a hall; five share a queue, and as many a camera."""
    first: date
    last: date
    alerts: int
    alert_days: int
    footage_days: int
    minutes: int
    """Of windows, at most."""

    @property
    def hall_names(self) -> list[str]:
        return [f"hall-{number:02}" for number in range(1, self.halls + 1)]

    def window_names(self, hall: str) -> list[str]:
        return [f"{hall}-w-{number:02}" for number in range(1, self.windows + 1)]

    def parts(self) -> int:
        return -(-self.windows // 5)

    def group_names(self, hall: str) -> list[str]:
        return [f"{hall}-g-{number}" for number in range(1, self.parts() + 1)]

    def camera_names(self, hall: str) -> list[str]:
        return [f"{hall}-c-{number}" for number in range(1, self.parts() + 1)]

    def spans(self) -> Iterator[ServiceSpan]:
        """As the centre has them."""
        return ServiceHours(Calendar(), ZONE).spans(self.first, self.last)

    def days_before(self, count: int) -> list[date]:
        return [self.last - timedelta(days=number) for number in range(count)]


def configure(city: City, folder: Path, port: int, database: str, password: str) -> Configuration:
    """Writes the file and its secrets below the folder."""
    (folder / "db.password").write_text(password, encoding="utf-8")
    (folder / "node.key").write_text("k" * 43, encoding="utf-8")
    values: dict[str, Any] = {
        "site": {
            "name": "基准市政务服务中心",
            "time_zone": ZONE,
            "calendars": {"usual": {"workdays": "china"}},
            "halls": [_hall(city, hall, number) for number, hall in enumerate(city.hall_names)],
        },
        "center": {
            "listen": f"127.0.0.1:{port}",
            "data": "center",
            "objects": {"folder": "objects"},
            "database": {"url": database, "password": {"file": "db.password"}},
        },
        "nodes": [{"id": "node-1", "center": f"ws://127.0.0.1:{port}", "key": {"file": "node.key"}, "data": "node"}],
    }
    file = folder / "vigil.yaml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return load(file)


def enter_people(configuration: Configuration) -> None:
    for username, role in PEOPLE.items():
        people.add(configuration, username, username, "政务服务中心", everywhere(role), PASSWORD)


def _hall(city: City, hall: str, number: int) -> dict[str, Any]:
    windows = city.window_names(hall)
    groups = city.group_names(hall)
    return {
        "id": hall,
        "name": f"第{number + 1}分厅",
        "department": f"第{number % 12 + 1}局",
        "calendar": "usual",
        "groups": [
            {
                "id": group,
                "name": f"第{place + 1}组",
                "windows": [{"id": name, "name": f"{name[-2:]}号窗口"} for name in windows[place * 5 : place * 5 + 5]],
            }
            for place, group in enumerate(groups)
        ],
        "cameras": [
            {
                "id": camera,
                "name": f"第{place + 1}摄像机",
                "url": f"rtsp://192.0.2.{number + 1}/{place}",
                "zones": [_staff(name, at) for at, name in enumerate(windows[place * 5 : place * 5 + 5])],
            }
            for place, camera in enumerate(city.camera_names(hall))
        ],
    }


def _staff(window: str, place: int) -> dict[str, Any]:
    left = 0.05 + 0.18 * place
    corners = [[left, 0.4], [left + 0.15, 0.4], [left + 0.15, 0.6], [left, 0.6]]
    return {"kind": "staff-area", "window": window, "polygon": corners}
