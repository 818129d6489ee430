"""What the gateway asks of whoever sends notices (vigil/center/notify)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from vigil.model.ids import ChannelName
from vigil.model.notices import Answer, ChannelKind
from vigil.store.deliveries import ChannelRecord
from vigil.store.notices import Backlog


@dataclass(frozen=True, slots=True)
class ChannelState:
    """`where` is the host, never a key."""

    name: ChannelName
    kind: ChannelKind
    where: str
    record: ChannelRecord
    backlog: Backlog


@dataclass(frozen=True, slots=True)
class Tried:
    """What was answered; or nothing was sent, and when it may be."""

    answer: Answer | None
    again_at: datetime | None


class NoticeDesk(Protocol):
    def states(self) -> tuple[ChannelState, ...]:
        """In the order of the configuration. Blocks."""
        ...

    def send_again(self, channel: ChannelName) -> int | None:
        """How many notices wait anew that were given up; None: there is no such channel. Blocks."""
        ...

    async def test(self, channel: ChannelName) -> Tried | None:
        """Sends a test message; None: there is no such channel."""
        ...


class NoDesk:
    """Of a centre that tells nobody."""

    def states(self) -> tuple[ChannelState, ...]:
        return ()

    def send_again(self, channel: ChannelName) -> int | None:  # noqa: ARG002
        return None

    async def test(self, channel: ChannelName) -> Tried | None:  # noqa: ARG002
        return None
