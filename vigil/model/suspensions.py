"""Suspensions: times at which nobody need be at a window, known to the centre and told to the nodes.

What a node needs is here. Who entered one, and why, stays at the centre (vigil/store/suspensions.py): a reason for a leave
may be a person's health, and no rule asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vigil.model.ids import SuspensionId, WindowId

LONGEST: Final = timedelta(days=31)
"""Of one suspension: a window that nobody serves for longer is a matter of the configuration."""
CLOCKS_APART: Final = timedelta(minutes=1)
"""How far back one may begin: a browser's clock is not ours. What was longer ago has been judged already."""
FURTHEST: Final = timedelta(days=366)
"""How far ahead."""
MOST_AHEAD: Final = 100
"""Of one window, running and to come: all of them go down to its node."""


class SuspensionKind(StrEnum):
    PAUSED = "paused"  # 暂停服务
    LEAVE = "leave"  # 请假: approved, and nobody takes the place
    SUBSTITUTE = "substitute"  # 顶岗: this window's staff serve at another one


@dataclass(frozen=True, slots=True)
class Suspension:
    """From `from_at` up to and without `to_at` the window is not in service."""

    id: SuspensionId
    window: WindowId
    kind: SuspensionKind
    from_at: datetime
    to_at: datetime

    def runs(self, at: datetime) -> bool:
        return self.from_at <= at < self.to_at


def running(suspensions: Iterable[Suspension], at: datetime) -> Suspension | None:
    """The one in force at `at`; of several the one that ends last."""
    return max((one for one in suspensions if one.runs(at)), key=lambda one: (one.to_at, one.id), default=None)
