"""A table as a value, and how its cells are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Cell = str | int | float | date | None
"""None: nothing is known."""


class Form(StrEnum):
    TEXT = "text"
    DAY = "day"
    COUNT = "count"
    SHARE = "share"  # 0..1
    HOURS = "hours"
    MINUTES = "minutes"
    MORE = "more"  # a difference, with its sign
    MORE_COUNT = "more-count"


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in full-width characters."""

    title: str
    form: Form
    width: float = 5


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is short and unique within a pack. `total`: the last row sums the others up."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    total: bool = False
