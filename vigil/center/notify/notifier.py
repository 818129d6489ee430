"""Sends what waits: one task a channel on the centre's event loop, the database on worker threads.

The queue is the database's alone. This holds no list of its own, so a kill at any point loses nothing, and several centres on one
database share the work: a channel is held by one attempt at a time.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from vigil.clock import Clock
from vigil.errors import StoreError
from vigil.gateway.notice_desk import ChannelState, Tried
from vigil.model.alerts import Alert
from vigil.model.ids import ChannelName, MessageId
from vigil.model.notices import Answer, Due, Passed, Verdict
from vigil.model.retention import LEAST_MESSAGES_DAYS
from vigil.notify.backoff import rest_s
from vigil.notify.channel import Channel
from vigil.notify.message import Draughtsman, from_plain, to_plain
from vigil.notify.rules import Rules
from vigil.store.deliveries import Claim, Wait
from vigil.store.notices import Backlog
from vigil.store.stores import Stores

LEASE: Final = timedelta(seconds=60)
"""Above the deadline of every channel: only what died leaves an attempt that is taken over."""
PATIENCE: Final = timedelta(days=1)
_POLL_S: Final = 5.0
"""What another centre enters, or a quiet hour lets go, is found within so long."""
_AGAIN_S: Final = 10.0
_FORGET_S: Final = 3600.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Figures:
    """Of every channel, as of its last look at the queue."""

    backlogs: Mapping[ChannelName, Backlog]
    verdicts: Mapping[tuple[ChannelName, Verdict], int]
    now: datetime


class Notifier:
    def __init__(
        self,
        channels: Iterable[Channel],
        rules: Rules,
        draughtsman: Draughtsman,
        stores: Stores,
        clock: Clock,
        *,
        chance: Callable[[], float] = random.random,
        lease: timedelta = LEASE,
        keep: timedelta = timedelta(days=LEAST_MESSAGES_DAYS),
    ) -> None:
        """`keep`: for how long the log says what was sent."""
        self._channels = {channel.label.name: channel for channel in channels}
        self._rules = rules
        self._draughtsman = draughtsman
        self._stores = stores
        self._clock = clock
        self._chance = chance
        self._lease = lease
        self._keep = keep
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._work = {name: asyncio.Event() for name in self._channels}
        self._backlogs: Mapping[ChannelName, Backlog] = {name: Backlog() for name in self._channels}
        self._verdicts: Counter[tuple[ChannelName, Verdict]] = Counter()

    def change(self, rules: Rules, draughtsman: Draughtsman) -> None:
        """From the next notice and message on. From any thread."""
        self._rules, self._draughtsman = rules, draughtsman

    def enter(self, alert: Alert) -> None:
        """The notices of an alert. Called within the transaction that enters it, from any thread."""
        now = self._clock.now()
        self._stores.notices.enter(alert.id, self._rules.wanted(alert, now), at=now)

    def overdue(self, alert: Alert, passed: Passed) -> None:
        """Likewise of an alert that nobody took further in time, within the transaction that passes it on."""
        now = self._clock.now()
        self._stores.notices.enter(alert.id, self._rules.overdue(alert, passed, now), at=now)

    def wake(self) -> None:
        """Something was entered. From any thread, after the transaction."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake_all)

    def start(self) -> None:
        """On the loop that is to send."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [self._loop.create_task(self._serve(name), name=f"notify {name}") for name in self._channels]
        self._tasks.append(self._loop.create_task(self._forget()))

    async def stop(self, timeout_s: float) -> None:
        """Lets what is being sent end. What takes longer is cut off, and sent again by whoever comes next."""
        self._stopping = True
        self._wake_all()
        if self._tasks:
            self._tasks.pop().cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
        self._loop = None

    def figures(self) -> Figures:
        return Figures(self._backlogs, dict(self._verdicts), self._clock.now())

    # What the gateway asks (vigil/gateway/notice_desk.py)

    def states(self) -> tuple[ChannelState, ...]:
        """On a worker thread."""
        backlogs = self._stores.notices.backlogs(self._channels, self._clock.now())
        return tuple(
            ChannelState(
                name, channel.label.kind, channel.label.where, self._stores.deliveries.record(name), backlogs[name]
            )
            for name, channel in self._channels.items()
        )

    def send_again(self, channel: ChannelName) -> int | None:
        """On a worker thread. What was given up waits anew, and the channel's rest is over. None: there is no such channel."""
        if channel not in self._channels:
            return None
        with self._stores.database.write():
            self._stores.deliveries.wake(channel)  # first: whoever sends takes the channel before its notices, too
            count = self._stores.notices.send_again(channel, at=self._clock.now())
        self.wake()
        return count

    async def test(self, channel: ChannelName) -> Tried | None:
        """Send a test message now, and say what was answered. None: there is no such channel."""
        known = self._channels.get(channel)
        if known is None:
            return None

        def draw(message: MessageId, _: Sequence[Due]) -> dict[str, Any]:
            return to_plain(self._draughtsman.test(message, now, known.label.language))

        now = self._clock.now()
        claim_test = self._stores.deliveries.claim_test
        claim = await asyncio.to_thread(
            claim_test, channel, draw, limits=known.label.limits, now=now, lease=self._lease
        )
        if isinstance(claim, Wait):
            return Tried(None, claim.until_at)
        answer = await self._send(known, claim)
        self._work[channel].set()
        return Tried(answer, None)

    # One channel

    async def _serve(self, name: ChannelName) -> None:
        while not self._stopping:
            self._work[name].clear()
            try:
                pause_s = await self.step(name)
            except StoreError as error:
                log.error("notices_waiting", channel=name, error=str(error))
                pause_s = _AGAIN_S
            except Exception:  # this loop is the channel's supervisor
                log.exception("notices_failed", channel=name)
                pause_s = _AGAIN_S
            if pause_s > 0 and not self._stopping:
                await self._rest(name, pause_s)

    async def _rest(self, name: ChannelName, pause_s: float) -> None:
        try:
            await asyncio.wait_for(self._work[name].wait(), min(pause_s, _POLL_S))
        except TimeoutError:
            return

    async def step(self, name: ChannelName) -> float:
        """Send one message, if one may leave. Seconds until the next may. Raises StoreError."""
        channel, now = self._channels[name], self._clock.now()

        def draw(message: MessageId, dues: Sequence[Due]) -> dict[str, Any]:
            return to_plain(self._draughtsman.about(message, dues, now, channel.label.language))

        claim = await asyncio.to_thread(
            self._stores.deliveries.claim,
            name,
            draw,
            limits=channel.label.limits,
            now=now,
            lease=self._lease,
            patience=PATIENCE,
            together=self._rules.group,
        )
        if isinstance(claim, Claim):
            await self._send(channel, claim)
        await self._look(now)
        if isinstance(claim, Claim):
            return 0
        return _POLL_S if claim.until_at is None else max((claim.until_at - now).total_seconds(), 0.01)

    async def _send(self, channel: Channel, claim: Claim) -> Answer:
        answer = await channel.send(from_plain(claim.body), self._clock.now())
        now, rest = self._clock.now(), rest_s(answer, claim.failures, self._chance())
        rest_until = now + timedelta(seconds=rest) if rest else None
        finish = partial(self._stores.deliveries.finish, claim, answer, now=now, rest_until=rest_until)
        await asyncio.to_thread(finish)
        self._verdicts[claim.channel, answer.verdict] += 1
        self._tell(claim, answer, rest)
        return answer

    def _tell(self, claim: Claim, answer: Answer, rest: float) -> None:
        """State changes alone: the first failure, and the success after it. What a person must put right is told each time."""
        about = {"channel": claim.channel, "message": claim.message, "answer": answer.text}
        if answer.verdict in (Verdict.REFUSED, Verdict.REJECTED):
            log.error("notice_refused", verdict=str(answer.verdict), notices=claim.notices, **about)
        elif answer.verdict is not Verdict.DELIVERED and claim.failures == 0:
            log.warning("notice_delayed", verdict=str(answer.verdict), again_in_s=round(rest), **about)
        elif answer.verdict is Verdict.DELIVERED and claim.failures:
            log.info("notices_flow_again", **about)

    async def _look(self, now: datetime) -> None:
        found = await asyncio.to_thread(self._stores.notices.backlogs, tuple(self._channels), now)
        for name, backlog in found.items():
            known = self._backlogs[name]
            if backlog.unsent > known.unsent:
                log.error("notices_unsent", channel=name, notices=backlog.unsent)
        self._backlogs = found

    async def _forget(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._stores.notices.forget, self._clock.now() - self._keep)
            except StoreError as error:
                log.error("notices_not_forgotten", error=str(error))
            await asyncio.sleep(_FORGET_S)

    def _wake_all(self) -> None:
        for event in self._work.values():
            event.set()
