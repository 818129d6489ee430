"""WS-Discovery: asks the network by multicast which ONVIF devices are there, and hears who answers.

One socket for each address of ours, on a free port: nothing listens on port 3702, and no other interface is touched. Whom to
talk to is told by the sender of an answer, not by the address within it: an answer may be false, and logins follow it.
"""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from vigil.discover import document
from vigil.discover.document import Element, NotXml, plain
from vigil.discover.place import DEVICE_PATH, Device
from vigil.errors import DiscoveryError

GROUP: Final = ("239.255.255.250", 3702)
TYPES: Final = (
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter',
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl">tds:Device',
)
"""ONVIF asks devices to answer to both; some know one. In one probe both together would mean: who is both."""
_TIMES: Final = 3
"""Each probe is sent so often, spread over the first half of the wait: datagrams get lost."""
_MOST_DEVICES: Final = 1024


@dataclass(frozen=True, slots=True)
class Heard:
    devices: tuple[Device, ...]
    failures: tuple[DiscoveryError, ...]
    """Addresses of ours from which nothing could be sent."""


async def probe(addresses: Iterable[IPv4Address], wait_s: float) -> Heard:
    """Asks from each of these addresses and hears for `wait_s`."""
    listeners: list[_Listener] = []
    failures: list[DiscoveryError] = []
    try:
        for address in addresses:
            try:
                listeners.append(await _listen(address))
            except OSError as error:
                remedy = "Give an address that this machine has (ip -4 address)"
                failures.append(DiscoveryError(str(address), f"cannot send from here ({error.strerror}). {remedy}"))
        for _ in range(_TIMES if listeners else 0):
            for listener in listeners:
                listener.ask()
            await asyncio.sleep(wait_s / 2 / _TIMES)
        await asyncio.sleep(wait_s / 2 if listeners else 0)
    finally:
        for listener in listeners:
            listener.close()
    failures += [listener.failure for listener in listeners if listener.failure is not None]
    found = {device.address: device for listener in listeners for device in listener.devices.values()}
    return Heard(tuple(found.values()), tuple(failures))


async def _listen(address: IPv4Address) -> _Listener:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.bind((str(address), 0))
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address.packed)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)  # a hall's network, and no further
    except OSError:
        opened.close()
        raise
    loop = asyncio.get_running_loop()
    transport, listener = await loop.create_datagram_endpoint(lambda: _Listener(address), sock=opened)
    listener.transport = transport
    return listener


class _Listener(asyncio.DatagramProtocol):
    """Sends from one address and keeps what is answered to it."""

    def __init__(self, address: IPv4Address) -> None:
        self.devices: dict[str, Device] = {}
        self.failure: DiscoveryError | None = None
        self._address = address
        self._ids = [uuid.uuid4() for _ in TYPES]
        self.transport: asyncio.DatagramTransport | None = None

    def ask(self) -> None:
        """The same messages each time, by their ids too: a device answers to each once."""
        if self.transport is not None:
            for message, types in zip(self._ids, TYPES, strict=True):
                self.transport.sendto(_message(message, types), GROUP)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def error_received(self, exc: Exception) -> None:
        remedy = "Is the interface up, and does it have multicast (ip link)?"
        self.failure = DiscoveryError(str(self._address), f"cannot send multicast from here ({exc}). {remedy}")

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        device = answered(data, str(addr[0]), {one.hex for one in self._ids})
        if device is not None and len(self.devices) < _MOST_DEVICES:
            self.devices.setdefault(device.address, device)


def answered(data: bytes, sender: str, ids: set[str]) -> Device | None:
    """The device that a datagram speaks of, if it answers one of our probes. Anything else is nobody's business."""
    try:
        root = document.parse(data)
    except NotXml:
        return None
    relates = (root.value("Header", "RelatesTo") or "").replace("-", "").lower()
    body = root.first("Body")
    if body is None or not any(one in relates for one in ids):
        return None
    return next((_device(match, sender) for match in body.every("ProbeMatch")), None)


def _device(match: Element, sender: str) -> Device:
    scheme, port, path = _place(match.value("XAddrs") or "", sender)
    return Device(sender, port, path, scheme, scope(match.value("Scopes") or "", "name"))


def _place(addresses: str, sender: str) -> tuple[str, int, str]:
    """Scheme, port and path of the address at the sender, of any other where it gives none, or as the standard has it."""
    places = []
    for address in addresses.split()[:16]:
        try:
            parts = urlsplit(address)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            continue
        if parts.scheme in ("http", "https"):
            elsewhere, secure = parts.hostname != sender, parts.scheme == "https"
            places.append((elsewhere, secure, parts.scheme, port, parts.path or DEVICE_PATH))
    return min(places)[2:] if places else ("http", 80, DEVICE_PATH)


def scope(scopes: str, kind: str) -> str | None:
    """onvif://www.onvif.org/name/Front%20door → Front door"""
    prefix = f"onvif://www.onvif.org/{kind}/"
    found = next((one for one in scopes.split() if one.lower().startswith(prefix)), None)
    return plain(unquote(found[len(prefix) :])) if found else None


def _message(message: uuid.UUID, types: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header>'
        "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        f"<a:MessageID>urn:uuid:{message}</a:MessageID>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>"
        f"<s:Body><d:Probe><d:Types {types}</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()
