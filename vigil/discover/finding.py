"""The whole way: from addresses to ask from to streams to use. A device that cannot be read is one failure among the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from vigil.clock import Clock
from vigil.discover.choice import Choice, choose
from vigil.discover.entry import shown_name
from vigil.discover.login import Login
from vigil.discover.place import Device
from vigil.discover.probe import probe
from vigil.discover.reader import read_all
from vigil.errors import DiscoveryError

_NO_STREAM: Final = "it tells no address of any stream. Is RTSP switched on in its menu?"


@dataclass(frozen=True, slots=True)
class Found:
    choices: tuple[Choice, ...]
    failures: tuple[DiscoveryError, ...]
    answered: int
    """Devices that were there, whether they could be read or not."""


async def find(
    ours: Iterable[IPv4Address],
    given: Iterable[Device],
    login: Login | None,
    clock: Clock,
    timeout_s: float,
    say: Callable[[str], None],
) -> Found:
    """Asks the network from each of `ours`, and all that answered or were given what they are. `say` is told of each."""
    heard = await probe(ours, timeout_s)
    for failure in heard.failures:
        say(str(failure))
    devices = {device.address: device for device in (*given, *heard.devices)}
    choices: list[Choice] = []
    failures: list[DiscoveryError] = []
    async for one in read_all(devices.values(), login, clock, timeout_s):
        if isinstance(one, DiscoveryError):
            failures.append(one)
            say(str(one))
            continue
        chosen = choose(one)
        choices += chosen
        if not chosen:
            failures.append(DiscoveryError(one.address, _NO_STREAM))
            say(str(failures[-1]))
            continue
        say(f"{one.address}: {', '.join(shown_name(choice) for choice in chosen)}")
    return Found(tuple(choices), tuple(failures), len(devices))
