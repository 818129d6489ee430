"""Asks ticket machines how many people wait: one thread for all window groups of a node, outbound only.

A machine that cannot be reached is asked again later, and its last number holds until it is stale. One that answers what
makes no sense is unknown at once, and never zero: nobody knows what else it gets wrong.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final

import structlog

from vigil import metrics
from vigil.clock import Clock
from vigil.errors import TicketAnswerError, TicketError, redact_url
from vigil.ingest import bounded_get
from vigil.ingest.backoff import Backoff
from vigil.ingest.bounded_get import Answer
from vigil.model.ids import GroupId
from vigil.model.site import TicketFeed
from vigil.model.tickets import TicketCount

_MOST_WAITING: Final = 100_000
_LONGEST_WAIT_S: Final = 7 * 86_400
_AFTER_DEFECT_S: Final = 10.0
_MISSING: Final = object()

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TicketMachine:
    """A group's feed, with the bearer's secret fetched."""

    group: GroupId
    feed: TicketFeed
    bearer: str | None = field(default=None, repr=False)


def read_answer(answer: Answer, machine: TicketMachine, at: datetime) -> TicketCount:
    """Raises TicketAnswerError with what is wrong and what would be right. Nothing of the answer is repeated."""
    document = _document(answer)
    waiting = _found(document, machine.feed.waiting)
    if not _is_number(waiting) or waiting != int(waiting) or not 0 <= waiting <= _MOST_WAITING:
        raise TicketAnswerError(
            f"{machine.feed.waiting!r} {_shape(waiting)}; the number of people who wait is expected there. "
            "Compare the answer with waiting: in the configuration"
        )
    longest_s = _found(document, machine.feed.longest_wait_s)
    if longest_s is _MISSING or longest_s is None:
        return TicketCount(machine.group, int(waiting), None, at)
    if not _is_number(longest_s) or not 0 <= longest_s <= _LONGEST_WAIT_S:
        raise TicketAnswerError(
            f"{machine.feed.longest_wait_s!r} {_shape(longest_s)}; seconds are expected there. "
            "Compare the answer with longest_wait_s: in the configuration, or point it at nothing"
        )
    return TicketCount(machine.group, int(waiting), float(longest_s), at)


class TicketPoller:
    """`give` is called on the poller's own thread and must return at once."""

    def __init__(
        self,
        machines: Iterable[TicketMachine],
        give: Callable[[TicketCount], None],
        clock: Clock,
        *,
        get: Callable[[str, dict[str, str]], Answer] = bounded_get.get,
    ) -> None:
        self._asked = [_Asked(machine, clock.mono()) for machine in machines]
        self._give = give
        self._clock = clock
        self._get = get
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tickets", daemon=True)

    def start(self) -> None:
        if self._asked:
            self._thread.start()

    def stop(self) -> None:
        """A request that is under way is left behind: it ends by its deadline and is given to nobody."""
        self._stop.set()

    def turn(self) -> float:
        """Asks every machine that is due. Returns in how many seconds the next one is."""
        for asked in self._asked:
            if asked.next_mono <= self._clock.mono() and not self._stop.is_set():
                asked.next_mono = self._clock.mono() + self._ask(asked)
        return max(0.0, min(asked.next_mono for asked in self._asked) - self._clock.mono())

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            try:
                wait_s = self.turn()
            except Exception:
                metrics.restarts.labels("tickets").inc()
                log.exception("tickets_failed")
                wait_s = _AFTER_DEFECT_S

    def _ask(self, asked: _Asked) -> float:
        """In how many seconds it is to be asked again."""
        machine = asked.machine
        at = self._clock.now()
        try:
            count = read_answer(self._fetch(machine), machine, at)
        except TicketAnswerError as error:
            self._hand_over(TicketCount(machine.group, None, None, at))
            return asked.failed(str(error))
        except TicketError as error:
            return asked.failed(str(error))
        self._hand_over(count)
        return asked.answered()

    def _fetch(self, machine: TicketMachine) -> Answer:
        headers = {"Authorization": f"Bearer {machine.bearer}"} if machine.bearer else {}
        try:
            answer = self._get(machine.feed.url, headers)
        except (OSError, HTTPException) as error:
            raise TicketError(
                f"no answer ({type(error).__name__}). Is the machine on, and its address right?"
            ) from error
        except ValueError:  # without its text, which may hold the bearer's secret
            raise TicketError("this cannot be asked. Look for odd characters in url: and the bearer's secret") from None
        if answer.status != HTTPStatus.OK:
            raise TicketError(f"status {answer.status} and not 200. {_remedy(answer.status)}")
        return answer

    def _hand_over(self, count: TicketCount) -> None:
        if not self._stop.is_set():
            self._give(count)


class _Asked:
    """One machine, when it is asked next, and what was told of it."""

    def __init__(self, machine: TicketMachine, next_mono: float) -> None:
        self.machine = machine
        self.next_mono = next_mono
        self._backoff = Backoff()
        self._failing: str | None = None
        self._up = metrics.ticket_feed_up.labels(machine.group)

    def answered(self) -> float:
        if self._failing is not None:
            log.info("ticket_feed_answers", group=self.machine.group)
        self._failing, self._backoff = None, Backoff()
        self._up.set(1)
        return self.machine.feed.every_s

    def failed(self, reason: str) -> float:
        if reason != self._failing:
            url = redact_url(self.machine.feed.url)
            log.warning("ticket_feed_failed", group=self.machine.group, url=url, error=reason)
        self._failing = reason
        self._up.set(0)
        return max(self.machine.feed.every_s, self._backoff.failed(healthy_s=0))


def _document(answer: Answer) -> Any:
    if not answer.whole:
        raise TicketAnswerError(
            f"an answer of more than {bounded_get.MOST_BYTES // 1024} KiB. Give the queue's own address"
        )
    try:
        return json.loads(answer.body.decode(answer.charset or "utf-8-sig"), parse_constant=_no_number)
    except (ValueError, LookupError, RecursionError) as error:
        raise TicketAnswerError(
            "an answer that is not JSON. Open the address in a browser: is it a login page?"
        ) from error


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _found(document: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) leads to, or _MISSING."""
    value = document
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isascii() and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return _MISSING
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shape(value: Any) -> str:
    if value is _MISSING:
        return "is not in the answer"
    if value is None:
        return "is null"
    if _is_number(value):
        return "is a number that no queue has"
    names: dict[type, str] = {bool: "true or false", str: "a text", list: "a list", dict: "an object"}
    return f"is {names.get(type(value), 'no number')}"


def _remedy(status: int) -> str:
    if 300 <= status < 400:
        return "Redirects are not followed: give the address that it leads to"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return "Give bearer: with the secret that the machine expects"
    return "Is the address right?"
