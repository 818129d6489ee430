"""Rules for values that stand in several places of the file: an address, a secret."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from vigil.config.document import Path
from vigil.model.site import Secret

FaultSink = Callable[[Path, str, str], None]
"""Is told the place, what is wrong, and what would be right."""


def is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, or a port that is no number
        return False


def is_plain(url: str) -> bool:
    """Percent-encoded, as an address goes over the line."""
    return url.isascii() and url.isprintable() and " " not in url


def check_secret(secret: Secret, path: Path, fault: FaultSink) -> None:
    if (not secret.env) == (not secret.file):
        fault(path, "a secret is kept in one place", "Give either env: NAME or file: PATH")
