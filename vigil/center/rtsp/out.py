"""The centre's RTSP server, put together and run. None where the configuration has no `center.rtsp`."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from vigil.archive.objects import ObjectStore
from vigil.center.rtsp.accounts import accounts, passwords
from vigil.center.rtsp.entries import Entries
from vigil.center.rtsp.live import LiveChannels, Subscribe
from vigil.center.rtsp.measures import RtspFigures
from vigil.center.rtsp.provider import CenterProvider
from vigil.clock import Clock
from vigil.config import Configuration, RtspSettings
from vigil.forward.rtsp import Limits, RtspServer, TlsSettings
from vigil.model.ids import CameraId
from vigil.model.site import Site
from vigil.store.stores import Stores

_ARCHIVE_THREADS: Final = 4
"""That read the object store for all playbacks: a slow store slows those down and nothing else."""
_REGISTER_THREADS: Final = 1
"""Of its own, so that an entry never waits behind a slow object store; the database takes one at a time anyway."""
_USER_CONNECTIONS: Final = 64
"""A platform that shows a wall of cameras takes one connection each."""
_STOP_S: Final = 3.0
"""For the register to take the ends of all readings."""

log = structlog.get_logger()


class RtspOut:
    """Between `start` and `stop`. Belongs to the event loop."""

    def __init__(
        self,
        server: RtspServer,
        provider: CenterProvider,
        channels: LiveChannels,
        executors: tuple[ThreadPoolExecutor, ...],
        address: str,
    ) -> None:
        self._server = server
        self._provider = provider
        self._channels = channels
        self._executors = executors
        self._address = address

    @property
    def ports(self) -> tuple[int, int]:
        """Of RTSP and RTSPS, also where 0 asked for a free one; 0 where RTSPS is not served."""
        return self._server.port, self._server.tls_port

    def figures(self) -> RtspFigures:
        """What is the case now. From any thread, for it only reads numbers."""
        return RtspFigures(self._server.stats(), len(self._channels), self._channels.dropped_gops)

    def change(self, settings: RtspSettings, site: Site) -> None:
        """From now on it gives pictures of another site; what is being read goes on. From any thread."""
        self._provider.change(accounts(settings, site), _substreams(site))

    async def start(self) -> None:
        """Raises OSError when an address is not to be had."""
        try:
            await self._server.start()
        except OSError as error:
            raise OSError(error.errno, f"cannot listen on {self._address} for RTSP: {error.strerror}") from error

    async def stop(self) -> None:
        """Readers are hung up on, and their ends are entered. May be called again."""
        try:
            async with asyncio.timeout(_STOP_S):
                await self._server.stop()
                await self._channels.close()
        except TimeoutError:
            log.warning("rtsp_stopped_late")
        for executor in self._executors:
            executor.shutdown(wait=False, cancel_futures=True)


def build_rtsp(
    configuration: Configuration, site: Site, subscribe: Subscribe, stores: Stores, objects: ObjectStore, clock: Clock
) -> RtspOut | None:
    """Raises SecretError, and OSError for a certificate that cannot be read."""
    settings = None if configuration.center is None else configuration.center.rtsp
    if settings is None:
        return None
    limits = Limits(user_connections=_USER_CONNECTIONS)
    channels = LiveChannels(subscribe, clock, limits)
    archive = ThreadPoolExecutor(_ARCHIVE_THREADS, "rtsp-archive")
    register = ThreadPoolExecutor(_REGISTER_THREADS, "rtsp-register")
    provider = CenterProvider(
        accounts=accounts(settings, site),
        substreams=_substreams(site),
        live=channels,
        index=stores.footage,
        objects=objects,
        entries=Entries(stores.register, clock, register),
        executor=archive,
        clock=clock,
    )
    host, port = _address(settings.listen)
    server = RtspServer(
        host,
        port,
        users=passwords(settings, configuration.folder),
        clock=clock,
        limits=limits,
        provider=provider,
        tls=_tls(settings, configuration),
    )
    address = settings.listen if settings.tls_listen is None else f"{settings.listen} and {settings.tls_listen}"
    return RtspOut(server, provider, channels, (archive, register), address)


def _substreams(site: Site) -> frozenset[CameraId]:
    return frozenset(camera.id for _, camera in site.cameras() if camera.substream is not None)


def _tls(settings: RtspSettings, configuration: Configuration) -> TlsSettings | None:
    owner = settings if settings.tls_certificate is not None else configuration.center
    if settings.tls_listen is None or owner is None or owner.tls_certificate is None or owner.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate, key = configuration.path(owner.tls_certificate), configuration.path(owner.tls_key)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise OSError(
            error.errno, f"certificate {certificate} with key {key} cannot be used: {error.strerror}"
        ) from error
    return TlsSettings(*_address(settings.tls_listen), context)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
