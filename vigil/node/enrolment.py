"""A node makes itself a key and has the centre take it, by a token that is good once."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from vigil.config import NodeSettings, read_secret
from vigil.config.secrets import make_secret_file
from vigil.errors import Refused, SecretError, UplinkError
from vigil.node.proxy import proxy_address
from vigil.uplink import protocol

_ANSWER_S: Final = 20.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def enrol(settings: NodeSettings, folder: Path, token: str, transport: httpx.BaseTransport | None = None) -> Path:
    """The file with the key. The key is on the disk before it is told, so that a lost answer can be asked for again.

    Raises SecretError where the configuration names no file for it, Refused, and UplinkError where the centre does not answer.
    """
    if settings.key is None or settings.key.file is None:
        raise SecretError("enrolling writes the key into a file: give key: {file: PATH} in the node's configuration")
    address = settings.center.rstrip("/")
    if urlsplit(address).scheme != "wss" and urlsplit(address).hostname not in _LOOPBACK:
        raise UplinkError(f"{address} would carry the key in the clear: give center: a wss:// address")
    made = make_secret_file(settings.key, folder)
    key = read_secret(settings.key, folder)
    url = "http" + address.removeprefix("ws") + protocol.ENROL
    proxy = proxy_address(settings.proxy, folder)
    try:
        with httpx.Client(timeout=_ANSWER_S, proxy=proxy, trust_env=False, transport=transport) as http:
            answer = http.post(url, json={"node": settings.id, "token": token, "key": key})
    except httpx.HTTPError as error:
        raise UplinkError(f"{url}: {type(error).__name__}. Is the centre running, and the address right?") from error
    match answer.status_code:
        case 204:
            return made
        case 403:
            raise Refused(
                "the token is none for this node, is older than a day, or was used. Make another at the centre"
            )
        case 429:
            raise Refused("too many tries from here. Wait a quarter of an hour")
        case status:
            raise UplinkError(f"{url} answered {status}. Is that a centre of this version?")
