"""A file as lines under known columns: CSV in UTF-8 or GB 18030, or the first sheet of an XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vigil.errors import RosterError
from vigil.roster import xlsx
from vigil.roster.faults import Column, FileFault

MOST_BYTES: Final = 1024 * 1024
MOST_ROWS: Final = 2000
_HEADS: Final[dict[str, Column]] = {
    "分厅": Column.HALL,
    "窗口": Column.WINDOW,
    "起": Column.FROM,
    "开始": Column.FROM,
    "开始时间": Column.FROM,
    "止": Column.TO,
    "结束": Column.TO,
    "结束时间": Column.TO,
    "类别": Column.KIND,
    "事由": Column.NOTE,
    "reason": Column.NOTE,
    **{str(column): column for column in Column},
}
"""How a column may be called; English in any case."""
HEAD: Final = {
    Column.HALL: "分厅",
    Column.WINDOW: "窗口",
    Column.FROM: "起",
    Column.TO: "止",
    Column.KIND: "类别",
    Column.NOTE: "事由",
}
"""As the template has them."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is that of the file, its first line being 1. Cells without blanks around them."""

    number: int
    cells: dict[Column, str]


def lines(data: bytes) -> list[Line]:
    """What stands below the head. A line that names a window and says nothing of it, as the template has one of each, is left
    out, and so is an empty one. Raises RosterError.
    """
    rows = iter(_rows(data))
    head = [_HEADS.get(cell.strip().lower()) for cell in next(rows, (0, []))[1]]
    if missing := [HEAD[column] for column in Column if column not in head]:
        raise RosterError(FileFault.NO_HEAD, *missing)
    found: list[Line] = []
    for number, cells in rows:
        under = {column: cell.strip() for column, cell in zip(head, cells, strict=False) if column is not None}
        if not any(under.get(column) for column in (Column.FROM, Column.TO, Column.KIND, Column.NOTE)):
            continue
        found.append(Line(number, {column: under.get(column, "") for column in Column}))
        if len(found) > MOST_ROWS:
            raise RosterError(FileFault.TOO_MANY_ROWS, str(MOST_ROWS))
    if not found:
        raise RosterError(FileFault.NO_ROWS)
    return found


def _rows(data: bytes) -> Iterable[tuple[int, list[str]]]:
    if data.startswith(_OLE):
        raise RosterError(FileFault.OLD_WORKBOOK)
    if not data.startswith(_ZIP):
        return _of_csv(data)
    try:
        return xlsx.read(data)
    except xlsx.NotAWorkbook as error:
        raise RosterError(FileFault.NO_TABLE) from error


def _of_csv(data: bytes) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    try:
        before = 0
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before + 1, cells
            before = reader.line_num  # a cell may have several lines; a row is where it begins
    except csv.Error as error:
        raise RosterError(FileFault.NO_TABLE) from error


def _text(data: bytes) -> str:
    """A spreadsheet in China saves CSV as GB 18030 unless it is told otherwise."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise RosterError(FileFault.NO_TABLE)
