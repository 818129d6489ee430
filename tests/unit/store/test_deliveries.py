from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import Opened
from tests.unit.store.samples import alert, at
from vigil.model.alerts import AlertState, EndReason
from vigil.model.ids import AlertId, ChannelName, MessageId
from vigil.model.limits import Limit
from vigil.model.notices import Answer, Due, Stage, Verdict, Wanted
from vigil.model.steps import DismissReason, Step
from vigil.store.alert_steps import Taking
from vigil.store.deliveries import MOST_ALERTS, Claim, Wait
from vigil.store.notices import Backlog
from vigil.store.stores import Stores

DUTY = ChannelName("duty")
LEASE, PATIENCE = timedelta(seconds=60), timedelta(days=1)
OK = Answer(Verdict.DELIVERED, "0 ok")


def draw(message: MessageId, dues: Sequence[Due]) -> dict[str, Any]:
    return {"alerts": [[due.alert.id, sorted(map(str, due.stages)), due.alert.ended_at is not None] for due in dues]}


def told(claim: Claim | Wait) -> list[tuple[str, list[str], bool]]:
    assert isinstance(claim, Claim), claim
    return [(name, stages, ended) for name, stages, ended in claim.body["alerts"]]


class Desk:
    """The queue of one channel, as a worker sees it."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores

    def tell(self, name: str = "alert-1", *stages: Stage, due: float = 0, **changes: Any) -> int:
        self.stores.alerts.upsert(alert(name, **changes))
        wanted = [Wanted(DUTY, stage, at(due)) for stage in stages or (Stage.RAISED,)]
        return self.stores.notices.enter(AlertId(name), wanted, at=at(0))

    def claim(self, seconds: float, *limits: Limit) -> Claim | Wait:
        return self.stores.deliveries.claim(DUTY, draw, limits=limits, now=at(seconds), lease=LEASE, patience=PATIENCE)

    def finish(self, claim: Claim | Wait, answer: Answer, seconds: float, rest_s: float | None = None) -> None:
        assert isinstance(claim, Claim)
        rest = None if rest_s is None else at(seconds + rest_s)
        self.stores.deliveries.finish(claim, answer, now=at(seconds), rest_until=rest)

    def backlog(self, seconds: float = 0) -> Backlog:
        return self.stores.notices.backlogs([DUTY], at(seconds))[DUTY]


@pytest.fixture
def desk(stores: Stores) -> Desk:
    return Desk(stores)


def test_a_stage_is_entered_once_and_told_once(desk: Desk) -> None:
    assert (desk.tell(), desk.tell()) == (1, 0)
    desk.finish(desk.claim(0), OK, 1)
    assert desk.tell() == 0
    assert desk.claim(2) == Wait(None)
    assert desk.backlog(2) == Backlog()


def test_what_comes_together_leaves_together_and_not_before_it_is_due(desk: Desk) -> None:
    desk.tell("alert-1", due=10)
    desk.tell("alert-2", due=12, raised_at=at(1))
    desk.tell("alert-3", due=99, raised_at=at(2))
    assert desk.claim(9) == Wait(at(10))
    claim = desk.claim(12)
    assert told(claim) == [("alert-1", ["raised"], False), ("alert-2", ["raised"], False)]
    assert isinstance(claim, Claim)
    assert claim.notices == 2
    desk.finish(claim, OK, 13)
    assert desk.claim(14) == Wait(at(99))


def test_what_is_due_soon_goes_along_and_what_is_held_for_longer_does_not(desk: Desk) -> None:
    desk.tell("alert-1", due=10)
    desk.tell("alert-2", due=19)
    desk.tell("held-over-night", due=30_000)
    claim = desk.stores.deliveries.claim(
        DUTY, draw, limits=(), now=at(10), lease=LEASE, patience=PATIENCE, together=timedelta(seconds=10)
    )
    assert [name for name, *_ in told(claim)] == ["alert-1", "alert-2"]


def test_an_alert_that_ended_before_its_message_left_is_told_of_once(desk: Desk) -> None:
    desk.tell(due=10)
    over = {"revision": 2, "ended_at": at(8), "end_reason": EndReason.RESOLVED}
    desk.tell("alert-1", Stage.RAISED, Stage.ENDED, due=18, **over)
    claim = desk.claim(10)
    assert told(claim) == [("alert-1", ["ended", "raised"], True)]
    desk.finish(claim, OK, 11)
    assert desk.claim(99) == Wait(None)


def test_what_did_not_arrive_is_told_as_it_stands_by_then(desk: Desk) -> None:
    desk.tell()
    first = desk.claim(0)
    desk.finish(first, Answer(Verdict.FAILED, "no route"), 1, rest_s=5)
    assert desk.claim(2) == Wait(at(6))
    desk.tell("alert-1", Stage.ENDED, revision=2, ended_at=at(3))
    second = desk.claim(6)
    assert told(second) == [("alert-1", ["ended", "raised"], True)]
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert first.message != second.message
    assert second.failures == 1


def test_what_may_have_arrived_is_repeated_as_it_was_under_the_same_id(desk: Desk) -> None:
    desk.tell()
    first = desk.claim(0)
    desk.finish(first, Answer(Verdict.UNCERTAIN, "timeout"), 20)
    desk.tell("alert-1", Stage.ENDED, revision=2, ended_at=at(21))
    second = desk.claim(22)
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert (second.message, second.body) == (first.message, first.body)
    desk.finish(second, Answer(Verdict.FAILED, "refused connection"), 23)
    third = desk.claim(24)
    assert isinstance(third, Claim)
    assert third.message == first.message, "a failure does not undo the doubt about the first"
    desk.finish(third, OK, 25)
    assert told(desk.claim(26)) == [("alert-1", ["ended"], True)]


def test_one_attempt_at_a_time_whoever_makes_it(desk: Desk) -> None:
    desk.tell()
    assert isinstance(desk.claim(0), Claim)
    desk.tell("alert-2")
    assert desk.claim(1) == Wait(at(60))


def test_a_process_that_died_leaves_a_message_that_is_sent_again(desk: Desk) -> None:
    desk.tell()
    first = desk.claim(0)
    again = desk.claim(60)
    assert isinstance(first, Claim)
    assert isinstance(again, Claim)
    assert again.message == first.message
    log = desk.stores.deliveries.log().items
    assert [(one.number, one.answer) for one in log] == [
        (again.attempt, None),
        (first.attempt, Answer(Verdict.UNCERTAIN, "interrupted")),
    ]


def test_an_answer_that_came_after_the_lease_counts_only_if_it_arrived(desk: Desk) -> None:
    desk.tell()
    first, again = desk.claim(0), desk.claim(60)
    desk.finish(first, Answer(Verdict.REFUSED, "late"), 61, rest_s=600)
    assert desk.stores.deliveries.record(DUTY).rest_until is None
    desk.finish(first, OK, 62)
    desk.finish(again, Answer(Verdict.FAILED, "cut"), 63)
    assert desk.claim(64) == Wait(None)
    assert desk.backlog(64) == Backlog()


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.REJECTED])
def test_what_is_refused_is_kept_until_somebody_sends_it_again(desk: Desk, verdict: Verdict) -> None:
    desk.tell()
    desk.finish(desk.claim(0), Answer(verdict, "no"), 1)
    assert desk.claim(2) == Wait(None)
    assert desk.backlog(2) == Backlog(unsent=1)
    desk.tell("alert-1", Stage.ENDED, revision=2, ended_at=at(3), due=99)
    assert desk.stores.notices.send_again(DUTY, at=at(10)) == 1
    assert told(desk.claim(10)) == [("alert-1", ["ended", "raised"], True)]


def test_a_day_of_tries_is_the_end_until_somebody_sends_it_again(desk: Desk) -> None:
    desk.tell()
    desk.finish(desk.claim(0), Answer(Verdict.UNCERTAIN, "timeout"), 20)
    desk.tell("alert-2", due=80_000)
    day = 86_401.0
    assert told(desk.claim(day)) == [("alert-2", ["raised"], False)]
    assert desk.backlog(day) == Backlog(waiting=1, oldest_at=at(80_000), unsent=1)
    assert desk.stores.notices.send_again(DUTY, at=at(day)) == 1


def test_limits_hold_over_processes(desk: Desk, database_url: str, opened: Opened) -> None:
    limit = Limit(2, 60)
    for number in range(3):
        desk.tell(f"alert-{number}")
        claim = desk.claim(number, limit)
        if number < 2:
            desk.finish(claim, OK, number + 0.5)
    assert claim == Wait(at(60.5))
    other = Desk(Stores.over(opened(database_url)))
    assert other.claim(3, limit) == Wait(at(60.5))
    assert isinstance(other.claim(60.5, limit), Claim)


def test_two_workers_never_send_the_same(desk: Desk, database_url: str, opened: Opened) -> None:
    for number in range(20):
        desk.tell(f"alert-{number}")
    claims: list[Claim | Wait] = []
    start = threading.Barrier(4)

    def work() -> None:
        other = Desk(Stores.over(opened(database_url)))
        start.wait()
        claims.append(other.claim(0))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(type(claim).__name__ for claim in claims) == ["Claim", "Wait", "Wait", "Wait"]


def test_a_message_is_bounded_and_the_rest_leaves_with_the_next(desk: Desk) -> None:
    with desk.stores.database.write():
        for number in range(MOST_ALERTS + 1):
            desk.tell(f"alert-{number:04}")
    claim = desk.claim(0)
    assert len(told(claim)) == MOST_ALERTS
    desk.finish(claim, OK, 1)
    assert len(told(desk.claim(2))) == 1


def test_what_a_person_said_meanwhile_is_known_to_the_message(desk: Desk) -> None:
    desk.tell()
    taking = Taking(Step.DISMISS, "supervisor", at(1), "顶岗", DismissReason.OTHER)
    desk.stores.alert_steps.take(AlertId("alert-1"), taking)
    seen: list[AlertState] = []

    def look(message: MessageId, dues: Sequence[Due]) -> dict[str, Any]:
        seen.extend(due.state for due in dues)
        return {}

    desk.stores.deliveries.claim(DUTY, look, limits=(), now=at(2), lease=LEASE, patience=PATIENCE)
    assert seen == [AlertState.DISMISSED]


def test_a_test_waits_for_the_limits_and_the_throttle_but_for_no_rest_of_ours(desk: Desk) -> None:
    def test(seconds: float, *limits: Limit) -> Claim | Wait:
        return desk.stores.deliveries.claim_test(DUTY, draw, limits=limits, now=at(seconds), lease=LEASE)

    desk.tell()
    desk.finish(desk.claim(0), Answer(Verdict.REFUSED, "bad key"), 1, rest_s=600)
    claim = test(2)
    desk.finish(claim, OK, 3)
    assert desk.stores.deliveries.record(DUTY).rest_until is None
    assert test(4, Limit(1, 60)) == Wait(at(63))
    throttled = test(70)
    desk.finish(throttled, Answer(Verdict.THROTTLED, "too fast"), 71, rest_s=600)
    assert test(72) == Wait(at(671))
    held = test(700)
    assert isinstance(held, Claim)
    assert test(701) == Wait(held.until_at)
    assert isinstance(desk.claim(760), Wait), "a test that was interrupted is not repeated"


def test_the_log_is_read_in_pages(desk: Desk) -> None:
    for number in range(5):
        desk.tell(f"alert-{number}")
        desk.finish(desk.claim(number), Answer(Verdict.DELIVERED, f"0 ok {number}"), number + 0.5)
    first = desk.stores.deliveries.log(limit=3)
    rest = desk.stores.deliveries.log(limit=3, before=first.next)
    texts = [one.answer.text for one in (*first.items, *rest.items) if one.answer is not None]
    assert texts == [f"0 ok {number}" for number in (4, 3, 2, 1, 0)]
    assert rest.next is None
    assert desk.stores.deliveries.log(channel=ChannelName("other")).items == ()
    newest = first.items[0]
    assert (newest.at, newest.until_at, newest.notices, newest.test) == (at(4), at(4.5), 1, False)


def test_what_is_old_is_forgotten_but_nothing_that_waits(desk: Desk) -> None:
    desk.tell("alert-1")
    desk.finish(desk.claim(0), OK, 1)
    desk.tell("alert-2", due=1000)
    desk.stores.notices.forget(at(500))
    assert desk.stores.deliveries.log().items == ()
    assert told(desk.claim(1000)) == [("alert-2", ["raised"], False)]


def test_the_notice_is_lost_with_its_alert_and_with_it_alone(desk: Desk) -> None:
    with pytest.raises(RuntimeError), desk.stores.database.write():
        desk.tell()
        raise RuntimeError("power cut")
    assert desk.claim(0) == Wait(None)
    assert desk.stores.alerts.find(AlertId("alert-1")) is None


def test_a_channel_that_left_the_configuration_counts_for_nothing(desk: Desk) -> None:
    desk.tell()
    assert desk.stores.notices.backlogs([ChannelName("other")], at(0)) == {"other": Backlog()}


def test_waking_a_channel_ends_its_rest(desk: Desk) -> None:
    desk.tell()
    desk.finish(desk.claim(0), Answer(Verdict.FAILED, "no route"), 1, rest_s=900)
    desk.stores.deliveries.wake(DUTY)
    assert isinstance(desk.claim(2), Claim)
