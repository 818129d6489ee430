"""What every channel is to the rest of vigil."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from vigil.model.ids import ChannelName
from vigil.model.limits import Limit
from vigil.model.notices import Answer, ChannelKind, Language
from vigil.notify.message import Message


@dataclass(frozen=True, slots=True)
class Label:
    """`where` is what people may see of the address: a host, never a key."""

    name: ChannelName
    kind: ChannelKind
    language: Language
    where: str
    limits: tuple[Limit, ...]


class Channel(Protocol):
    @property
    def label(self) -> Label: ...

    async def send(self, message: Message, at: datetime) -> Answer:
        """Send once. Every failure that the network or the other side can cause is an answer, none is raised."""
        ...
