"""The filing of decree 799, article 14: places, devices by number and type, and how long footage is kept, as a workbook.

What the site does not say is written as 未填, so that somebody fills it in; nothing is guessed.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import xlsxwriter

from vigil import __version__
from vigil.model.ids import CameraId
from vigil.model.media import Codec
from vigil.model.site import Camera, Hall, RecordingMode, Site
from vigil.report import words
from vigil.report.workbook import FONT
from vigil.store.recording import Seen
from vigil.store.stores import Stores

UNFILLED: Final = "未填"
_CODECS: Final[dict[Codec, str]] = {Codec.H264: "H.264", Codec.H265: "H.265"}
_MODES: Final[dict[RecordingMode, str]] = {
    RecordingMode.CONTINUOUS: "全天录像",
    RecordingMode.HOURS: "按时段录像",
    RecordingMode.EVENTS: "按事件录像",
}
_PLACES: Final = ("序号", "分厅", "主管部门", "地址", "摄像机（台）", "摄像机类型及数量", "录像保存期限")
_DEVICES: Final = (
    "序号", "分厅", "摄像机", "设备类型", "编码", "分辨率", "录像方式", "首次录像", "最近录像", "现存天数",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    widths: tuple[int, ...]


def filing(site: Site, stores: Stores, now: datetime) -> bytes:
    """The file's bytes. Raises StoreError."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"{site.name} 备案信息", "author": site.name, "created": now.replace(tzinfo=None)})
    made = (
        f"制作时间：{words.moment_in_words(now, site.time_zone)}；vigil {__version__}；标“{UNFILLED}”的由填报单位补充。"
    )
    for sheet in sheets(site, stores):
        _write(book, sheet, made)
    book.close()
    return file.getvalue()


def sheets(site: Site, stores: Stores) -> tuple[Sheet, ...]:
    seen = {camera.id: stores.recording.last_seen(camera.id) for _, camera in site.cameras()}
    zone = ZoneInfo(site.time_zone)
    places = tuple(
        (number, hall.name, hall.department, UNFILLED, len(hall.cameras), _types(hall, seen), UNFILLED)
        for number, hall in enumerate(site.halls, 1)
    )
    devices = tuple(
        (number, hall.name, camera.name, UNFILLED, *_device(camera, seen[camera.id], zone))
        for number, (hall, camera) in enumerate(site.cameras(), 1)
    )
    return (
        Sheet("场所", "公共安全视频系统备案：场所", _PLACES, places, (6, 20, 28, 34, 12, 30, 16)),
        Sheet("设备", "公共安全视频系统备案：设备", _DEVICES, devices, (6, 20, 20, 12, 9, 13, 13, 13, 13, 10)),
    )


def _types(hall: Hall, seen: Mapping[CameraId, Seen | None]) -> str:
    """Types by what was last received: the site does not say what make or shape a camera is."""
    found = Counter(_picture(seen.get(camera.id)) for camera in hall.cameras)
    return "；".join(f"{name} {number}台" for name, number in found.items()) or "0台"


def _picture(seen: Seen | None) -> str:
    return UNFILLED if seen is None else f"{_CODECS[seen.codec]} {seen.width}×{seen.height}"


def _device(camera: Camera, seen: Seen | None, zone: ZoneInfo) -> tuple[str | int, ...]:
    mode = _MODES[camera.recording.mode]
    if seen is None:
        return UNFILLED, UNFILLED, mode, words.NOTHING, words.NOTHING, words.NOTHING
    first, last = seen.first_at.astimezone(zone).date(), seen.last_at.astimezone(zone).date()
    days = (last - first).days + 1
    return _CODECS[seen.codec], f"{seen.width}×{seen.height}", mode, first.isoformat(), last.isoformat(), days


def _write(book: xlsxwriter.Workbook, content: Sheet, made: str) -> None:
    plain = {"font_name": FONT, "font_size": 10, "valign": "vcenter", "border": 1, "text_wrap": True}
    cell, head = (
        book.add_format(plain),
        book.add_format(plain | {"bold": True, "bg_color": "#EAF1F8", "align": "center"}),
    )
    unfilled = book.add_format(plain | {"bg_color": "#FFF2CC"})
    title = book.add_format({"font_name": FONT, "font_size": 16, "bold": True})
    sheet = book.add_worksheet(content.name)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, content.title, title)
    sheet.write_string(1, 0, made, book.add_format({"font_name": FONT, "font_size": 9, "font_color": "#7F7F7F"}))
    for place, (name, width) in enumerate(zip(content.heads, content.widths, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(2, place, name, head)
    for number, row in enumerate(content.rows, 3):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, place, value, unfilled if value == UNFILLED else cell)
            else:
                sheet.write_number(number, place, value, cell)
    sheet.freeze_panes(3, 2)
    sheet.repeat_rows(2)
