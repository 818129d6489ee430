"""A plain table as a workbook of one sheet, for what is no report."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import xlsxwriter

_WIDTH: Final = 18


def workbook(title: str, columns: Sequence[str], rows: Iterable[Sequence[str | datetime]]) -> bytes:
    """One sheet with a head that stays and a filter. Times are naive, by the clock of whoever reads; text is never computed."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(title)
    head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "valign": "vcenter"})
    text = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    time = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "border": 1})
    sheet.write_row(0, 0, columns, head)
    last = 0
    for last, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(last, column, cell, time)
            else:
                sheet.write_string(last, column, cell, text)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.set_column(0, len(columns) - 1, _WIDTH)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return file.getvalue()
