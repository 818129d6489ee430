"""A pack as a workbook (XLSX): a sheet for each table, charts that the spreadsheet draws, set up for A4.

The same report makes the same bytes.
"""

from __future__ import annotations

import io
from datetime import date
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from vigil.report import words
from vigil.report.definitions import Definition, definitions, provenance
from vigil.report.report import Report
from vigil.report.summary import headline
from vigil.report.table import Cell, Form, Table
from vigil.report.tables import tables

FONT: Final = "微软雅黑"
_BLUE, _LINE, _PALE = "#1F4E79", "#BFBFBF", "#EAF1F8"
_NUMBERS: Final[dict[Form, str]] = {
    Form.TEXT: "@",
    Form.DAY: "yyyy/m/d",
    Form.COUNT: "#,##0",
    Form.SHARE: "0.0%",
    Form.HOURS: "#,##0.0",
    Form.MINUTES: "#,##0.0",
    Form.MORE: "+#,##0.0;-#,##0.0;0.0",
    Form.MORE_COUNT: "+#,##0;-#,##0;0",
}
_A4: Final = 9
_WIDTH_OF_ONE: Final = 2.2
"""Of a full-width character in a column's unit, with some air."""
_FIRST_ROW: Final = 3
"""Of a table's cells, below title, note and head; counted from 0."""


def workbook(report: Report) -> bytes:
    """The file's bytes."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {
            "title": f"{report.site} {words.TITLES[report.period.kind]} {report.period.title}",
            "author": report.site,
            "comments": f"vigil {report.version}",
            "created": report.made_at.replace(tzinfo=None),
        }
    )
    _Book(book, report).write()
    book.close()
    return file.getvalue()


class _Book:
    def __init__(self, book: xlsxwriter.Workbook, report: Report) -> None:
        self._book, self._report = book, report
        self._formats: dict[tuple[Any, ...], Format] = {}

    def write(self) -> None:
        overview = self._sheet("概况")
        sheets = {table.name: (self._table(table), table) for table in tables(self._report)}
        self._overview(overview, {name: table for name, (_, table) in sheets.items()})
        self._pairs(self._sheet("口径"), "统计口径", definitions(self._report))

    def _format(self, **style: Any) -> Format:
        key = tuple(sorted(style.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(
                {"font_name": FONT, "font_size": 10, "valign": "vcenter"} | style
            )
        return self._formats[key]

    def _sheet(self, name: str, *, landscape: bool = False) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(_A4)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_footer(f"&L{self._report.site}　{self._report.period.title}&R第&P页，共&N页")
        return sheet

    def _title(self, sheet: Worksheet, title: str, last: int) -> None:
        sheet.set_row(0, 30)
        style = self._format(bold=True, font_size=16, font_color=_BLUE, align="left")
        sheet.merge_range(0, 0, 0, max(last, 1), "", style)
        sheet.write_string(0, 0, title, style)

    def _table(self, table: Table) -> Worksheet:
        sheet = self._sheet(table.name, landscape=len(table.columns) > 7)
        last = len(table.columns) - 1
        self._title(sheet, f"{table.title}（{self._report.period.title}）", last)
        sheet.write_string(1, 0, table.note, self._format(font_color="#7F7F7F", font_size=9))
        head = self._format(
            bold=True,
            text_wrap=True,
            align="center",
            bg_color=_BLUE,
            font_color="#FFFFFF",
            border=1,
            border_color=_LINE,
        )
        sheet.set_row(_FIRST_ROW - 1, 44)
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, column.width * _WIDTH_OF_ONE)
            sheet.write_string(_FIRST_ROW - 1, place, column.title, head)
        for number, row in enumerate(table.rows):
            total = table.total and number == len(table.rows) - 1
            for place, cell in enumerate(row):
                self._cell(sheet, _FIRST_ROW + number, place, cell, table.columns[place].form, total=total)
        sheet.freeze_panes(_FIRST_ROW, sum(column.form in {Form.TEXT, Form.DAY} for column in table.columns))
        sheet.repeat_rows(_FIRST_ROW - 1)
        rows = len(table.rows) - (1 if table.total else 0)
        if rows:
            sheet.autofilter(_FIRST_ROW - 1, 0, _FIRST_ROW + rows - 1, last)
        return sheet

    def _cell(self, sheet: Worksheet, row: int, place: int, cell: Cell, form: Form, *, total: bool) -> None:
        style: dict[str, Any] = {"border": 1, "border_color": _LINE, "num_format": _NUMBERS[form]}
        style["align"] = "left" if form in {Form.TEXT, Form.DAY} else "right"
        if total:
            style |= {"bold": True, "bg_color": _PALE}
        match cell:
            case None:
                sheet.write_string(row, place, words.NOTHING, self._format(**style))
            case str():
                sheet.write_string(row, place, cell, self._format(**style | {"num_format": "@"}))
            case date():
                sheet.write_datetime(row, place, cell, self._format(**style))
            case _:
                sheet.write_number(row, place, cell, self._format(**style))

    def _overview(self, sheet: Worksheet, all_tables: dict[str, Table]) -> None:
        report = self._report
        self._title(sheet, f"{report.site}{words.TITLES[report.period.kind]}（{report.period.title}）", 3)
        for place, width in enumerate((22, 22, 22, 34)):
            sheet.set_column(place, place, width)
        row = 2
        for figure in headline(report):
            sheet.write_string(
                row, 0, figure.term, self._format(bold=True, bg_color=_PALE, border=1, border_color=_LINE)
            )
            self._cell(sheet, row, 1, figure.cell, figure.form, total=False)
            beside = self._format(text_wrap=True, font_color="#595959", border=1, border_color=_LINE)
            sheet.merge_range(row, 2, row, 3, "", beside)
            sheet.write_string(row, 2, figure.beside, beside)
            row += 1
        row = self._charts(sheet, row + 1, all_tables)
        for one in provenance(report):
            sheet.write_string(row, 0, one.term, self._format(font_color="#7F7F7F"))
            sheet.write_string(row, 1, one.meaning, self._format(font_color="#7F7F7F"))
            row += 1

    def _charts(self, sheet: Worksheet, row: int, all_tables: dict[str, Table]) -> int:
        """Returns the row behind them."""
        days, halls = all_tables["按日"], all_tables["分厅"]
        if len(days.rows) > 2:
            chart = self._chart(days, "在岗率", "line", "逐日在岗率")
            sheet.insert_chart(row, 0, chart, {"x_scale": 1.45, "y_scale": 0.9})
            row += 14
        if len(halls.rows) > 1:
            chart = self._chart(halls, "在岗率", "bar", "各分厅在岗率")
            scale = max(0.7, min(3.0, 0.3 + 0.08 * len(halls.rows)))
            sheet.insert_chart(row, 0, chart, {"x_scale": 1.45, "y_scale": scale})
            row += round(15 * scale) + 1
        return row

    def _chart(self, table: Table, measure: str, kind: str, title: str) -> Any:
        chart = self._book.add_chart({"type": kind})
        place = next(number for number, column in enumerate(table.columns) if column.title == measure)
        last = _FIRST_ROW + len(table.rows) - 2
        style = {"name": FONT, "size": 9}
        chart.add_series(
            {
                "name": measure,
                "categories": [table.name, _FIRST_ROW, 0, last, 0],
                "values": [table.name, _FIRST_ROW, place, last, place],
                "line": {"color": _BLUE, "width": 2},
                "fill": {"color": _BLUE},
                "marker": {"type": "circle", "size": 4, "fill": {"color": _BLUE}, "border": {"color": _BLUE}},
                "gap": 60,
                **({"data_labels": {"value": True, "num_format": "0.0%", "font": style}} if kind == "bar" else {}),
            }
        )
        chart.set_title({"name": title, "name_font": style | {"size": 11}})
        chart.set_legend({"none": True})
        shares = {"num_format": "0%", "num_font": style, "min": 0, "max": 1, "major_gridlines": {"visible": True}}
        names = {"num_font": style}
        if kind == "bar":
            chart.set_x_axis(shares)
            chart.set_y_axis(names | {"reverse": True})
        else:
            chart.set_x_axis(names | {"num_format": "m/d", "date_axis": False, "text_axis": True})
            chart.set_y_axis(shares)
        chart.show_na_as_empty_cell()
        return chart

    def _pairs(self, sheet: Worksheet, title: str, pairs: tuple[Definition, ...]) -> None:
        self._title(sheet, title, 1)
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 90)
        for row, one in enumerate(pairs, 2):
            sheet.write_string(row, 0, one.term, self._format(bold=True, border=1, border_color=_LINE, bg_color=_PALE))
            text = self._format(text_wrap=True, border=1, border_color=_LINE)
            sheet.write_string(row, 1, one.meaning, text)
            sheet.set_row(row, 16 * (1 + len(one.meaning) // 42) + 4)
