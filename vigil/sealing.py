"""Secrets at rest: sealed with AES-256-GCM under a key that is in no database, bound to whose they are.

Sealed text is `v1.KEY.DATA`: KEY names the key it was sealed with, so that keys can be changed, and DATA is nonce and
ciphertext. The key is derived from the configured secret, which is long and random: no slow derivation is needed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vigil.errors import SealError

SHORTEST_SECRET: Final = 32
"""Characters: 16 bytes as hex, the least that a made key has."""
_NONCE: Final = 12
_VERSION: Final = "v1"


class Seal:
    """The key in force, and older ones that still open what was sealed with them."""

    def __init__(self, secret: str, older: Sequence[str] = ()) -> None:
        """Raises SealError for a secret that is too short to be a key."""
        keys = [_derived(one) for one in (secret, *older)]
        self._ciphers = {_name(key): AESGCM(key) for key in keys}
        self._current = _name(keys[0])

    @classmethod
    def made(cls) -> Self:
        """With a key of its own, for tests and for what need not outlive the process."""
        return cls(secrets.token_hex(32))

    def seal(self, secret: bytes, owner: str) -> str:
        nonce = secrets.token_bytes(_NONCE)
        data = nonce + self._ciphers[self._current].encrypt(nonce, secret, owner.encode())
        return f"{_VERSION}.{self._current}.{base64.urlsafe_b64encode(data).decode()}"

    def open(self, sealed: str, owner: str) -> bytes:
        """Raises SealError for what was sealed with a key that is not here, for somebody else, or was altered."""
        version, name, data = (*sealed.split("."), "", "")[:3]
        cipher = self._ciphers.get(name)
        if version != _VERSION or cipher is None:
            raise SealError(
                "a secret is sealed with a key that is not here. Add the older key to center.identity.old_keys"
            )
        try:
            raw = base64.b64decode(data.encode(), altchars=b"-_", validate=True)
            return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode())
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise SealError(f"what is sealed for {owner} was altered, or is somebody else's") from error

    def seal_again(self, owner: str, sealed: str) -> str:
        """With the key in force. Raises SealError."""
        return self.seal(self.open(sealed, owner), owner)


def _derived(secret: str) -> bytes:
    if len(secret) < SHORTEST_SECRET:
        raise SealError(
            f"the key for secrets has less than {SHORTEST_SECRET} characters. Make one: openssl rand -hex 32"
        )
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vigil secrets at rest").derive(secret.encode())


def _name(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]
