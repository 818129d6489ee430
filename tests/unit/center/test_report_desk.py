"""The line before the process that makes reports, with a press that makes nothing until it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pytest

from tests.unit.report.samples import SITE, local
from vigil.center.report_desk import MOST_WAITING, ReportDesk
from vigil.center.report_orders import Files, Order
from vigil.clock import FakeClock
from vigil.errors import CalendarError, ReportsBusy, ReportsDied
from vigil.model.site import Site
from vigil.report.pack import PackFile
from vigil.report.period import Period, PeriodKind


@dataclass
class SlowPress:
    """What is ordered is made when `go` is set, and says when it was begun and of which site; or `fails` is raised."""

    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    orders: list[Order] = field(default_factory=list)
    started: int = 0
    fails: Exception | None = None

    def start(self) -> None:
        self.started += 1

    def make(self, order: Order, site: Site, now: datetime) -> Files:
        self.orders.append(order)
        self.begun.release()
        assert self.go.wait(30)
        if self.fails is not None:
            raise self.fails
        return (PackFile("json", f"{site.name} {now:%H:%M} {len(self.orders)}".encode()),)

    def close(self) -> None:
        pass

    def kill(self) -> None:
        self.fails = ReportsDied("killed")
        self.go.set()


@dataclass
class Desk:
    press: SlowPress
    clock: FakeClock
    desk: ReportDesk


@pytest.fixture
def world() -> Iterator[Desk]:
    press, clock = SlowPress(), FakeClock(local("2026-11-01 04:00"))
    desk = ReportDesk(press, SITE, clock)
    desk.start()
    yield Desk(press, clock, desk)
    desk.stop(30)
    assert not desk._thread.is_alive()


def day(number: int) -> Period:
    return Period(PeriodKind.SPAN, date(2026, 10, number), date(2026, 10, number))


async def begun(world: Desk) -> None:
    assert await asyncio.to_thread(world.press.begun.acquire, timeout=30)


async def test_who_orders_what_is_not_begun_yet_shares_the_answer_and_what_is_begun_he_does_not(world: Desk) -> None:
    first = asyncio.create_task(world.desk.figures(day(1)))
    await begun(world)
    later = [asyncio.create_task(world.desk.figures(day(1))) for _ in range(3)]
    other = asyncio.create_task(world.desk.figures(day(2)))
    await asyncio.sleep(0)  # they have ordered
    world.clock.at = local("2026-11-01 04:05")
    world.press.go.set()
    answers = [await one for one in (first, *later, other)]
    at = f"{world.clock.now():%H:%M}"
    assert answers[1:] == [f"{SITE.name} {at} 2".encode()] * 3 + [f"{SITE.name} {at} 3".encode()]
    assert (len(set(answers)), len(world.press.orders)) == (3, 3)


async def test_a_line_that_is_full_refuses_and_takes_orders_again_when_it_is_not(world: Desk) -> None:
    tasks = [asyncio.create_task(world.desk.figures(day(1)))]
    await begun(world)
    tasks += [asyncio.create_task(world.desk.figures(day(number + 2))) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(ReportsBusy):
        await world.desk.figures(day(31))
    world.press.go.set()
    await asyncio.gather(*tasks)
    assert await world.desk.figures(day(31))


async def test_a_request_that_is_given_up_takes_nothing_from_the_others(world: Desk) -> None:
    first = asyncio.create_task(world.desk.figures(day(1)))
    await begun(world)
    one, other = (asyncio.create_task(world.desk.figures(day(2))) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    world.press.go.set()
    assert await other
    assert await first
    assert one.cancelled()


async def test_what_goes_wrong_is_told_to_who_ordered_it_alone(world: Desk) -> None:
    world.press.fails = CalendarError("2099")
    world.press.go.set()
    with pytest.raises(CalendarError):
        await world.desk.figures(day(1))
    world.press.fails = None
    assert await world.desk.figures(day(1))


async def test_a_press_that_died_is_started_before_anybody_orders_again(world: Desk) -> None:
    world.press.fails = ReportsDied("it was killed")
    world.press.go.set()
    with pytest.raises(ReportsDied):
        await world.desk.figures(day(1))
    world.press.fails = None
    assert await world.desk.figures(day(1))
    assert world.press.started == 2


async def test_another_site_counts_for_what_is_ordered_from_then_on(world: Desk) -> None:
    first = asyncio.create_task(world.desk.figures(day(1)))
    await begun(world)
    before = asyncio.create_task(world.desk.figures(day(2)))
    await asyncio.sleep(0)
    world.desk.change(replace(SITE, name="another"))
    after = asyncio.create_task(world.desk.figures(day(2)))
    await asyncio.sleep(0)
    world.press.go.set()
    names = [(await one).decode().split()[0] for one in (first, before, after)]
    assert names == [SITE.name, SITE.name, "another"]


async def test_who_waits_when_the_centre_stops_is_told(world: Desk) -> None:
    tasks = [asyncio.create_task(world.desk.figures(day(number))) for number in (1, 2)]
    await begun(world)
    await asyncio.to_thread(world.desk.stop, 30)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in found] == [ReportsDied, ReportsDied]
    with pytest.raises(ReportsDied):
        await world.desk.figures(day(3))
