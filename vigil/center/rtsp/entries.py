"""The register's entries for what other platforms read (decree 799, article 16): one before the first picture, one at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from vigil.center.rtsp.accounts import Account
from vigil.clock import Clock
from vigil.errors import StoreError
from vigil.forward.rtsp.source import Refusal
from vigil.model.ids import CameraId
from vigil.model.register import Action
from vigil.store.register import Register

WITHIN_S: Final = 5.0
"""For the database to take an entry."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read, and by whom. `content` names camera and stream or range, and where it goes to."""

    account: Account
    action: Action
    camera: CameraId
    content: str


class Entries:
    """`executor` is where the database may block."""

    def __init__(self, register: Register, clock: Clock, executor: Executor) -> None:
        self._register = register
        self._clock = clock
        self._executor = executor

    async def begin(self, reading: Reading) -> datetime:
        """When it began; the entry is durable. Raises Refusal: then nothing may be sent."""
        at = self._clock.now()
        try:
            await self._write(reading, reading.action, reading.content, at)
        except (StoreError, TimeoutError) as error:
            log.error("rtsp_not_entered", content=reading.content, error=str(error))
            raise Refusal(503, "the register cannot be written") from error
        return at

    async def end(self, reading: Reading, begun_at: datetime) -> None:
        """The reader has gone, so an entry that cannot be made is told to the log and nobody is stopped by it."""
        content = f"{reading.content}, begun {begun_at.isoformat(timespec='seconds')}"
        try:
            await self._write(reading, Action.END, content, self._clock.now())
        except (StoreError, TimeoutError) as error:
            log.error("rtsp_end_not_entered", content=content, error=str(error))

    async def _write(self, reading: Reading, action: Action, content: str, at: datetime) -> None:
        account = reading.account
        append: Callable[[], None] = partial(
            self._register.append,
            account.person,
            action,
            content,
            at=at,
            reason=account.reason,
            camera=reading.camera,
        )
        async with asyncio.timeout(WITHIN_S):
            await asyncio.get_running_loop().run_in_executor(self._executor, append)
