"""Ticket machines as they answer, and how they are asked, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, MutableMapping
from http.client import RemoteDisconnected
from typing import Any

import pytest
from structlog.testing import capture_logs

from vigil.clock import FakeClock
from vigil.errors import TicketAnswerError
from vigil.ingest.bounded_get import Answer
from vigil.ingest.tickets import TicketMachine, TicketPoller, read_answer
from vigil.model.ids import GroupId
from vigil.model.site import TicketFeed
from vigil.model.tickets import TicketCount

GROUP, OTHER = GroupId("huji"), GroupId("chuzheng")
URL = "http://192.0.2.9/api/queues/1?token=geheim"
AT = FakeClock().now()


def machine(group: GroupId = GROUP, bearer: str | None = None, **feed: Any) -> TicketMachine:
    return TicketMachine(group, TicketFeed(URL, **feed), bearer)


def said(value: Any, *, charset: str | None = None, status: int = 200, whole: bool = True) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode(charset or "utf-8")
    return Answer(status, charset, body, whole)


def read(answer: Answer, **feed: Any) -> tuple[int | None, float | None]:
    count = read_answer(answer, machine(**feed), AT)
    assert (count.group, count.at) == (GROUP, AT)
    return count.waiting, count.longest_wait_s


@pytest.mark.parametrize(
    ("value", "feed", "expected"),
    [
        ({"waiting": 12}, {}, (12, None)),
        ({"waiting": 0, "longest_wait_s": None}, {}, (0, None)),
        ({"waiting": 12.0, "longest_wait_s": 905.5, "name": "户籍"}, {}, (12, 905.5)),
        ({"data": [{"a/b": 3}, {"m~n": 4}]}, {"waiting": "/data/0/a~1b", "longest_wait_s": "/data/1/m~0n"}, (3, 4.0)),
        (7, {"waiting": "", "longest_wait_s": "/none"}, (7, None)),
    ],
)
def test_reads_what_the_paths_lead_to(value: Any, feed: dict[str, Any], expected: tuple[int, float | None]) -> None:
    assert read(said(value), **feed) == expected


def test_reads_the_character_sets_that_machines_speak() -> None:
    assert read(said({"窗口": "户籍", "waiting": 3}, charset="gbk")) == (3, None)
    assert read(said(b'\xef\xbb\xbf{"waiting": 3}')) == (3, None)


@pytest.mark.parametrize(
    ("answer", "what", "remedy"),
    [
        (said({"errcode": 40001, "errmsg": "invalid token"}), "'/waiting' is not in the answer", "waiting:"),
        (said({"waiting": "12"}), "is a text", "the number of people"),
        (said({"waiting": -1}), "is a number that no queue has", "the number of people"),
        (said({"waiting": 1.5}), "is a number that no queue has", "the number of people"),
        (said({"waiting": 10**9}), "is a number that no queue has", "the number of people"),
        (said({"waiting": True}), "is true or false", "the number of people"),
        (said({"waiting": None}), "is null", "the number of people"),
        (said({"waiting": [1, 2]}), "is a list", "the number of people"),
        (said([1]), "is not in the answer", "the number of people"),
        (said({"waiting": 1, "longest_wait_s": "5 min"}), "'/longest_wait_s' is a text", "seconds"),
        (said({"waiting": 1, "longest_wait_s": -1}), "is a number that no queue has", "seconds"),
        (said(b"<html>login</html>"), "not JSON", "a login page?"),
        (said(b""), "not JSON", "Open the address"),
        (said(b'{"waiting": NaN}'), "not JSON", "Open the address"),
        (said(b'{"waiting": Infinity}'), "not JSON", "Open the address"),
        (said(b"[" * 60_000), "not JSON", "Open the address"),
        (said("\x81".encode("latin-1")), "not JSON", "Open the address"),
        (Answer(200, "klingon", b"{}", whole=True), "not JSON", "Open the address"),
        (said({"waiting": 1}, whole=False), "more than 64 KiB", "the queue's own address"),
    ],
)
def test_what_makes_no_sense_is_said_with_what_would_be_right(answer: Answer, what: str, remedy: str) -> None:
    with pytest.raises(TicketAnswerError) as caught:
        read_answer(answer, machine(), AT)
    assert what in str(caught.value)
    assert remedy in str(caught.value)
    assert "invalid token" not in str(caught.value)


class Hall:
    """A poller whose machines answer from a script: each entry once, the last for ever."""

    def __init__(self, *script: Answer | Exception, machines: tuple[TicketMachine, ...] = (machine(),)) -> None:
        self.clock = FakeClock()
        self.counts: list[TicketCount] = []
        self.asked: list[tuple[float, dict[str, str]]] = []
        self._script = list(script)
        self.poller = TicketPoller(machines, self.counts.append, self.clock, get=self._get)

    def _get(self, url: str, headers: dict[str, str]) -> Answer:
        assert url == URL
        self.asked.append((self.clock.mono(), headers))
        answer = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def turns(self, count: int) -> list[MutableMapping[str, Any]]:
        """What was logged while so many turns were made, each when the poller wanted it."""
        with capture_logs() as logs:
            for _ in range(count):
                self.clock.advance(self.poller.turn())
        return logs


def test_asks_at_its_pace_and_hands_over_what_it_hears() -> None:
    hall = Hall(said({"waiting": 3}), said({"waiting": 4}), machines=(machine(every_s=5),))
    assert hall.turns(3) == []
    assert [at for at, _ in hall.asked] == [0, 5, 10]
    assert [(count.waiting, (count.at - AT).total_seconds()) for count in hall.counts] == [(3, 0), (4, 5), (4, 10)]


def test_each_machine_has_a_pace_of_its_own() -> None:
    hall = Hall(said({"waiting": 3}), machines=(machine(every_s=5), machine(OTHER, every_s=15)))
    hall.turns(4)
    assert [count.group for count in hall.counts] == [GROUP, OTHER, GROUP, GROUP, GROUP, OTHER]


def test_a_machine_that_is_away_is_told_once_asked_later_and_its_last_number_stands() -> None:
    hall = Hall(said({"waiting": 3}), ConnectionRefusedError(), machines=(machine(every_s=2),))
    logs = hall.turns(8)
    assert [count.waiting for count in hall.counts] == [3]
    (told,) = logs
    assert (told["event"], told["group"], told["url"]) == (
        "ticket_feed_failed",
        GROUP,
        "http://192.0.2.9/api/queues/1",
    )
    assert "ConnectionRefusedError" in told["error"]
    gaps = [later - earlier for (earlier, _), (later, _) in zip(hall.asked[1:], hall.asked[2:], strict=False)]
    assert min(gaps) >= 2
    assert gaps[-1] > 20


def test_a_machine_that_comes_back_is_asked_at_its_pace_again() -> None:
    hall = Hall(TimeoutError(), said({"waiting": 3}))
    assert [line["event"] for line in hall.turns(3)] == ["ticket_feed_failed", "ticket_feed_answers"]
    assert [count.waiting for count in hall.counts] == [3, 3]
    assert hall.asked[2][0] - hall.asked[1][0] == 10


def test_nonsense_makes_the_queue_unknown_at_once_and_never_zero() -> None:
    hall = Hall(said({"waiting": 3}), said({"error": "db"}))
    logs = hall.turns(5)
    assert [count.waiting for count in hall.counts] == [3, None, None, None, None]
    assert [line["event"] for line in logs] == ["ticket_feed_failed"], "told once"


def test_another_fault_is_told_again() -> None:
    hall = Hall(said({"error": "db"}), said(b"<html>"), TimeoutError(), said({}, status=500))
    assert len(hall.turns(6)) == 4


@pytest.mark.parametrize(
    ("status", "remedy"), [(302, "Redirects are not followed"), (401, "Give bearer:"), (404, "Is the address right?")]
)
def test_another_status_says_what_would_be_right(status: int, remedy: str) -> None:
    hall = Hall(said({"waiting": 0}, status=status))
    (told,) = hall.turns(2)
    assert remedy in told["error"]
    assert hall.counts == []


def test_the_bearer_s_secret_goes_to_the_machine_and_into_no_log() -> None:
    hall = Hall(ValueError("Invalid header value b'Bearer s3cret'"), machines=(machine(bearer="s3cret"),))
    (told,) = hall.turns(1)
    assert hall.asked[0][1] == {"Authorization": "Bearer s3cret"}
    assert "s3cret" not in str(told)
    assert "s3cret" not in repr(machine(bearer="s3cret"))


@pytest.mark.parametrize("error", [RemoteDisconnected(""), OSError("no route"), TimeoutError()])
def test_one_machine_s_failure_is_not_the_others(error: Exception) -> None:
    hall = Hall(error, said({"waiting": 3}), machines=(machine(), machine(OTHER)))
    hall.turns(1)
    assert [(count.group, count.waiting) for count in hall.counts] == [(OTHER, 3)]


def test_what_comes_after_the_end_is_given_to_nobody() -> None:
    hall = Hall(said({"waiting": 3}))
    give: Callable[[str, dict[str, str]], Answer] = hall._get

    def stop_and_answer(url: str, headers: dict[str, str]) -> Answer:
        hall.poller.stop()
        return give(url, headers)

    hall.poller = TicketPoller((machine(),), hall.counts.append, hall.clock, get=stop_and_answer)
    hall.turns(1)
    assert hall.counts == []
