"""What the rules between values share: where faults go, and the rules for an address and for a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from vigil.config.document import Path
from vigil.model.site import Secret

LOOPBACK: Final = ("127.0.0.1", "[::1]", "localhost")

FaultSink = Callable[[Path, str, str], None]
"""Place, what is wrong, what is right."""


def is_plain(url: str) -> bool:
    """Percent-encoded, as an address goes over the line."""
    return url.isascii() and url.isprintable() and " " not in url


def check_secret(secret: Secret, path: Path, fault: FaultSink) -> None:
    if (not secret.env) == (not secret.file):
        fault(path, "a secret is kept in one place", "Give either env: NAME or file: PATH")


def check_listen(address: str, path: Path, fault: FaultSink, example: str = "127.0.0.1:8480") -> None:
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 <= int(port) <= 65535:
        fault(path, f"{address!r} is not host:port", f"For example {example}")


def is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, or a port that is no number
        return False
