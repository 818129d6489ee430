"""The HTTP proxy through which a hall reaches the centre."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from vigil.config import read_secret
from vigil.config.schema import ProxySettings


def proxy_address(proxy: ProxySettings | None, folder: Path) -> str | None:
    """The proxy's URL with its credentials, which is a secret. Raises SecretError."""
    if proxy is None or proxy.username is None or proxy.password is None:
        return None if proxy is None else proxy.url
    user = f"{quote(proxy.username, safe='')}:{quote(read_secret(proxy.password, folder), safe='')}"
    parts = urlsplit(proxy.url)
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))
