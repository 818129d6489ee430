"""A pack as a document (PDF/A, A4), set by Typst in Noto Sans SC and Noto Serif SC: the fonts come with vigil's packages.

Typst breaks lines by the rules of Chinese text, narrows punctuation that meets, and embeds of a font what is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

import pylopdf_fonts_zh_cn
import typst

from vigil.errors import ReportError
from vigil.report import words
from vigil.report.definitions import definitions, provenance
from vigil.report.report import DayFigures, HallFigures, Report
from vigil.report.summary import UNSURE, headline, sentences
from vigil.report.table import Cell, Form, Table
from vigil.report.tables import tables

TEMPLATE: Final = Path(__file__).with_name("document.typ")
_LOWEST: Final = (0.0, 0.25, 0.5, 0.75, 0.8, 0.9)
"""Where the axis of shares may begin."""


def document(report: Report) -> bytes:
    """The file's bytes. Raises ReportError when a font is missing, or Typst refuses."""
    fonts = (pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_zh_cn.serif_path())
    missing = [font.name for font in fonts if not font.is_file()]
    if missing:
        raise ReportError(
            f"the PDF needs the fonts {', '.join(missing)}. Install the package pylopdf-fonts-zh-cn; XLSX works without"
        )
    folder = Path(str(fonts[0])).parent
    try:
        return typst.compile(
            TEMPLATE,
            font_paths=[folder],
            ignore_system_fonts=True,
            sys_inputs={"pack": json.dumps(_pack(report), ensure_ascii=False)},
            pdf_standards="a-2b",
            timestamp=int(report.made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise ReportError(f"the PDF cannot be set: {error}") from error


def _pack(report: Report) -> dict[str, Any]:
    days = list(_days(report))
    return {
        "site": report.site,
        "title": words.TITLES[report.period.kind],
        "period": report.period.title,
        "made": words.moment_in_words(report.made_at, report.time_zone),
        "version": report.version,
        "headline": [
            {"term": one.term, "value": _text(one.cell, one.form), "beside": one.beside} for one in headline(report)
        ],
        "sentences": sentences(report),
        "halls": [_bar(one) for one in report.halls],
        "unsure": f"{UNSURE:.0%}",
        "days": days,
        "low": _low([day["share"] for day in days if day["share"] is not None]),
        "tables": [_table(table) for table in tables(report)],
        "definitions": [asdict(one) for one in definitions(report)],
        "provenance": [asdict(one) for one in provenance(report)],
    }


def _bar(one: HallFigures) -> dict[str, Any]:
    staffing = one.figures.staffing
    sure = (staffing.unknown_share or 0.0) < UNSURE
    return {"name": one.hall.name, "share": staffing.rate, "text": words.percent(staffing.rate), "sure": sure}


def _days(report: Report) -> Iterator[dict[str, Any]]:
    for one in report.days:
        yield {"label": f"{one.day.month}/{one.day.day}", "share": one.figures.staffing.rate, "closed": _closed(one)}


def _closed(one: DayFigures) -> bool:
    return one.figures.staffing.service_s == 0


def _low(shares: list[float]) -> float:
    """The axis begins so that the line keeps some air below it."""
    lowest = min(shares, default=0.0)
    return max(low for low in _LOWEST if low == 0 or low <= lowest - 0.02)


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "heads": [column.title for column in table.columns],
        "widths": [column.width for column in table.columns],
        "left": [column.form in {Form.TEXT, Form.DAY} for column in table.columns],
        "rows": [
            [_text(cell, column.form) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows
        ],
        "note": table.note,
        "total": table.total,
    }


def _text(cell: Cell, form: Form) -> str:
    match cell:
        case None:
            return words.NOTHING
        case str():
            return cell
        case date():
            return f"{cell.month}月{cell.day}日"
        case _ if form is Form.SHARE:
            return words.percent(float(cell))
        case _ if form in {Form.MORE, Form.MORE_COUNT}:
            return _signed(f"{cell:+,.{_digits(form)}f}")
        case _:
            return f"{cell:,.{_digits(form)}f}"


def _digits(form: Form) -> int:
    return 0 if form in {Form.COUNT, Form.MORE_COUNT} else 1


def _signed(text: str) -> str:
    """Nothing more and nothing less has no sign; a minus is as wide as a plus."""
    return text[1:] if float(text.replace(",", "")) == 0 else text.replace("-", "−")
