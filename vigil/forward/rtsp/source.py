"""What a session sends, and who opens it when a player asks for a path that nobody has mounted.

Protocols alone: vigil/forward/rtsp/mount.py and playback.py are the streams, vigil/center/rtsp the provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from vigil.errors import VigilError
from vigil.model.media import Packet, StreamParameters


class Refusal(VigilError):
    """A stream is not given. The player gets the status alone, the log the reason too."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Ask:
    """What a player wants. `user` is '' where nobody has to log in; `query` is as it came, percent-encoded."""

    path: str
    query: str
    user: str
    peer: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The range of a stream that is not live."""

    from_at: datetime
    to_at: datetime

    @property
    def duration_s(self) -> float:
        return (self.to_at - self.from_at).total_seconds()


class Feed(Protocol):
    """One reader's packets. Belongs to the server's loop."""

    async def begin(self, from_s: float | None, until_s: float | None) -> bool:
        """Get ready to give packets, counted from the stream's own beginning; None: from where it stands, to the end.

        A live stream begins where it is. False when there is nothing to give. Raises Refusal.
        """
        ...

    def first(self) -> Packet | None:
        """The packet that comes next, when there is one already."""
        ...

    async def next(self) -> Packet | None:
        """The next packet when it is due, None at the end of the stream. To cancel it loses no packet."""
        ...


class Source(Protocol):
    """A stream as a session sees it: one that many share, or one that was opened for this reader."""

    @property
    def path(self) -> str:
        """For the log."""
        ...

    @property
    def parameters(self) -> StreamParameters: ...

    @property
    def recorded(self) -> Recorded | None:
        """None: live, which is neither sought in nor paused."""
        ...

    def subscribe(self) -> Feed: ...

    def unsubscribe(self, feed: Feed) -> None: ...


class Opened(Protocol):
    """A stream that a provider opened for one connection."""

    @property
    def source(self) -> Source: ...

    async def admit(self) -> None:
        """Called once, before the first picture leaves. Raises Refusal, and then none does."""
        ...

    async def close(self) -> None:
        """The connection has no more use for it. Called once, admitted or not; raises nothing and has its own deadline."""
        ...


class Provider(Protocol):
    """Finds or makes streams for paths that are not mounted."""

    async def open(self, ask: Ask) -> Opened:
        """Raises Refusal. Is cancelled after `Limits.open_s`."""
        ...
