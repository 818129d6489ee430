"""What reaches the analytics from beside the cameras counts with the next step: suspensions, and what tickets say."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.analytics.halls import COUNTER_CAMERA, DETECTOR, GROUP, HALL_CAMERA, NINE, ONE
from tests.unit.analytics.test_tickets import with_tickets
from tests.unit.analytics.test_worker import FakeReports
from vigil.analytics.analyst import Analyst, Memory, Standing
from vigil.analytics.worker import Worker
from vigil.clock import FakeClock
from vigil.model.ids import SuspensionId
from vigil.model.looks import QueueSource
from vigil.model.suspensions import Suspension, SuspensionKind
from vigil.model.tickets import TicketCount
from vigil.testing import FakeDetector

CAMERAS = (COUNTER_CAMERA, HALL_CAMERA)


class Desk:
    """A worker without pictures; each turn is a second and a step."""

    def __init__(self) -> None:
        self.clock, self.reports = FakeClock(NINE), FakeReports()
        self.suspensions: tuple[Suspension, ...] = ()
        ids = frozenset(camera.id for camera in CAMERAS)
        analyst = Analyst(with_tickets(), ids, DETECTOR, Memory(), NINE)
        self.worker = Worker(analyst, CAMERAS, FakeDetector, self.reports, self.clock, lambda: self.suspensions)

    def second(self) -> Standing:
        self.clock.advance(1)
        self.worker.turn()
        return self.reports.standings[-1]


def test_suspensions_count_from_the_next_step_and_no_longer_than_they_are_known() -> None:
    desk = Desk()
    leave = Suspension(SuspensionId("s-1"), ONE, SuspensionKind.LEAVE, NINE, NINE + timedelta(hours=1))

    def suspended() -> list[SuspensionKind | None]:
        return [window.suspended for window in desk.second().windows if window.window == ONE]

    assert suspended() == [None]
    desk.suspensions = (leave,)
    assert suspended() == [SuspensionKind.LEAVE]
    desk.suspensions = ()
    assert suspended() == [None]


def test_of_the_counts_that_came_meanwhile_the_newest_counts() -> None:
    desk = Desk()
    desk.second()
    for waiting in (3, 7):
        desk.worker.count(TicketCount(GROUP, waiting, None, desk.clock.now()))
    (queue,) = desk.second().queues
    assert (queue.waiting, queue.source) == (7, QueueSource.TICKETS)
