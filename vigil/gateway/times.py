"""Times as the API says them, and as it takes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, AwareDatetime, PlainSerializer, WithJsonSchema

_YEARS: Final = range(2000, 2200)
_Day = TypeVar("_Day", date, datetime)


def rfc3339(at: datetime) -> str:
    """UTC to the millisecond, with Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def of_our_years(day: _Day) -> _Day:
    """Raises ValueError for what no hall ever had: at the ends of the calendar a step, or another zone, overflows."""
    if day.year not in _YEARS:
        raise ValueError(f"a year from {_YEARS[0]} to {_YEARS[-1]}")
    return day


Time = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
Moment = Annotated[AwareDatetime, AfterValidator(of_our_years)]
"""Of a request: with its zone."""
Day = Annotated[date, AfterValidator(of_our_years)]
"""Of a request: in the site's time zone."""
