"""A node: what stays while sites come and go. Disk, outbox, spool, uplink, and the pipeline of the moment."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError

from vigil import metrics
from vigil.analytics.detector import Detector, open_detector
from vigil.clock import Clock
from vigil.config import NodeSettings
from vigil.config.schema import UploadSettings
from vigil.errors import StoreError
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind
from vigil.model.suspensions import Suspension
from vigil.model.trace import ScoreMarks
from vigil.node import leftovers, startup
from vigil.node.detection import settings_of
from vigil.node.health import HealthServer
from vigil.node.pipeline import Pipeline, Surroundings
from vigil.node.proxy import proxy_address
from vigil.node.reports import NodeReports, remembered
from vigil.uplink.client import CenterAddress, UplinkClient
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.pace import Limits
from vigil.uplink.protocol import Welcome
from vigil.uplink.spool import Spool

_MIB, _GIB = 1024**2, 1024**3
_NOTE, _SUSPENSIONS_NOTE = "welcome", "suspensions"
_RETRY_SITE_S = 60.0
_ASK_AGAIN_S = 0.5
_WELCOME: TypeAdapter[Welcome] = TypeAdapter(Welcome)
_SUSPENSIONS: TypeAdapter[tuple[Suspension, ...]] = TypeAdapter(tuple[Suspension, ...])

log = structlog.get_logger()


class Node:
    """Lives on one event loop. `folder` is where the configuration's relative paths begin.

    Raises StoreError when its data folder cannot be used, SecretError when the proxy's password is missing.
    """

    def __init__(self, settings: NodeSettings, key: str, folder: Path, clock: Clock) -> None:
        self._settings = settings
        self._folder = folder
        self._clock = clock
        data = (folder / settings.data).resolve()
        self._database = LocalDatabase(data / "node.db")
        self._outbox = Outbox(self._database, max_bytes=round(settings.outbox_mib * _MIB))
        spool_bytes = round(settings.spool_gib * _GIB)
        self._spool = Spool(self._database, self._outbox, data / "spool", max_bytes=spool_bytes)
        address = CenterAddress(settings.center, settings.id, key, proxy_address(settings.proxy, folder))
        self._uplink = UplinkClient(address, self, self._outbox, self._spool, clock, _limits(settings.uploads))
        self._reports = NodeReports(
            self._database,
            self._outbox,
            clock,
            report=self._uplink.report,
            wake=self._uplink.wake,
            cut_after=self._cut_after,
        )
        self._detector = ""
        self._pipeline: Pipeline | None = None
        self._welcome: Welcome | None = None
        self._runs = ""
        """The revision of the site that the pipeline runs."""
        self._suspensions: tuple[Suspension, ...] = ()
        """Replaced as a whole on the event loop, read by the analytics' thread."""
        self._changed = asyncio.Event()
        self._changing = threading.Lock()
        self._ended = False
        """Guarded by `_changing`: no pipeline is started any more."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then everything is drained. Raises OSError and DetectorError at start."""
        health = HealthServer(self._settings.listen, self._healthy)
        health.start()
        try:
            await asyncio.to_thread(self._look_at_the_machine)
            await asyncio.to_thread(leftovers.take_in, self._spool)
            self._detector = await asyncio.to_thread(self._try_detector)
            self._take_cached_site()
            await self._run_until(stop)
        finally:
            health.stop()
            self._database.close()

    # vigil.uplink.client.NodeEnd, on the event loop

    @property
    def revision(self) -> str:
        return self._welcome.revision if self._welcome else ""

    def configure(self, welcome: Welcome) -> None:
        changed = welcome.revision != self.revision
        if changed:
            try:
                self._database.set_note(_NOTE, _WELCOME.dump_json(welcome).decode())
            except StoreError as error:  # costs the next start without a centre, and nothing now
                log.error("site_not_kept", error=str(error))
        self._welcome = welcome
        if changed:
            self._changed.set()
        else:
            self._tell_version(welcome)

    def suspend(self, suspensions: tuple[Suspension, ...]) -> None:
        """The pipeline goes on as it is: its analytics ask for them each second."""
        if suspensions == self._suspensions:
            return
        self._suspensions = suspensions
        log.info("suspensions_changed", known=len(suspensions))
        try:
            self._database.set_note(_SUSPENSIONS_NOTE, _SUSPENSIONS.dump_json(suspensions).decode())
        except StoreError as error:  # costs a start without a centre, and nothing now
            log.error("suspensions_not_kept", error=str(error))

    def watch(self, camera: CameraId, stream: StreamKind) -> None:
        pipeline = self._pipeline
        if pipeline is not None:
            pipeline.watch(camera, stream)

    def unwatch(self, camera: CameraId, stream: StreamKind) -> None:
        pipeline = self._pipeline
        if pipeline is not None:
            pipeline.unwatch(camera, stream)

    # Life

    async def _run_until(self, stop: asyncio.Event) -> None:
        uplink = asyncio.create_task(self._uplink.run())
        pipelines = asyncio.create_task(self._follow_site())
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({uplink, pipelines, stopping}, return_when=asyncio.FIRST_COMPLETED)
        # Sources and recorder first: their last records and segments still find the uplink's queues open.
        await _cancel(pipelines)
        await asyncio.to_thread(self._end)
        await _cancel(uplink)
        await _cancel(stopping)
        for task in done - {stopping}:
            task.result()

    async def _follow_site(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._welcome is None:
                continue
            first = self._pipeline is None
            if not await asyncio.to_thread(self._change_to, self._welcome):
                asyncio.get_running_loop().call_later(_RETRY_SITE_S, self._changed.set)
            if first:
                self._uplink.renew_watches()

    def _change_to(self, welcome: Welcome) -> bool:
        """In a worker thread, which goes on when the task that waits for it is cancelled. False when it is to be tried again."""
        with self._changing:
            if self._ended:
                return True
            try:
                if self._pipeline is not None:
                    self._pipeline.change(welcome.site, welcome.cameras)
                    self._now_runs(welcome.revision)
                    return True
                pipeline = self._make_pipeline(welcome)
            except (StoreError, OSError) as error:
                # The uplink stays: it may bring a site that can run. Until then the one before goes on.
                log.error("site_cannot_run", error=str(error))
                return False
            pipeline.start()
            self._pipeline = pipeline
            self._now_runs(welcome.revision)
            return True

    def _now_runs(self, revision: str) -> None:
        self._runs = revision
        if self._welcome is not None:
            self._tell_version(self._welcome)

    def _tell_version(self, welcome: Welcome) -> None:
        """Where the pipeline runs what the centre told last; until then the number before stands, and says who lags behind."""
        if welcome.revision == self._runs:
            metrics.site_version.set(welcome.version)

    def _end(self) -> None:
        with self._changing:
            self._ended = True
            self._stop_pipeline()
            self._reports.close()

    def _stop_pipeline(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.stop()

    def _make_pipeline(self, welcome: Welcome) -> Pipeline:
        around = Surroundings(
            folder=self._folder,
            spool=self._spool.folder,
            index=self._spool,
            segment_s=self._settings.segment_s,
            open_detector=self._open_detector,
            detector=self._detector,
            reports=self._reports,
            emit_live=self._uplink.live,
            clock=self._clock,
            suspensions=lambda: self._suspensions,
            marks=ScoreMarks(self._settings.detector.confidence, self._settings.detector.doubt),
        )
        return Pipeline(welcome.site, welcome.cameras, remembered(self._database), around)

    def _take_cached_site(self) -> None:
        """The site as it was last heard of, so that a node records before the centre answers, and the suspensions."""
        self._suspensions = self._cached_suspensions()
        text = self._database.note(_NOTE)
        if text is None:
            log.info("waiting_for_site", center=self._settings.center)
            return
        try:
            self._welcome = _WELCOME.validate_json(text)
        except ValidationError:
            log.warning("cached_site_is_of_another_version")
            return
        self._changed.set()

    def _cached_suspensions(self) -> tuple[Suspension, ...]:
        text = self._database.note(_SUSPENSIONS_NOTE)
        try:
            return () if text is None else _SUSPENSIONS.validate_json(text)
        except ValidationError:
            log.warning("cached_suspensions_are_of_another_version")
            return ()

    def _cut_after(self, camera: CameraId, at: datetime) -> None:
        pipeline = self._pipeline
        if pipeline is not None:
            pipeline.cut_after(camera, at)

    def _look_at_the_machine(self) -> None:
        """Raises OSError where nothing can be written."""
        spool, clock = self._spool, self._clock
        disk = startup.look_at(spool.folder)
        startup.tell(startup.of_disk(disk, spool.folder, wanted_bytes=spool.room_bytes))
        synchronised = startup.is_synchronised()
        startup.tell(startup.of_clock(clock.now(), spool.newest_at(), synchronised=synchronised))

    def _try_detector(self) -> str:
        """Its name. A detector that cannot be opened is an error at start, not in the first minute."""
        detector = self._open_detector()
        detector.close()
        return detector.name

    def _open_detector(self) -> Detector:
        return open_detector(settings_of(self._settings.detector, self._folder))

    def _healthy(self) -> dict[str, Any]:
        return {"status": "ok", "node": self._settings.id, "site": self.revision}


def _limits(uploads: UploadSettings) -> Limits:
    return Limits.of(uploads.mbit_s, [(window.hours, window.mbit_s) for window in uploads.windows])


async def _cancel(task: asyncio.Task[Any]) -> None:
    """Asks until it has ended: see UplinkClient.run."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_ASK_AGAIN_S)
