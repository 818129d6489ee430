"""A report is the same whatever sums are kept, and whenever they were."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from tests.conftest import BOTH
from tests.postgres import PostgresServer
from tests.unit.report.samples import G1, G2, NODE, OTHER, SITE, W1, W2, W3, Book, local
from vigil.model.ids import GroupId, NodeId, WindowId
from vigil.model.looks import Unknown
from vigil.model.site import Site
from vigil.report.period import Period, PeriodKind
from vigil.report.report import Report, make_report
from vigil.report.sums import keep
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.tables import QueueDayRow, WindowDayRow

DAYS = [date(2026, 10, 8) + timedelta(days=number) for number in range(4)]
"""Thursday to Sunday: the Saturday is worked, the Sunday is not."""
PERIOD = Period(PeriodKind.SPAN, DAYS[0], DAYS[-1])
NOW = local("2026-11-01 04:00")
HOURS = ("08:30", "11:55", "12:10", "14:30", "17:58")


@dataclass
class World:
    """A site that changes, and its book."""

    book: Book
    site: Site = SITE
    suspensions: int = 0
    kept: int = field(default=0)

    @property
    def stores(self) -> Stores:
        return self.book.stores

    def report(self) -> Report:
        return make_report(self.site, self.stores, PERIOD, NOW)


class Change(Protocol):
    def __call__(self, world: World) -> None: ...


@dataclass(frozen=True)
class Minutes:
    window: WindowId
    day: date
    hour: str
    count: int
    staffed_s: int
    unstaffed_s: int
    node: NodeId

    def __call__(self, world: World) -> None:
        unknown = Unknown.DARK if self.staffed_s + self.unstaffed_s < 60 else None
        world.book.minutes(
            self.window, self.day, self.hour, self.count, self.staffed_s, self.unstaffed_s, unknown, node=self.node
        )


@dataclass(frozen=True)
class Queue:
    group: GroupId
    day: date
    hour: str
    waiting: int
    wait_s: int

    def __call__(self, world: World) -> None:
        world.book.queue(self.group, self.day, self.hour, [float(self.waiting)] * 3, [float(self.wait_s)] * 3)


@dataclass(frozen=True)
class Suspend:
    window: WindowId
    day: date
    from_hour: str
    minutes: int
    ended_after: int | None

    def __call__(self, world: World) -> None:
        begin = local(f"{self.day} {self.from_hour}")

        def text(minutes: int) -> str:
            return f"{(begin + timedelta(hours=8, minutes=minutes)):%Y-%m-%d %H:%M}"

        ended = None if self.ended_after is None else text(self.ended_after)
        world.book.suspend(self.window, text(0), text(self.minutes), ended)


@dataclass(frozen=True)
class Close:
    """A day that is entered under `closed:`, or the next time taken out again."""

    day: date

    def __call__(self, world: World) -> None:
        usual = world.site.calendars["usual"]
        closed = tuple(sorted({*usual.closed} ^ {self.day.isoformat()}))
        world.site = replace(world.site, calendars=world.site.calendars | {"usual": replace(usual, closed=closed)})


@dataclass(frozen=True)
class Hours:
    hours: tuple[str, ...]

    def __call__(self, world: World) -> None:
        noon = replace(world.site.calendars["noon"], hours=self.hours)
        world.site = replace(world.site, calendars=world.site.calendars | {"noon": noon})


@dataclass(frozen=True)
class Keep:
    def __call__(self, world: World) -> None:
        world.kept += sum(keep(world.site, world.stores, PERIOD))


windows, groups, days, hours = (st.sampled_from(list(one)) for one in ((W1, W2, W3), (G1, G2), DAYS, HOURS))
changes: st.SearchStrategy[list[Change]] = st.lists(
    st.one_of(
        st.builds(
            Minutes,
            windows,
            days,
            hours,
            st.integers(1, 3),
            st.integers(0, 30),
            st.integers(0, 30),
            st.sampled_from([NODE, OTHER]),
        ),
        st.builds(Queue, groups, days, hours, st.integers(0, 9), st.integers(0, 900)),
        st.builds(Suspend, windows, days, hours, st.integers(1, 300), st.none() | st.integers(0, 60)),
        st.builds(Close, days),
        st.builds(Hours, st.sampled_from([("08:30-17:30",), ("09:00-12:00", "13:00-17:00")])),
        st.just(Keep()),
        st.just(Keep()),
    ),
    max_size=14,
)


class Fresh(Protocol):
    def __call__(self) -> str: ...


@pytest.fixture(params=BOTH)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fresh]:
    """The address of a database without rows, as often as it is asked for."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")

        def copied() -> str:
            for path in tmp_path.glob("vigil.db*"):
                path.unlink()
            shutil.copy(template, tmp_path / "vigil.db")
            return f"sqlite:///{tmp_path / 'vigil.db'}"

        yield copied
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name: str = request.getfixturevalue("postgres_database")

    def emptied() -> str:
        server.empty(name)
        return server.url(name)

    yield emptied


def forget(stores: Stores) -> None:
    with stores.database.write() as session:
        session.execute(delete(WindowDayRow))
        session.execute(delete(QueueDayRow))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_a_report_is_the_same_with_sums_that_are_kept_and_without(fresh: Fresh, told: list[Change]) -> None:
    with closing(Database(fresh())) as database:
        world = World(Book(Stores.over(database)))
        for change in told:
            change(world)
        with_sums = world.report()
        forget(world.stores)
        assert with_sums == world.report()


def test_every_day_of_service_is_kept_once_and_changes_alone_are_kept_anew(book: Book) -> None:
    world = World(book)
    for change in (
        Minutes(W1, DAYS[0], "08:30", 3, 60, 0, NODE),
        Queue(G1, DAYS[1], "09:00", 3, 60),
        Keep(),
    ):
        change(world)
    assert world.kept == 3 * 3 + 2 * 3  # three windows and two queues, on three days of work
    with world.stores.database.read() as session:
        assert session.scalar(select(func.count()).select_from(WindowDayRow)) == 9
    for change in (Keep(), Minutes(W1, DAYS[0], "09:00", 1, 60, 0, NODE), Keep()):
        change(world)
    assert world.kept == 15 + 1
    Suspend(W3, DAYS[1], "09:00", 60, None)(world)
    Keep()(world)
    assert world.kept == 16 + 2  # the window and its queue, which has no other
    Close(DAYS[2])(world)
    Keep()(world)
    assert world.kept == 18 + 1  # the queue of the window with a calendar of its own has other hours
