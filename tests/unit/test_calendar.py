from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vigil.calendar import ServiceHours, parse_hours
from vigil.errors import CalendarError
from vigil.model.site import Calendar, Workdays

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """A local time in Shanghai, as vigil stores it."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def hours(calendar: Calendar = Calendar()) -> ServiceHours:  # noqa: B008, frozen
    return ServiceHours(calendar, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("time", "in_service"),
    [
        ("08:29:59.999", False),
        ("08:30", True),
        ("11:59:59.999", True),
        ("12:00", False),
        ("13:15", False),
        ("14:29:59", False),
        ("14:30", True),
        ("17:59:59", True),
        ("18:00", False),
        ("23:00", False),
    ],
)
def test_hours_are_half_open_and_lunch_is_no_service(time: str, in_service: bool) -> None:
    assert hours().in_service(at(f"2026-03-02T{time}")) is in_service


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-03-02", True),  # a Monday
        ("2026-03-01", False),  # a Sunday
        ("2026-02-14", True),  # a Saturday that makes up for the Spring Festival (调休)
        ("2026-02-16", False),  # New Year's Eve of the lunar calendar, a Monday
        ("2026-10-01", False),  # National Day, a Thursday
        ("2026-10-10", True),  # a Saturday that makes up for it
        ("2026-01-01", False),
    ],
)
def test_china_s_workdays_know_holidays_and_make_up_days(day: str, works: bool) -> None:
    assert hours().in_service(at(f"{day}T09:00")) is works


def test_plain_weekdays_know_no_holidays() -> None:
    weekdays = hours(Calendar(workdays=Workdays.WEEKDAYS))
    assert weekdays.in_service(at("2026-10-01T09:00"))
    assert not weekdays.in_service(at("2026-10-10T09:00"))


def test_the_day_is_the_local_one() -> None:
    early = hours(Calendar(hours=("00:00-02:00",)))
    assert early.in_service(datetime(2026, 3, 1, 16, 30, tzinfo=UTC))  # Monday 00:30 in Shanghai
    assert not early.in_service(datetime(2026, 2, 28, 16, 30, tzinfo=UTC))  # Sunday there


def test_a_day_may_be_all_service() -> None:
    always = hours(Calendar(workdays=Workdays.EVERY_DAY, hours=("00:00-24:00",)))
    assert always.in_service(at("2026-10-01T00:00"))
    assert always.in_service(at("2026-10-01T23:59:59"))


def test_days_listed_by_the_hall_override_the_calendar() -> None:
    own = hours(Calendar(closed=("2026-03-02",), open=("2026-03-01",)))
    assert not own.in_service(at("2026-03-02T09:00"))
    assert own.in_service(at("2026-03-01T09:00"))


@pytest.mark.parametrize("year", [2003, 2027])
def test_a_year_whose_workdays_are_not_known_is_an_error_with_a_remedy(year: int) -> None:
    with pytest.raises(CalendarError, match=rf"workdays of {year} are not known\. Upgrade .*chinesecalendar.*weekdays"):
        hours().require_year(at(f"{year}-03-02T03:00"))
    with pytest.raises(CalendarError):
        hours().in_service(at(f"{year}-03-02T09:00"))


def test_an_unknown_year_does_not_matter_where_nothing_depends_on_it() -> None:
    assert not hours().in_service(at("2027-03-02T03:00"))
    assert hours(Calendar(workdays=Workdays.WEEKDAYS)).in_service(at("2027-03-02T09:00"))
    assert hours(Calendar(open=("2027-03-02",))).in_service(at("2027-03-02T09:00"))


@pytest.mark.parametrize(
    ("ranges", "complaint"),
    [
        ([], "no hours are given"),
        (["8:30-12:00"], "is not a range HH:MM-HH:MM"),
        (["08:30 - 12:00"], "is not a range"),
        (["08:60-12:00"], "is not a range"),
        (["25:00-26:00"], "is not a range"),
        (["12:00-08:30"], "does not end after it begins"),
        (["12:00-12:00"], "does not end after it begins"),
        (["23:00-24:30"], "does not end after it begins, within the day"),
        (["08:30-12:00", "11:00-13:00"], "overlaps the range before it or stands out of order"),
        (["14:30-18:00", "08:30-12:00"], "out of order"),
    ],
)
def test_hours_that_cannot_be(ranges: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_hours(ranges)


def test_hours_may_touch() -> None:
    assert parse_hours(["08:00-12:00", "12:00-24:00"]) == ((480, 720), (720, 1440))


def test_spans_are_the_service_of_each_working_day() -> None:
    spans = list(hours().spans(date(2026, 9, 30), date(2026, 10, 8)))
    assert [span.day.day for span in spans] == [30, 30, 8, 8]  # 1 to 7 October is the holiday
    assert spans[0].from_at == datetime(2026, 9, 30, 0, 30, tzinfo=UTC)
    assert [span.seconds / 3600 for span in spans] == [3.5, 3.5, 3.5, 3.5]


def test_spans_hold_what_in_service_says() -> None:
    calendar = Calendar(hours=("00:00-08:15", "22:00-24:00"), workdays=Workdays.EVERY_DAY, closed=("2026-03-03",))
    nepal = ServiceHours(calendar, "Asia/Kathmandu")
    spans = list(nepal.spans(date(2026, 3, 2), date(2026, 3, 4)))
    begin = datetime(2026, 3, 1, 18, 15, tzinfo=UTC)
    for minute in range(0, 3 * 24 * 60, 5):
        moment = begin + timedelta(minutes=minute)
        assert nepal.in_service(moment) == any(span.from_at <= moment < span.to_at for span in spans), moment


def test_spans_of_an_unknown_year_are_an_error() -> None:
    with pytest.raises(CalendarError, match="2099"):
        list(hours().spans(date(2099, 1, 1), date(2099, 1, 2)))
