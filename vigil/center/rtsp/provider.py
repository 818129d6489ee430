"""Opens what a reader asks for: looks whether he may have it, makes it a stream, and enters it before a picture leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime, timedelta

from vigil.archive.objects import ObjectStore
from vigil.center.rtsp.accounts import Account
from vigil.center.rtsp.archive import Index, Reel, ReelWalk
from vigil.center.rtsp.entries import Entries, Reading
from vigil.center.rtsp.live import LiveChannels
from vigil.center.rtsp.wanted import LiveWanted, RangeWanted, wanted
from vigil.clock import Clock
from vigil.errors import VigilError
from vigil.forward.rtsp.playback import Playback
from vigil.forward.rtsp.source import Ask, Recorded, Refusal, Source
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind, StreamParameters
from vigil.model.register import Action


class OpenedStream:
    """vigil.forward.rtsp.source.Opened."""

    def __init__(self, source: Source, reading: Reading, entries: Entries, release: Callable[[], None]) -> None:
        self.source = source
        self._reading = reading
        self._entries = entries
        self._release = release
        self._begun_at: datetime | None = None

    async def admit(self) -> None:
        self._begun_at = await self._entries.begin(self._reading)

    async def close(self) -> None:
        self._release()
        if self._begun_at is not None:
            await self._entries.end(self._reading, self._begun_at)


class CenterProvider:
    """vigil.forward.rtsp.source.Provider. `substreams` are the cameras that have one."""

    def __init__(
        self,
        *,
        accounts: Mapping[str, Account],
        substreams: frozenset[CameraId],
        live: LiveChannels,
        index: Index,
        objects: ObjectStore,
        entries: Entries,
        executor: Executor,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._substreams = substreams
        self._live = live
        self._index = index
        self._objects = objects
        self._entries = entries
        self._executor = executor
        self._clock = clock

    def change(self, accounts: Mapping[str, Account], substreams: frozenset[CameraId]) -> None:
        """From the next reading on. From any thread."""
        self._accounts, self._substreams = accounts, substreams

    async def open(self, ask: Ask) -> OpenedStream:
        account = self._accounts.get(ask.user)
        if account is None:
            raise Refusal(403, "not a user who may read")
        want = wanted(ask.path, ask.query, self._clock.now())
        if want.camera not in account.cameras:
            # As for a camera that there is none of: he need not learn which there are.
            raise Refusal(404, f"not a camera of {ask.user}")
        if isinstance(want, LiveWanted):
            return await self._open_live(ask, account, want)
        return await self._open_range(ask, account, want)

    async def _open_live(self, ask: Ask, account: Account, want: LiveWanted) -> OpenedStream:
        if want.stream is StreamKind.SUB and want.camera not in self._substreams:
            raise Refusal(404, "this camera has no substream")
        channel, mount = await self._live.hold(want.camera, want.stream)
        content = f"camera {want.camera}, {want.stream}, by RTSP from {ask.peer}"
        reading = Reading(account, Action.WATCH, want.camera, content)
        return OpenedStream(mount, reading, self._entries, lambda: self._live.release(channel))

    async def _open_range(self, ask: Ask, account: Account, want: RangeWanted) -> OpenedStream:
        span = f"{want.from_at.isoformat()}/{want.to_at.isoformat()}"
        content = f"camera {want.camera}, {span}, by RTSP from {ask.peer}"
        begin_at, parameters = await self._beginning(want)
        playback = Playback(
            f"{ask.path} {span}",
            parameters,
            Recorded(begin_at, want.to_at),
            lambda after_s: ReelWalk(self._reel(want, begin_at, after_s), self._executor),
            self._clock,
        )
        return OpenedStream(playback, Reading(account, Action.PLAY, want.camera, content), self._entries, lambda: None)

    def _reel(self, want: RangeWanted, begin_at: datetime, after_s: float = 0.0) -> Reel:
        from_at = max(begin_at, want.from_at) if not after_s else begin_at + timedelta(seconds=after_s)
        return Reel(self._index, self._objects, want.camera, (from_at, want.to_at), begin_at)

    async def _beginning(self, want: RangeWanted) -> tuple[datetime, StreamParameters]:
        """When the first picture that is sent was taken, the key picture before the range if there is one; and its stream.

        Raises Refusal when there is none, or the archive does not answer.
        """
        reel = self._reel(want, want.from_at)
        walk = ReelWalk(reel, self._executor)
        try:
            first = await walk.next()
        except VigilError as error:
            raise Refusal(503, str(error)) from error
        finally:
            walk.close()
        if first is None or reel.parameters is None:
            raise Refusal(404, "nothing is stored of that time")
        return first[0].at, reel.parameters
