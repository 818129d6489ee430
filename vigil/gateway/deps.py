"""What the gateway is made of. The composition root fills it in; routes take it from here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from vigil.archive.objects import ObjectStore
from vigil.clock import Clock
from vigil.gateway.board import StatusBoard
from vigil.gateway.events import EventBus
from vigil.gateway.live_source import LiveSource
from vigil.gateway.metrics import GatewayMetrics
from vigil.gateway.notice_desk import NoDesk, NoticeDesk
from vigil.gateway.oidc import OidcClient
from vigil.gateway.passwords import Passwords
from vigil.gateway.playbacks import Playbacks
from vigil.gateway.report_desk import ReportDesk
from vigil.gateway.site_desk import SiteDesk
from vigil.gateway.still_source import NoStills, StillSource
from vigil.model.ids import CameraId, ClipId, HallId, NodeId, WindowId
from vigil.model.people import Halls, Role
from vigil.model.retention import RetentionPlan
from vigil.model.site import Camera, Hall, Site
from vigil.sealing import Seal
from vigil.store.stores import Stores
from vigil.throttle import Throttle

ACCOUNT_TRIES: Final = 50
"""With those that come afterwards fewer than a hundred an hour (ASVS 2.2.1)."""


@dataclass(frozen=True, slots=True)
class GatewayDeps:
    """`on_clip_requested` is called in a worker thread after a person's pull was entered, `on_suspended` after a suspension
    was entered or ended, `on_report_asked` after a pack was asked for; all must return at once.
    """

    site: Site
    stores: Stores
    objects: ObjectStore
    clock: Clock
    live: LiveSource
    on_clip_requested: Callable[[ClipId], None]
    on_suspended: Callable[[], None]
    on_report_asked: Callable[[], None]
    reports: ReportDesk
    site_desk: SiteDesk
    retention: Callable[[], RetentionPlan | None] = lambda: None
    """The plan as it was last made."""
    owners: Mapping[CameraId, NodeId] = field(default_factory=dict)
    """The node that runs each camera."""
    statuses: StatusBoard = field(default_factory=StatusBoard)
    events: EventBus = field(default_factory=EventBus)
    metrics: GatewayMetrics = field(default_factory=GatewayMetrics.on)
    passwords: Passwords = field(default_factory=Passwords)
    metrics_token: str | None = field(default=None, repr=False)
    origins: tuple[str, ...] = ()
    """Origins that may make unsafe requests beside the centre's own, for a screen served elsewhere or a proxy."""
    secure_cookie: bool = True
    """False only where the screen is served over plain HTTP."""
    static: Path | None = None
    """The built operations screen; None, or a folder without index.html: it is not built."""
    session_check_s: float = 30
    """How often an open live picture or event stream asks whether its session still holds."""
    stills: StillSource = field(default_factory=NoStills)
    notices: NoticeDesk = field(default_factory=NoDesk)
    ledger_candidate_s: float = 900
    """A confirmed absence of this length is a candidate for the ledger."""
    throttle: Throttle = field(default_factory=Throttle)
    account_throttle: Throttle = field(default_factory=lambda: Throttle(ACCOUNT_TRIES))
    """By user name alone, against guessing from many addresses."""
    seal: Seal | None = None
    """Seals what second factors are made of; None: nobody can enrol one."""
    second_factor_roles: frozenset[Role] = frozenset()
    """Who holds one of them must have a second factor."""
    oidc: OidcClient | None = None
    """None: people have passwords here."""
    playbacks: Playbacks = field(default_factory=Playbacks)
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Passwords checked at the same time: each takes 64 MiB."""

    def hall_of(self, window: WindowId) -> Hall | None:
        return next((hall for hall in self.site.halls for _, one in hall.windows() if one.id == window), None)

    def camera(self, camera: CameraId) -> tuple[Hall, Camera] | None:
        return next((pair for pair in self.site.cameras() if pair[1].id == camera), None)

    def hall_of_camera(self, camera: CameraId) -> HallId | None:
        """None: the camera is gone from the configuration, and belongs to no hall."""
        known = self.camera(camera)
        return None if known is None else known[0].id

    def cameras_in(self, halls: Halls) -> frozenset[CameraId] | None:
        """None: all, those that are gone included."""
        if halls.named is None:
            return None
        return frozenset(camera.id for hall, camera in self.site.cameras() if hall.id in halls)


async def deps_of(connection: HTTPConnection) -> GatewayDeps:
    deps = connection.app.state.deps
    assert isinstance(deps, GatewayDeps)  # noqa: S101 (create_app put it there)
    return deps


Deps = Annotated[GatewayDeps, Depends(deps_of)]
