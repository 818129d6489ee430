"""Media servers that the centre pushes cameras to: each stream comes by live on demand over the uplink, once for all of them.

A feed belongs to the event loop, and never waits for the pushers that it gives pictures to: those have threads of their own.
While all servers of a stream are away nobody asks the node for it, because a hall's line is thin.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from vigil import metrics
from vigil.center.rtsp.live import Subscribe
from vigil.center.rtsp.live_line import LiveLine
from vigil.clock import Clock
from vigil.config import Configuration
from vigil.errors import FragmentError
from vigil.forward.push import Pusher, Target
from vigil.forward.push.pusher import Waits
from vigil.ingest.backoff import Backoff
from vigil.ingest.fragments import FragmentDemuxer
from vigil.model.ids import CameraId
from vigil.model.live import LiveInit, LiveMessage
from vigil.model.media import Fragment, StreamKind, StreamParameters
from vigil.outlets import open_outlet, target_of

_PUSHERS_END_S: Final = 2.0

StreamKey = tuple[CameraId, StreamKind]
MakePusher = Callable[[Target, Callable[[bool], None]], Pusher]
"""Gets the target, and whom to tell that it rests and that it wants pictures again."""

log = structlog.get_logger()


class Feed:
    """One stream of one camera, as the hub gives it to a viewer, to all its servers."""

    def __init__(self, key: StreamKey, subscribe: Subscribe, clock: Clock, backoff: Waits) -> None:
        self._key = key
        self._log = log.bind(camera=key[0], stream=key[1].value)
        self._subscribe = subscribe
        self._clock = clock
        self._backoff = backoff
        self._failing: str | None = None
        self.pushers: list[Pusher] = []
        self._resting: set[int] = set()
        """Places in `pushers`."""
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._demuxer: FragmentDemuxer | None = None
        self._line = LiveLine()
        self._parameters: StreamParameters | None = None
        """As the pushers were told last, within this subscription."""

    def add(self, target: Target, make: MakePusher, loop: asyncio.AbstractEventLoop) -> None:
        """Before `run`."""
        place = len(self.pushers)

        def rests(resting: bool) -> None:
            loop.call_soon_threadsafe(self._note, place, resting)

        self.pushers.append(make(target, rests))

    async def run(self) -> None:
        """Until the hub ends or it is cancelled."""
        while True:
            await self._wanted.wait()
            began_mono = self._clock.mono()
            try:
                if not await self._pump():
                    return
                continue
            except (FragmentError, ValueError) as error:  # what the node sent is none of ours
                self._failed(str(error))
            except KeyError:  # the site was changed since
                self._failed("the site has no such camera")
            except Exception:  # noqa: BLE001, this loop is the feed's supervisor: whatever broke, it asks anew
                metrics.restarts.labels("forward").inc()
                self._log.exception("forward_failed")
            await asyncio.sleep(self._backoff.failed(self._clock.mono() - began_mono))

    async def _pump(self) -> bool:
        """One subscription. True when no server wants pictures, False when the hub has ended. Raises FragmentError."""
        self._demuxer, self._parameters, self._line = None, None, LiveLine()
        subscription = self._subscribe(*self._key)
        try:
            async for message in subscription:
                self._take(message)
                if not self._wanted.is_set():
                    return True
        finally:
            await subscription.aclose()
        return False

    def _take(self, message: LiveMessage) -> None:
        """That the camera is away, or that GOPs were dropped, the pushers see by what does not come."""
        if isinstance(message, LiveInit):
            self._begin(FragmentDemuxer(message.data))
        elif isinstance(message, Fragment) and self._demuxer is not None:
            for picture in self._demuxer.demux(message.data):
                for packet in self._line.take(picture, self._clock.mono(), self._clock.now()):
                    for pusher in self.pushers:
                        pusher.packet(packet)
            self._failing = None

    def _begin(self, demuxer: FragmentDemuxer) -> None:
        """Its source began anew. The pushers are told where a decoder must be, and else see one time line that goes on."""
        self._demuxer = demuxer
        self._line.anew()
        if demuxer.parameters != self._parameters:
            self._parameters = demuxer.parameters
            for pusher in self.pushers:
                pusher.begin(demuxer.parameters)

    def _note(self, place: int, resting: bool) -> None:
        (self._resting.add if resting else self._resting.discard)(place)
        if len(self._resting) < len(self.pushers):
            self._wanted.set()
        else:
            self._wanted.clear()

    def _failed(self, reason: str) -> None:
        if self._failing != reason:  # the same failure again is not told again
            self._log.warning("forward_lost", reason=reason)
        self._failing = reason


class CenterForwards:
    """Between `start` and `stop`. Belongs to the event loop."""

    def __init__(self, targets: Sequence[Target], subscribe: Subscribe, clock: Clock) -> None:
        self._targets = targets
        self._subscribe = subscribe
        self._clock = clock
        self._feeds: Mapping[StreamKey, Feed] = {}
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        feeds: dict[StreamKey, Feed] = {}
        for target in self._targets:
            key = target.camera, target.stream
            if key not in feeds:
                feeds[key] = Feed(key, self._subscribe, self._clock, Backoff())
            feeds[key].add(target, self._pusher, loop)
        self._feeds = feeds
        for pusher in self._pushers():
            pusher.start()
        self._running = [asyncio.create_task(feed.run(), name=f"push {key}") for key, feed in feeds.items()]

    async def stop(self) -> None:
        """Servers are taken leave of. May be called again, and without `start`."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        for pusher in self._pushers():
            pusher.stop()
        until_mono = time.monotonic() + _PUSHERS_END_S
        late = 0
        for pusher in self._pushers():
            late += not await asyncio.to_thread(pusher.join, max(0.0, until_mono - time.monotonic()))
        if late:
            log.warning("forwards_stopped_late", pushers=late)

    def _pushers(self) -> list[Pusher]:
        return [pusher for feed in self._feeds.values() for pusher in feed.pushers]

    def _pusher(self, target: Target, rests: Callable[[bool], None]) -> Pusher:
        return Pusher(target, self._clock, Backoff(), open_outlet=open_outlet, rests=rests)


def build_forwards(configuration: Configuration, subscribe: Subscribe, clock: Clock) -> CenterForwards:
    """Raises SecretError."""
    center = configuration.center
    entries = {} if center is None else center.forwards
    folder = configuration.folder
    targets = [target_of(camera, forward, folder) for camera, forwards in entries.items() for forward in forwards]
    return CenterForwards(targets, subscribe, clock)
