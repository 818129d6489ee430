"""Digest authentication of requests (RFC 7616, and RFC 2617 for players without qop). Basic is not offered.

Nonces are made, not stored: the time of issue, random bytes and an HMAC over both and the connection, so a nonce is of
no use on another connection and cannot be guessed or prolonged.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from vigil.clock import Clock
from vigil.forward.rtsp.address import stream_of

REALM: Final = "vigil"
NONCE_LIFETIME_S: Final = 300.0
_RANDOM_BYTES: Final = 12
_PARAMETER: Final = re.compile(r'\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)')


class Algorithm(StrEnum):
    MD5 = "MD5"
    SHA256 = "SHA-256"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    STALE = "stale"  # right, but for a nonce that is not valid any more: the player may try again by itself
    REFUSED = "refused"


class DigestGuard:
    """Makes challenges and checks answers for a fixed set of users. Holds hashes, not passwords.

    Challenges are given in the order of `algorithms`. A player that knows only MD5 takes the last one
    it is given or the first one it knows, so MD5 comes last.
    """

    def __init__(
        self,
        users: Mapping[str, str],
        *,
        clock: Clock,
        key: bytes | None = None,
        algorithms: tuple[Algorithm, ...] = (Algorithm.SHA256, Algorithm.MD5),
    ) -> None:
        self._clock = clock
        self._key = key if key is not None else secrets.token_bytes(32)
        self._algorithms = algorithms
        self._hashes = {
            (algorithm, user): _hash(algorithm, f"{user}:{REALM}:{password}")
            for algorithm in algorithms
            for user, password in users.items()
        }

    def challenges(self, connection: str, *, stale: bool = False) -> list[str]:
        """Values of WWW-Authenticate, one an algorithm, all with the same new nonce for this connection."""
        nonce = self._make_nonce(connection)
        flag = ", stale=true" if stale else ""
        return [
            f'Digest realm="{REALM}", nonce="{nonce}", qop="auth", algorithm={algorithm}{flag}'
            for algorithm in self._algorithms
        ]

    def verify(self, authorization: str, *, method: str, uri: str, connection: str) -> Verdict:
        """Judge the Authorization header of a request of `method` for `uri` on this connection.

        The nonce is judged last: that an answer is stale is told only to who knows the password (RFC 7616, 3.3).
        """
        given = parse_authorization(authorization)
        if given is None or given.get("realm") != REALM or not _same_stream(given.get("uri", ""), uri):
            return Verdict.REFUSED
        if not self._answer_is_right(given, method):
            return Verdict.REFUSED
        if not self._nonce_is_valid(given.get("nonce", ""), connection):
            return Verdict.STALE
        return Verdict.ACCEPTED

    def _answer_is_right(self, given: Mapping[str, str], method: str) -> bool:
        algorithm = _algorithm_of(given)
        if algorithm not in self._algorithms or given.get("qop", "auth") != "auth":
            return False
        # An unknown user is compared with a random hash, so that the answer takes as long as for a known one.
        secret = self._hashes.get((algorithm, given.get("username", "")), secrets.token_hex(16))
        expected = answer(algorithm, secret, method, given)
        return hmac.compare_digest(expected.encode(), given.get("response", "").lower().encode())

    def _make_nonce(self, connection: str) -> str:
        issued = f"{int(self._clock.mono() * 1000):x}.{secrets.token_hex(_RANDOM_BYTES)}"
        return f"{issued}.{self._sign(issued, connection)}"

    def _nonce_is_valid(self, nonce: str, connection: str) -> bool:
        issued, _, signature = nonce.rpartition(".")
        if not hmac.compare_digest(self._sign(issued, connection).encode(), signature.encode()):
            return False
        # Ours, so it has the form that we gave it.
        age_s = self._clock.mono() - int(issued.partition(".")[0], 16) / 1000
        return age_s <= NONCE_LIFETIME_S

    def _sign(self, issued: str, connection: str) -> str:
        return hmac.new(self._key, f"{issued}.{connection}".encode(), hashlib.sha256).hexdigest()


def parse_authorization(header: str) -> dict[str, str] | None:
    """The parameters of a Digest header with lower-case names; None for another scheme or a malformed one."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    parameters: dict[str, str] = {}
    position = 0
    while position < len(rest):
        match = _PARAMETER.match(rest, position)
        if match is None:
            return None
        name, quoted, token = match.groups()
        parameters[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token
        position = match.end()
    return parameters


def claimed_user(authorization: str) -> str:
    """Who the header says that it comes from; '' when it says nothing. Not to be believed before it was verified."""
    return (parse_authorization(authorization) or {}).get("username", "")


def answer(algorithm: Algorithm, secret: str, method: str, given: Mapping[str, str]) -> str:
    """The response that `given` should hold (RFC 7616, 3.4.1), or without qop that of RFC 2617, 3.2.2.1.

    `secret` is the hash of user, realm and password.
    """
    request = _hash(algorithm, f"{method}:{given.get('uri', '')}")
    middle = [given.get("nonce", "")]
    if "qop" in given:
        middle += [given.get("nc", ""), given.get("cnonce", ""), given["qop"]]
    return _hash(algorithm, ":".join((secret, *middle, request)))


def _same_stream(named: str, uri: str) -> bool:
    """LIVE555, and so VLC, names the description's base in all its answers, not the track that a SETUP is for."""
    return named == uri or stream_of(named) == stream_of(uri) != ("", "")


def _algorithm_of(given: Mapping[str, str]) -> Algorithm | None:
    name = given.get("algorithm", Algorithm.MD5).upper()
    return Algorithm(name) if name in set(Algorithm) else None


def _hash(algorithm: Algorithm, text: str) -> str:
    if algorithm is Algorithm.MD5:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return hashlib.sha256(text.encode()).hexdigest()
