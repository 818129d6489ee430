"""What all connections of one server share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.clock import Clock
from vigil.forward.rtsp.digest import DigestGuard
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.link import UdpPorts
from vigil.forward.rtsp.mount import Mount
from vigil.forward.rtsp.source import Provider
from vigil.throttle import Throttle


@dataclass(slots=True)
class Counters:
    """What happened since the server's start."""

    refused_connections: int = 0
    failed_logins: int = 0
    timeouts: int = 0
    malformed: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """`guard` is None when everyone may read. `provider` is asked for what is not among the mounts."""

    mounts: Mapping[str, Mount]
    guard: DigestGuard | None
    udp: UdpPorts
    clock: Clock
    limits: Limits
    provider: Provider | None = None
    throttle: Throttle = field(default_factory=Throttle)
    logins: dict[str, set[str]] = field(default_factory=dict)
    """The connections of each user, by their ids."""
    counters: Counters = field(default_factory=Counters)
