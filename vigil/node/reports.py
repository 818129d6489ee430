"""What the analytics found, on its way out: alerts and changes into the outbox, the standing to the uplink, memory to disk."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from secrets import token_hex
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError

from vigil.analytics.analyst import Analyst, Memory, Standing
from vigil.analytics.minutes import Minutes
from vigil.clock import Clock
from vigil.errors import StoreError
from vigil.model.alerts import Alert
from vigil.model.ids import CameraId, WindowId
from vigil.model.looks import WindowStatus
from vigil.model.minutes import Minute
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.protocol import Report

_NOTE = "analyst-memory"
_MEMORY: TypeAdapter[Memory] = TypeAdapter(Memory)
_ALERT: TypeAdapter[Alert] = TypeAdapter(Alert)
_STATUS: TypeAdapter[WindowStatus] = TypeAdapter(WindowStatus)
_MINUTE: TypeAdapter[Minute] = TypeAdapter(Minute)
_MOST_MINUTES = 24 * 60
"""That wait for a disk that does not take them; the oldest go."""

log = structlog.get_logger()


class NodeReports:
    """vigil.analytics.worker.Reports. `cut_after` asks for the footage of an alert to be closed soon after that time."""

    def __init__(
        self,
        database: LocalDatabase,
        outbox: Outbox,
        clock: Clock,
        *,
        report: Callable[[Report], None],
        wake: Callable[[], None],
        cut_after: Callable[[CameraId, datetime], None],
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._report = report
        self._wake = wake
        self._cut_after = cut_after
        self._told: dict[WindowId, WindowStatus] = {}
        self._minutes = Minutes()
        self._over: deque[tuple[datetime, Minute]] = deque(maxlen=_MOST_MINUTES)
        """Minutes that are not in the outbox yet, and when they were over."""

    def standing(self, standing: Standing) -> None:
        now = self._clock.now()
        try:
            for status in standing.windows:
                if _differs(self._told.get(status.window), status):
                    body = _STATUS.dump_python(status, mode="json")
                    self._outbox.put(f"window_{status.window}_{now.isoformat()}", "observation", now, body)
                    self._told[status.window] = status
                    self._wake()
        except StoreError as error:  # put with the next standing; the screens are told all the same
            log.error("observation_not_kept", error=str(error))
        self._report(Report(standing.windows, standing.queues, standing.cameras))

    def second(self, standing: Standing, now: datetime) -> None:
        if over := self._minutes.add(standing, now):
            self._over.extend((now, minute) for minute in over)
            self._put_minutes()

    def close(self) -> None:
        """The node stops: what there is of the current minute goes out. Nothing may run beside it."""
        now = self._clock.now()
        self._over.extend((now, minute) for minute in self._minutes.end())
        self._put_minutes()

    def alert(self, alert: Alert, jpeg: bytes | None) -> None:
        """Raises StoreError when it cannot be kept; it is then to be told again."""
        # A trace of hundreds of points is mostly defaults.
        body: dict[str, Any] = {"alert": _ALERT.dump_python(alert, mode="json", exclude_defaults=True)}
        if jpeg is not None:
            body["snapshot"] = base64.b64encode(jpeg).decode()
        self._outbox.put(f"{alert.id}/{alert.revision}", "alert", self._clock.now(), body)
        self._wake()
        if alert.revision == 1 and alert.camera is not None and alert.clip_to_at is not None:
            self._cut_after(alert.camera, alert.clip_to_at)

    def progress(self, analyst: Analyst) -> None:
        self._database.set_note(_NOTE, _MEMORY.dump_json(analyst.memory).decode())

    def together(self) -> AbstractContextManager[object]:
        return self._database.write()

    def _put_minutes(self) -> None:
        """One record for all of a minute: a row for each window would be a write to disk each."""
        while self._over:
            over_at, minute = self._over[0]
            body = _MINUTE.dump_python(minute, mode="json", exclude_defaults=True)
            # A minute may come in parts, and again where the clock was set back: its time alone names none of them.
            name = f"minutes_{minute.at.isoformat()}_{token_hex(8)}"
            try:
                self._outbox.put(name, "minutes", over_at, body)
            except StoreError as error:  # put with the next minute
                log.error("minutes_not_kept", waiting=len(self._over), error=str(error))
                return
            self._over.popleft()
            self._wake()


def remembered(database: LocalDatabase) -> Memory:
    """What the analyst knew before the restart, so that an episode goes on and is not told twice."""
    text = database.note(_NOTE)
    if text is None:
        return Memory()
    try:
        return _MEMORY.validate_json(text)
    except ValidationError:
        log.warning("analyst_memory_is_of_another_version")
        return Memory()


def _differs(told: WindowStatus | None, status: WindowStatus) -> bool:
    """Whether the window's state changed; a visitor who comes or goes is no change of state."""
    if told is None:
        return True
    before, now = ((one.staffing, one.in_service, one.why, one.suspended) for one in (told, status))
    return before != now
