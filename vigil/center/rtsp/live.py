"""Live streams for RTSP readers: one mount a stream, fed by one subscription, however many read it.

The hub is asked as a browser's viewer asks it, so the node sends the stream once to all of them. Belongs to the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from vigil.center.rtsp.live_line import LiveLine
from vigil.clock import Clock
from vigil.errors import FragmentError
from vigil.forward.rtsp import Limits, Mount
from vigil.forward.rtsp.source import Refusal
from vigil.gateway.live_source import LiveSubscription
from vigil.ingest.fragments import FragmentDemuxer
from vigil.model.ids import CameraId
from vigil.model.live import LiveInit, LiveMessage, LiveState
from vigil.model.looks import CameraHealth
from vigil.model.media import Fragment, StreamKind

LINGER_S: Final = 5.0
"""A mount stays for so long after its last reader: a player probes first and comes again."""
SILENCE_S: Final = 10.0
"""Without a picture for so long the readers are hung up on: a stream that shows nothing must not look alive."""

Subscribe = Callable[[CameraId, StreamKind], LiveSubscription]

log = structlog.get_logger()


class LiveChannel:
    """One stream of one camera, from its first reader to some seconds after its last."""

    def __init__(self, path: str, subscription: LiveSubscription, clock: Clock, limits: Limits) -> None:
        self.path = path
        self.holders = 0
        self.over = False
        """True: nothing more comes, who asks now is given another."""
        self.linger: asyncio.TimerHandle | None = None
        self.running: asyncio.Task[None] | None = None
        self.mounted: asyncio.Future[Mount] = asyncio.get_running_loop().create_future()
        self._subscription = subscription
        self._clock = clock
        self._limits = limits
        self._mount: Mount | None = None
        self._demuxer: FragmentDemuxer | None = None
        self._line = LiveLine()

    @property
    def dropped_gops(self) -> int:
        return 0 if self._mount is None else self._mount.dropped_gops

    async def run(self) -> None:
        """Until the pictures end or it is cancelled."""
        reason = "nobody reads it any more"
        try:
            reason = await self._pump()
        except TimeoutError:
            reason = f"no picture for {SILENCE_S:g} s"
        except (FragmentError, ValueError) as error:
            reason = str(error)
        finally:
            self.over = True
            if self._mount is not None:
                self._mount.close()
            if not self.mounted.done():
                self.mounted.set_exception(Refusal(503, reason))
                self.mounted.exception()  # when nobody waits any more, that is no error
            await self._subscription.aclose()
            log.info("rtsp_live_ended", path=self.path, reason=reason)

    async def _pump(self) -> str:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SILENCE_S) as silence:
            async for message in self._subscription:
                match message:
                    case Fragment():
                        silence.reschedule(loop.time() + SILENCE_S)
                        self._take(message)
                    case LiveState(CameraHealth.OFFLINE) if self._mount is None:
                        return "the camera's node is not connected"
                    case _:
                        if not self._begin(message):
                            return "the camera's codec or size changed"
        return "the centre stops"

    def _begin(self, message: LiveMessage) -> bool:
        """False when the readers' description does not hold any more."""
        if isinstance(message, LiveInit):
            self._demuxer = FragmentDemuxer(message.data)
            self._line.anew()
            return self._mount is None or self._mount.parameters == self._demuxer.parameters
        return True

    def _take(self, fragment: Fragment) -> None:
        if self._demuxer is None:
            return
        for picture in self._demuxer.demux(fragment.data):
            for packet in self._line.take(picture, self._clock.mono(), self._clock.now()):
                if self._mount is None:
                    self._mount = Mount(
                        self.path,
                        self._demuxer.parameters,
                        loop=asyncio.get_running_loop(),
                        clock=self._clock,
                        limits=self._limits,
                    )
                self._mount.publish(packet)
        if self._mount is not None and not self.mounted.done():
            self.mounted.set_result(self._mount)


class LiveChannels:
    """`subscribe` raises KeyError for a camera that is not in the site."""

    def __init__(self, subscribe: Subscribe, clock: Clock, limits: Limits) -> None:
        self._subscribe = subscribe
        self._clock = clock
        self._limits = limits
        self._channels: dict[str, LiveChannel] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._past_dropped_gops = 0

    @property
    def dropped_gops(self) -> int:
        """Lost by slow readers since the start."""
        return self._past_dropped_gops + sum(channel.dropped_gops for channel in self._channels.values())

    def __len__(self) -> int:
        return len(self._channels)

    async def hold(self, camera: CameraId, stream: StreamKind) -> tuple[LiveChannel, Mount]:
        """A stream with pictures, to be given back with `release`. Raises Refusal. Bounded by the caller's deadline."""
        path = f"/live/{camera}" if stream is StreamKind.MAIN else f"/live/{camera}/{stream}"
        found = self._channels.get(path)
        channel = self._open(path, camera, stream) if found is None or found.over else found
        channel.holders += 1
        if channel.linger is not None:
            channel.linger.cancel()
            channel.linger = None
        try:
            return channel, await asyncio.shield(channel.mounted)
        except (Refusal, asyncio.CancelledError):
            self.release(channel)
            raise

    def release(self, channel: LiveChannel) -> None:
        channel.holders -= 1
        if not channel.holders and not channel.over:
            channel.linger = asyncio.get_running_loop().call_later(LINGER_S, self._end, channel)

    async def close(self) -> None:
        """End them all."""
        for channel in self._channels.values():
            if channel.linger is not None:
                channel.linger.cancel()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def _open(self, path: str, camera: CameraId, stream: StreamKind) -> LiveChannel:
        channel = LiveChannel(path, self._subscribe(camera, stream), self._clock, self._limits)
        self._channels[path] = channel
        channel.running = asyncio.create_task(channel.run(), name=f"rtsp {path}")
        self._running.add(channel.running)
        channel.running.add_done_callback(lambda ended: self._ended(channel, ended))
        return channel

    def _end(self, channel: LiveChannel) -> None:
        """Nobody came back."""
        channel.over = True
        if channel.running is not None:
            channel.running.cancel()

    def _ended(self, channel: LiveChannel, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._past_dropped_gops += channel.dropped_gops
        if self._channels.get(channel.path) is channel:
            del self._channels[channel.path]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("rtsp_live_failed", path=channel.path, error=repr(error))
