"""Tables for a spreadsheet: CSV in UTF-8 that begins with a mark, which is what Excel reads Chinese from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

MARK: Final = "\ufeff"
"""Before the first line."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_inert(cell) for cell in cells])
    return out.getvalue()


def _inert(cell: str) -> str:
    """A cell that begins like a formula would be computed by whoever opens the file; the apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
