"""Answers to a camera or a server that asks who we are over RTSP: digest, or basic where nothing else is asked.

Digest is that of RFC 7616, and of RFC 2617 for who asks without qop.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_CHALLENGE: Final = re.compile(r"(?:^|,)\s*(Digest|Basic)\s+", re.IGNORECASE)
_PARAMETER: Final = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_HASHES: Final[Mapping[str, Callable[[bytes], str]]] = {
    "sha-256": lambda data: hashlib.sha256(data).hexdigest(),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
"""By preference."""


@dataclass(frozen=True, slots=True)
class Challenge:
    scheme: str
    parameters: Mapping[str, str]

    @property
    def algorithm(self) -> str:
        return self.parameters.get("algorithm", "md5").lower()


def challenges(header: str) -> Iterator[Challenge]:
    """Those of a WWW-Authenticate header, or of several joined by commas. Names are in lower case."""
    _, *parts = _CHALLENGE.split(header)
    for scheme, text in zip(parts[::2], parts[1::2], strict=True):
        found = {name.lower(): quoted or token for name, quoted, token in _PARAMETER.findall(text)}
        yield Challenge(scheme.lower(), found)


class Login:
    """A user at one camera or server. `password` leaves it as a digest, or as the other side asks for it."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._challenge: Challenge | None = None
        self._count = 0

    def challenged(self, header: str) -> bool:
        """Takes the best challenge that can be answered. False when there is none."""
        asked = list(challenges(header))
        digests = [one for name in _HASHES for one in asked if one.scheme == "digest" and one.algorithm == name]
        usable = digests + [one for one in asked if one.scheme == "basic"]
        self._challenge, self._count = (usable[0] if usable else None), 0
        return self._challenge is not None

    def authorization(self, method: str, uri: str) -> str | None:
        """The header's value for a request, None as long as nobody asked."""
        if self._challenge is None:
            return None
        if self._challenge.scheme == "basic":
            return "Basic " + b64encode(f"{self._username}:{self._password}".encode()).decode()
        return self._digest(self._challenge, method, uri)

    def _digest(self, asked: Challenge, method: str, uri: str) -> str:
        def digest(*parts: str) -> str:
            return _HASHES[asked.algorithm](":".join(parts).encode())

        given = asked.parameters
        realm, nonce = given.get("realm", ""), given.get("nonce", "")
        secret, wanted = digest(self._username, realm, self._password), digest(method, uri)
        told = {"username": self._username, "realm": realm, "nonce": nonce, "uri": uri}
        extra = ""
        if "auth" in re.split(r"[\s,]+", given.get("qop", "")):
            self._count += 1
            count, ours = f"{self._count:08x}", secrets.token_hex(8)
            told |= {"cnonce": ours, "response": digest(secret, nonce, count, ours, "auth", wanted)}
            extra = f", qop=auth, nc={count}"
        else:
            told["response"] = digest(secret, nonce, wanted)
        told |= {name: given[name] for name in ("opaque",) if name in given}
        if "algorithm" in given:
            extra += f", algorithm={given['algorithm']}"
        return "Digest " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in told.items()) + extra


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
