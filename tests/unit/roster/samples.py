"""Rosters as people send them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from vigil.model.ids import GroupId, HallId, WindowId
from vigil.model.site import Hall, Window, WindowGroup
from vigil.roster.row import Reader

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 on the wall
HEAD = ("分厅", "窗口", "起", "止", "类别", "事由")
GOOD = ("公安分厅", "1号窗口", "2026-03-03 08:30", "2026-03-03 12:00", "请假", "审批单 2026-153")


def hall(name: str, called: str, *windows: tuple[str, str]) -> Hall:
    group = WindowGroup(GroupId(f"{name}-1"), "综合", tuple(Window(WindowId(one), label) for one, label in windows))
    return Hall(HallId(name), called, "公安局", "usual", groups=(group,))


HALLS = (
    hall("ga", "公安分厅", ("ga-w-1", "1号窗口"), ("ga-w-2", "2号窗口"), ("ga-w-3", "2号窗口")),
    hall("rs", "人社分厅", ("rs-w-1", "1号窗口")),
)
READER = Reader(HALLS, ZONE)


def csv_of(*rows: Sequence[str], head: Sequence[str] = HEAD, encoding: str = "utf-8") -> bytes:
    return "".join(f"{','.join(row)}\r\n" for row in (head, *rows)).encode(encoding)


def xlsx_of(*rows: Sequence[str | datetime | date | int | None], head: Sequence[str] = HEAD, **formats: str) -> bytes:
    """`formats`: the number format of a cell, by its address."""
    book = Workbook()
    sheet: Any = book.active
    for row in (head, *rows):
        sheet.append(list(row))
    for cell, number_format in formats.items():
        sheet[cell].number_format = number_format
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
