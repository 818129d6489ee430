"""What a ticket machine says of a window group's queue, where visitors take a ticket and sit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vigil.model.ids import GroupId


@dataclass(frozen=True, slots=True)
class TicketCount:
    """People who hold a ticket and were not called yet; None: the machine answered what makes no sense.

    `longest_wait_s` is how long the first of them has waited, where the machine says so.
    """

    group: GroupId
    waiting: int | None
    longest_wait_s: float | None
    at: datetime
