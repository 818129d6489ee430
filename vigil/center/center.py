"""Puts the centre together and serves it until told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI

from vigil import gateway, metrics
from vigil.archive.objects import ObjectStore
from vigil.calendar import require_years
from vigil.center import enrolment
from vigil.center.archive import open_objects
from vigil.center.clips import Arrivals, ClipMaker
from vigil.center.enrolment import who_knows
from vigil.center.escalator import Escalated, Escalator
from vigil.center.forwards import CenterForwards, build_forwards
from vigil.center.identity import oidc_of, seal_of
from vigil.center.intake import CenterIntake
from vigil.center.landing import Landing
from vigil.center.machine import MachineMeasures
from vigil.center.measures import CenterMeasures
from vigil.center.notices import NoNotices, Notices
from vigil.center.notify.build import build_notifier
from vigil.center.notify.measures import NotifyMeasures
from vigil.center.notify.notifier import Notifier
from vigil.center.plans import Owners, owners, plans
from vigil.center.reindex import Reindexed, reindex
from vigil.center.reminders import Reminded, Reminders
from vigil.center.reporting import Reporting, build_reporting
from vigil.center.retention import Sweeper
from vigil.center.rounds import Rounds
from vigil.center.rtsp.measures import RtspMeasures
from vigil.center.rtsp.out import RtspOut, build_rtsp
from vigil.center.running import Running
from vigil.center.sections import center_of, open_database, site_of
from vigil.center.site import SiteFollower, in_force, take_in
from vigil.center.site_desk import SiteDesk
from vigil.center.sockets import SocketProtocol
from vigil.center.stills import Stills
from vigil.center.uplink_routes import router
from vigil.clock import Clock
from vigil.config import CenterSettings, Configuration, read_secret
from vigil.gateway.app import create_app
from vigil.gateway.board import StatusBoard
from vigil.gateway.deps import GatewayDeps
from vigil.gateway.events import AlertChanged, ClipChanged, EventBus, LedgerChanged
from vigil.gateway.metrics import GatewayMetrics
from vigil.gateway.notice_desk import NoDesk
from vigil.ingest.recovery import measure
from vigil.ingest.remux import Piece, remux
from vigil.model.ids import CameraId, ClipId, NodeId
from vigil.model.retention import RetentionPlan
from vigil.model.site import Site
from vigil.model.suspensions import Suspension
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.uplink import protocol
from vigil.uplink.hub import Hub
from vigil.uplink.live import LiveHub

_SHUTDOWN_S = 5
_SPARE_THREADS = 16
_UNSENT_BYTES = 128 * 1024
"""Left to the kernel to send to one client: more would put a slow viewer many seconds behind before he loses a GOP."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Center:
    app: FastAPI
    clips: ClipMaker
    sweeper: Sweeper
    reporting: Reporting
    live: LiveHub
    events: EventBus
    database: Database
    rtsp: RtspOut | None
    forwards: CenterForwards
    notifier: Notifier | None
    rounds: Rounds
    site: SiteFollower


def build(configuration: Configuration, clock: Clock) -> Center:
    """Raises ConfigError, CalendarError, SecretError, StoreError, ArchiveError, and OSError for a certificate."""
    settings = center_of(configuration)
    database = open_database(configuration)
    stores = Stores.over(database)
    written, (configuration, version) = configuration, take_in(configuration, stores.site_versions, clock)
    site = site_of(configuration)
    require_years(site, clock.now())
    nodes = tuple(node.id for node in configuration.nodes)
    owner_of = Owners(owners(site, nodes))
    objects = open_objects(configuration, alone=True)
    board, events = StatusBoard(), EventBus()

    def linked_since(camera: CameraId) -> datetime | None:
        links = (link for link in board.view().nodes if link.connected and link.node == owner_of.get(camera))
        return next((link.since_at for link in links), None)

    def made(clip: ClipId) -> None:
        events.publish(ClipChanged(clip))

    scratch, arrivals = configuration.path(settings.data) / "scratch", Arrivals(owner_of, clock)
    clips = ClipMaker(stores, objects, _remux, scratch, clock, linked_since=linked_since, arrivals=arrivals, made=made)
    notifier = build_notifier(configuration, settings, site, stores, clock)
    notices: Notices = notifier or NoNotices()
    intake = CenterIntake(
        site=site,
        stores=stores,
        objects=objects,
        board=board,
        events=events,
        clock=clock,
        landing=Landing(_landing(settings, configuration)),
        owners=owner_of,
        wake_clips=clips.wake,
        arrived=arrivals.stored,
        notices=notices,
    )
    for node in nodes:
        board.update_node(node, connected=False, at=clock.now())  # one that never comes is missed too
    live = LiveHub(owner_of)

    def suspensions(node: NodeId) -> tuple[Suspension, ...]:
        return stores.suspensions.ahead(intake.windows_of(node), clock.now())

    planned = plans(site, nodes, owner_of, version)
    hub = Hub(planned, who_knows(_node_keys(configuration), stores.node_keys), intake, live, clock, suspensions)
    sweeper = _sweeper(settings, site, stores, objects, clock)
    gateway_metrics = GatewayMetrics.on()
    reporting = build_reporting(configuration, site, stores, objects, clock, gateway_metrics.report_seconds)

    def entered() -> None:
        follower.run()  # at once, and not with the next round

    desk = SiteDesk(written, stores, clock, entered, running=lambda: follower.running)
    deps = GatewayDeps(
        site=site,
        stores=stores,
        objects=objects,
        clock=clock,
        live=live,
        owners=owner_of,
        on_clip_requested=lambda clip: clips.wake(),  # noqa: ARG005
        ledger_candidate_s=settings.ledger.candidate_s,
        on_suspended=hub.suspensions_changed,
        retention=lambda: sweeper.plan,
        on_report_asked=reporting.packs.wake,
        reports=reporting.desk,
        site_desk=desk,
        stills=Stills(stores.footage, objects),
        statuses=board,
        events=events,
        metrics=gateway_metrics,
        notices=notifier or NoDesk(),
        metrics_token=read_secret(settings.metrics_token, configuration.folder) if settings.metrics_token else None,
        origins=settings.origins,
        secure_cookie=settings.tls_certificate is not None or any(o.startswith("https:") for o in settings.origins),
        seal=seal_of(settings.identity, configuration, stores),
        second_factor_roles=frozenset(settings.identity.second_factor),
        oidc=oidc_of(settings.identity, configuration, clock),
        static=Path(gateway.__file__).parent / "static",
    )
    app = create_app(deps, [router(hub, intake), enrolment.router(stores.node_keys, clock)])
    measures = CenterMeasures(board.view, lambda: sweeper.plan, lambda: follower.running, stores)
    for collector in (measures, _machine(settings, configuration)):
        deps.metrics.registry.register(collector)
    rtsp = build_rtsp(configuration, site, live.subscribe, stores, objects, clock)
    if rtsp is not None:
        deps.metrics.registry.register(RtspMeasures(rtsp.figures))
    forwards = build_forwards(configuration, live.subscribe, clock)
    for family in (metrics.forward_up, metrics.forward_dropped_gops, metrics.restarts):
        deps.metrics.registry.register(family)
    if notifier is not None:
        deps.metrics.registry.register(NotifyMeasures(notifier.figures))
    escalator = _escalator(settings, stores, notices, clock, events)
    reminders = _reminders(settings, stores, clock, events)
    running = Running(app, nodes, owner_of, intake, hub, board, events, sweeper, reporting, notifier, rtsp)
    follower = SiteFollower(configuration, stores.site_versions, clock, running.change, version)
    rounds = Rounds({"escalate": escalator.run, "remind": reminders.run, "site": follower.run})
    return Center(app, clips, sweeper, reporting, live, events, database, rtsp, forwards, notifier, rounds, follower)


def _reminders(settings: CenterSettings, stores: Stores, clock: Clock, events: EventBus) -> Reminders:
    def told(reminded: Reminded) -> None:
        events.publish(LedgerChanged(reminded.entry))

    return Reminders(stores.ledger, timedelta(seconds=settings.ledger.remind_before_s), clock, told)


def _escalator(settings: CenterSettings, stores: Stores, notices: Notices, clock: Clock, events: EventBus) -> Escalator:
    def told(escalated: Escalated) -> None:
        events.publish(AlertChanged(escalated.alert))

    return Escalator(stores, settings.escalation, notices, clock, told)


def reindex_archive(configuration: Configuration) -> Reindexed:
    """Enters the footage that is in the archive and not in the index. Raises what `build` raises."""
    settings = center_of(configuration)
    database = open_database(configuration)
    scratch = configuration.path(settings.data) / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        return reindex(Stores.over(database).footage, open_objects(configuration), measure, scratch)
    finally:
        database.close()


def retention_plan(configuration: Configuration, clock: Clock) -> RetentionPlan:
    """What the archive has and will have. Raises what `build` raises."""
    settings = center_of(configuration)
    database = open_database(configuration)
    try:
        stores, objects = Stores.over(database), open_objects(configuration)
        site = site_of(in_force(configuration, stores.site_versions, clock))
        return _sweeper(settings, site, stores, objects, clock).make_plan()
    finally:
        database.close()


async def serve(configuration: Configuration, clock: Clock, stop: asyncio.Event) -> None:
    """Until `stop` is set. Raises what `build` raises, and OSError when the address is taken."""
    settings = center_of(configuration)
    center = build(configuration, clock)
    # For each node a thread that enters and one that takes an object, so that one node's slow disk stops no other.
    threads = 2 * len(configuration.nodes) + _SPARE_THREADS
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads, "center"))
    listener = _listen(settings.listen)
    certificate = _certificate(settings, configuration)
    key = configuration.path(settings.tls_key) if settings.tls_key else None
    server = _Server(
        uvicorn.Config(
            center.app,
            log_config=None,
            access_log=False,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            timeout_graceful_shutdown=_SHUTDOWN_S,
            server_header=False,
            ws=SocketProtocol,
            ws_max_size=protocol.MAX_FRAGMENT_BYTES,
            # A link that is half open is found within 10 s: by then no window may be shown as it last was.
            ws_ping_interval=4,
            ws_ping_timeout=5,
        )
    )
    center.clips.start()
    center.rounds.start()
    center.sweeper.start()
    center.reporting.start()
    try:
        if center.rtsp is not None:
            await center.rtsp.start()
        center.forwards.start()
        if center.notifier is not None:
            center.notifier.start()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        center.events.close()
        if center.rtsp is not None:
            await center.rtsp.stop()
        await center.forwards.stop()
        await center.live.close()
        server.should_exit = True
        await serving
        if center.notifier is not None:
            await center.notifier.stop(_SHUTDOWN_S)
        stopping.cancel()
    finally:
        center.rounds.stop(_SHUTDOWN_S)
        center.clips.stop(_SHUTDOWN_S)
        center.sweeper.stop(_SHUTDOWN_S)
        center.reporting.stop(_SHUTDOWN_S)
        center.database.close()


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        server = socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise OSError(
            error.errno, f"cannot listen on {address}: {error.strerror}. Is another vigil running?"
        ) from error
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)  # its connections inherit it
    return server


class _Server(uvicorn.Server):
    """Signals are the command line's business (vigil/process.py), not the web server's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _sweeper(settings: CenterSettings, site: Site, stores: Stores, objects: ObjectStore, clock: Clock) -> Sweeper:
    gib = settings.objects.at_most_gib
    room = None if gib is None else int(gib * 2**30)
    keep_figures = timedelta(days=settings.keep.figures_days)
    return Sweeper(stores, objects, site, clock, at_most_bytes=room, keep_figures=keep_figures)


def _certificate(settings: CenterSettings, configuration: Configuration) -> Path | None:
    return configuration.path(settings.tls_certificate) if settings.tls_certificate else None


def _machine(settings: CenterSettings, configuration: Configuration) -> MachineMeasures:
    data = configuration.path(settings.data)
    data.mkdir(parents=True, exist_ok=True)
    return MachineMeasures(data, _certificate(settings, configuration))


def _landing(settings: CenterSettings, configuration: Configuration) -> Path:
    """Beside the objects, so that what came in is moved there and not copied. No key begins with a dot."""
    folder = settings.objects.folder
    return configuration.path(settings.data) / "landing" if folder is None else configuration.path(folder) / ".landing"


def _node_keys(configuration: Configuration) -> dict[NodeId, str]:
    """Of those nodes whose key stands in the file. Raises SecretError."""
    return {
        node.id: read_secret(node.key, configuration.folder) for node in configuration.nodes if node.key is not None
    }


def _remux(pieces: Sequence[tuple[Path, datetime]], from_at: datetime, to_at: datetime, target: Path) -> None:
    remux([Piece(path, start_at) for path, start_at in pieces], from_at, to_at, target)
