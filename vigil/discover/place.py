"""Where a device is: by whom it was reached, and what an integrator may write for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

DEVICE_PATH: Final = "/onvif/device_service"
"""Where ONVIF has every device's own service."""


@dataclass(frozen=True, slots=True)
class Device:
    """The address of a device's own service, and what it calls itself. `host` is whom everything is sent to."""

    host: str
    port: int = 80
    path: str = DEVICE_PATH
    scheme: str = "http"
    name: str | None = None

    @property
    def address(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"


def parse_host(text: str) -> Device:
    """HOST or HOST:PORT, an IPv6 address in brackets. Raises ValueError with what would be right."""
    remedy = "Give an address or name, with a port where it is not 80: 192.0.2.7 or 192.0.2.7:8080"
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{text!r} is no host. {remedy}") from None
    if not host or port == 0 or "@" in text or parts.path or parts.query or parts.fragment or not text.isprintable():
        raise ValueError(f"{text!r} is no host. {remedy}")
    return Device(host, port or 80)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
