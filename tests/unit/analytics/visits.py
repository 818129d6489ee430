"""A hall of which every wait is known: Poisson arrivals, one queue, several windows, services of uniform length.

It stands beside the estimate of waits and knows nothing of how it is made.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from vigil.analytics import waiting
from vigil.analytics.waiting import Spot, WaitMemory
from vigil.model.ids import WindowId
from vigil.model.looks import Presence, WaitEstimate
from vigil.model.site import Thresholds

OPENING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
_LOOK_EVERY_S = 2
_WALK_S = 5
"""From the queue to the window."""


@dataclass(slots=True)
class Counter:
    """One window: the second at which its visitor stands there, and at which he leaves."""

    here_s: int = -1
    leaves_s: int = -1
    staffed: bool = True


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody who joined `ahead` others, what was told then, and what came of it."""

    ahead: int
    told: WaitEstimate | None
    waited_s: float


@dataclass
class QueueHall:
    seed: int
    windows: int = 3
    service_s: tuple[int, int] = (60, 240)
    arrivals_per_s: float = 3 / 160
    missed: float = 0.002
    """The share of looks that miss a visitor at a window; in ten times as many the detector is in doubt."""
    rules: Thresholds = field(default_factory=Thresholds)
    counters: list[Counter] = field(init=False)
    joined: list[Joined] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    memory: WaitMemory = field(default_factory=WaitMemory)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.counters = [Counter() for _ in range(self.windows)]
        self._line: deque[tuple[int, int, WaitEstimate | None]] = deque()

    def run(self, seconds: int, *, from_s: int = 0) -> None:
        for second in range(from_s, from_s + seconds):
            if self.random.random() < self.arrivals_per_s:
                self._line.append((second, len(self._line), self.told(second)))
            for counter in self.counters:
                self._call(counter, second)
            self.lengths.append(len(self._line))
            if second % _LOOK_EVERY_S == 0:
                self._look(second)

    def told(self, second: int) -> WaitEstimate | None:
        staffed = sum(counter.staffed for counter in self.counters)
        at = OPENING + timedelta(seconds=second)
        return waiting.estimate(self.memory, len(self._line), at, staffed=staffed, unknown=0, thresholds=self.rules)

    def _call(self, counter: Counter, second: int) -> None:
        if counter.staffed and second > counter.leaves_s and self._line:
            joined_s, ahead, told = self._line.popleft()
            counter.here_s = second + _WALK_S
            counter.leaves_s = counter.here_s + self.random.randint(*self.service_s)
            self.joined.append(Joined(ahead, told, counter.here_s - joined_s))

    def _look(self, second: int) -> None:
        at = OPENING + timedelta(seconds=second)
        spots = {
            WindowId(f"w{n}"): Spot(self._seen(one, second), at, one.staffed) for n, one in enumerate(self.counters)
        }
        self.memory = waiting.step(self.memory, spots, len(self._line), self.rules)

    def _seen(self, counter: Counter, second: int) -> Presence:
        there = counter.here_s <= second <= counter.leaves_s
        chance = self.random.random()
        if there and self.missed <= chance < 11 * self.missed:
            return Presence.UNKNOWN
        return Presence.SEEN if there and chance >= self.missed else Presence.CLEAR
