"""What of a running centre depends on its site, and how all of it changes to another. What is not in the site stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import FastAPI

from vigil.center.intake import CenterIntake
from vigil.center.notify.build import build_draughtsman, build_rules
from vigil.center.notify.notifier import Notifier
from vigil.center.plans import Owners, owners, plans
from vigil.center.reporting import Reporting
from vigil.center.retention import Sweeper
from vigil.center.rtsp.out import RtspOut
from vigil.center.sections import center_of, site_of
from vigil.config import Configuration
from vigil.gateway.board import StatusBoard
from vigil.gateway.events import EventBus
from vigil.model.ids import NodeId
from vigil.uplink.hub import Hub


@dataclass(frozen=True, slots=True)
class Running:
    """`app` holds what its routes are given; each request sees one site from its beginning to its end."""

    app: FastAPI
    nodes: Sequence[NodeId]
    owners: Owners
    intake: CenterIntake
    hub: Hub
    board: StatusBoard
    events: EventBus
    sweeper: Sweeper
    reporting: Reporting
    notifier: Notifier | None
    rtsp: RtspOut | None

    def change(self, configuration: Configuration, version: int) -> None:
        """From any thread, one call at a time. The configuration has passed its checks, and differs in its site alone, whose
        version this is.

        Nodes are told last: what they then send of a new window is known here by then.
        """
        settings, site = center_of(configuration), site_of(configuration)
        owner_of = owners(site, tuple(self.nodes))
        planned = plans(site, self.nodes, owner_of, version)
        self.owners.change(owner_of)
        self.intake.change(site)
        self.sweeper.change(site)
        self.reporting.change(site)
        if self.notifier is not None and settings.notify is not None:
            self.notifier.change(build_rules(settings.notify, site), build_draughtsman(settings, site))
        if self.rtsp is not None and settings.rtsp is not None:
            self.rtsp.change(settings.rtsp, site)
        self.app.state.deps = replace(self.app.state.deps, site=site)
        self.hub.change(planned)
        self.hub.suspensions_changed()
        self.board.keep(
            {window.id for hall in site.halls for _, window in hall.windows()},
            {group.id for hall in site.halls for group in hall.groups},
            set(owner_of),
        )
        self.events.renew()
