"""The spans of days that reports are about, and when their packs are due. Pure: days of the site's time zone, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from vigil.calendar import ServiceSpan

LONGEST_DAYS: Final = 366
_QUARTERS: Final = "一二三四"


class PeriodKind(StrEnum):
    MONTH = "month"  # 月报: feedback, article 7(2)(3)
    TWO_MONTHS = "two-months"  # 双月考评: article 7(4), results in the first week of odd months
    QUARTER = "quarter"  # 季报: the joint meeting of article 9
    SPAN = "span"  # any days, on demand


_MONTHS: Final = {PeriodKind.MONTH: 1, PeriodKind.TWO_MONTHS: 2, PeriodKind.QUARTER: 3}


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included."""

    kind: PeriodKind
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def due(self) -> date:
        """The day on which its pack can be made."""
        return self.last + timedelta(days=1)

    @property
    def before(self) -> Period:
        """The one that this one follows: of the same kind, or as many days."""
        last = self.first - timedelta(days=1)
        if self.kind is PeriodKind.SPAN:
            return Period(self.kind, self.first - timedelta(days=self.days), last)
        return period_of(self.kind, last)

    @property
    def name(self) -> str:
        """As an id and a file's name have it: month-2026-10, span-2026-10-08-2026-10-15."""
        if self.kind is PeriodKind.SPAN:
            return f"{self.kind}-{self.first}-{self.last}"
        return f"{self.kind}-{self.first:%Y-%m}"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def title(self) -> str:
        """2026年10月; 2026年9—10月; 2026年第三季度; 2026年10月8日—15日."""
        first, last = self.first, self.last
        match self.kind:
            case PeriodKind.MONTH:
                return f"{first.year}年{first.month}月"
            case PeriodKind.TWO_MONTHS:
                return f"{first.year}年{first.month}—{last.month}月"
            case PeriodKind.QUARTER:
                return f"{first.year}年第{_QUARTERS[(first.month - 1) // 3]}季度"
            case PeriodKind.SPAN:
                return f"{_day(first)}—{_until(first, last)}" if first != last else _day(first)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """In UTC, half open."""
        return _midnight(self.first, zone), _midnight(self.due, zone)

    def whole_days(self, zone: ZoneInfo, until_at: datetime) -> list[ServiceSpan]:
        """Each day from midnight to midnight, as far as it lies before `until_at`."""
        days = (self.first + timedelta(days=number) for number in range(self.days))
        spans = (
            ServiceSpan(day, _midnight(day, zone), min(_midnight(day + timedelta(days=1), zone), until_at))
            for day in days
        )
        return [span for span in spans if span.from_at < span.to_at]


def period_from(kind: PeriodKind, first: date, last: date | None) -> Period:
    """The period of `first`, or with SPAN all days from it to `last`. Raises ValueError with what is wrong of `last`."""
    if kind is not PeriodKind.SPAN:
        return period_of(kind, first)
    if last is None or not 0 <= (last - first).days < LONGEST_DAYS:
        raise ValueError(f"must not be before the first day, nor {LONGEST_DAYS} days after it")
    return Period(kind, first, last)


def period_of(kind: PeriodKind, day: date) -> Period:
    """The month, two months or quarter that a day lies in; two months begin with an odd one."""
    months = _MONTHS[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(kind, first, _months_on(first, months) - timedelta(days=1))


def due_since(earliest: date, today: date) -> Iterator[Period]:
    """The periods with a day on or after `earliest` that were over before `today`, the oldest of each kind first."""
    for kind in _MONTHS:
        period = period_of(kind, earliest)
        while period.last < today:
            yield period
            period = period_of(kind, period.due)


def _months_on(first: date, months: int) -> date:
    number = first.month - 1 + months
    return date(first.year + number // 12, number % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _until(first: date, last: date) -> str:
    """The end without what it has in common with the beginning."""
    if first.year != last.year:
        return _day(last)
    return f"{last.month}月{last.day}日" if first.month != last.month else f"{last.day}日"
