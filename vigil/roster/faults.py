"""What can be wrong with a roster, of the whole file and of a row; which words say so is the screen's and the command's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Column(StrEnum):
    HALL = "hall"
    WINDOW = "window"
    FROM = "from"
    TO = "to"
    KIND = "kind"
    NOTE = "note"


class FileFault(StrEnum):
    NO_TABLE = "no-table"  # neither CSV nor XLSX, or damaged
    OLD_WORKBOOK = "old-workbook"  # .xls, or one with a password
    NO_HEAD = "no-head"  # a column is missing in the first line
    NO_ROWS = "no-rows"
    TOO_MANY_ROWS = "too-many-rows"


class RowFault(StrEnum):
    MISSING = "missing"
    NO_HALL = "no-hall"
    NO_WINDOW = "no-window"
    SEVERAL = "several"  # bear this name: an id is needed
    NO_KIND = "no-kind"
    NO_TIME = "no-time"
    NOT_AFTER = "not-after"  # it ends before it begins
    TOO_LONG = "too-long"
    PAST = "past"
    TOO_FAR = "too-far"
    LONG_NOTE = "long-note"
    OVERLAPS = "overlaps"  # what is entered already
    OVERLAPS_ROW = "overlaps-row"  # of this file
    FULL = "full"  # the window has as many as it may


@dataclass(frozen=True, slots=True)
class Fault:
    """`value` is what stands there, `right` what could; of an overlap, with what. Times by the site's clock."""

    what: RowFault
    column: Column | None
    value: str = ""
    right: tuple[str, ...] = ()
