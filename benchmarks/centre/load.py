"""People who ask the centre for pages, in a process of their own: so many requests a second, whether it keeps up or not.

Every time is from the moment at which a page was to be asked for, so that whoever had to wait behind a slow answer waits in the
figures, too. Pages: lists of alerts (first pages, of one hall, kind or state, and pages behind), a hall's day as its
screens ask for it (the hall's alerts, the minutes of a window and of its queue, the time line of its camera, all at once), and
now and then the figures of a month.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from benchmarks.centre.city import PASSWORD, PEOPLE, ZONE, City

ALERTS: Final = "alert_list"
HALL_DAY: Final = "hall_day"
REPORT: Final = "monthly_report"
_HALL_DAYS: Final = 0.05
"""Of all turns; each is four requests."""
_TIMEOUT_S: Final = 120.0


@dataclass
class Load:
    city: City
    address: str
    days: list[date]
    """With minutes and footage."""
    month: date
    times_s: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(4))
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def log_in(self) -> None:
        for username in PEOPLE:
            client = httpx.AsyncClient(
                base_url=f"{self.address}/api/v1/", headers={"Origin": self.address}, timeout=_TIMEOUT_S
            )
            (await client.post("session", json={"username": username, "password": PASSWORD})).raise_for_status()
            self.clients[username] = client

    async def close(self) -> None:
        for client in self.clients.values():
            await client.aclose()

    async def run(self, per_second: float, seconds: float, report_every_s: float) -> None:
        """Open loop: a turn is taken when it is due, and nobody waits for an answer."""
        begin, due, report_due = time.monotonic(), 0.0, report_every_s / 2
        tasks: list[asyncio.Task[None]] = []
        while due < seconds:
            await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
            if due >= report_due:
                report_due += report_every_s
                tasks.append(asyncio.create_task(self._timed(REPORT, begin + due, self._report)))
            elif self.chance.random() < _HALL_DAYS / (1 + 3 * _HALL_DAYS):
                tasks.append(asyncio.create_task(self._timed(HALL_DAY, begin + due, self._hall_day)))
                due += 3 / per_second  # it is four requests
            else:
                tasks.append(asyncio.create_task(self._timed(ALERTS, begin + due, self._alerts)))
            due += 1 / per_second
        await asyncio.gather(*tasks)

    async def one_by_one(self, count: int) -> None:
        """Each when the one before it was answered: the baseline."""
        for kind, ask, times in ((ALERTS, self._alerts, count), (HALL_DAY, self._hall_day, count // 4)):
            for _ in range(times):
                await self._timed(kind, time.monotonic(), ask)
        for _ in range(3):
            await self._timed(REPORT, time.monotonic(), self._report)

    async def _timed(self, kind: str, due_mono: float, ask: Callable[[], Awaitable[None]]) -> None:
        try:
            await ask()
        except httpx.HTTPError as error:
            self.failures.append(f"{kind}: {type(error).__name__} {error}")
        self.times_s[kind].append(time.monotonic() - due_mono)

    async def _get(self, username: str, path: str, **query: Any) -> Any:
        self.requests += 1
        answer = await self.clients[username].get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    async def _alerts(self) -> None:
        query: dict[str, Any] = self.chance.choice(
            [
                {},
                {},
                {"hall": self.chance.choice(self.city.hall_names)},
                {"kind": "window-unstaffed", "state": "open"},
                {"state": self.chance.choice(["open", "confirmed", "acknowledged"])},
                {"active": "true"},
                {"assigned": "role:supervisor"},
                {"cursor": self.chance.choice(self.cursors)} if self.cursors else {},
                {"cursor": self.chance.choice(self.cursors)} if self.cursors else {},
            ]
        )
        page = await self._get(self.chance.choice(["operator", "supervisor"]), "alerts", **query)
        if page["next"] is not None and set(query) <= {"cursor"}:
            self.cursors = [*self.cursors[-50:], page["next"]]

    async def _hall_day(self) -> None:
        hall, day = self.chance.choice(self.city.hall_names), self.chance.choice(self.days)
        place = self.chance.randrange(self.city.windows)
        begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
        span = {"from_at": begin.isoformat(), "to_at": (begin + timedelta(days=1)).isoformat()}
        await asyncio.gather(
            self._get("investigator", "alerts", hall=hall),
            self._get("investigator", f"windows/{self.city.window_names(hall)[place]}/minutes", **span),
            self._get("investigator", f"groups/{self.city.group_names(hall)[place // 5]}/minutes", **span),
            self._get("investigator", f"cameras/{self.city.camera_names(hall)[place // 5]}/timeline", **span),
        )

    async def _report(self) -> None:
        await self._get("supervisor", "reports/figures", kind="month", first_day=self.month.isoformat())
