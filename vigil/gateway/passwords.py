"""Passwords: argon2id hashes. A check costs the same whether the user exists or not."""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

NONE: Final = "!"
"""In place of a hash: the person has no password here. As for one who does not exist, none is right."""


class Passwords:
    """Each check takes about 64 MiB and 50 ms with the default hasher, so callers bound how many run at once."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """`password_hash` is None for a user who does not exist: that takes as long, and is False."""
        known = password_hash if password_hash not in {None, NONE} else None
        try:
            self._hasher.verify(known or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return known is not None

    def is_outdated(self, password_hash: str) -> bool:
        """True when today's cost is another than that of the hash."""
        return self._hasher.check_needs_rehash(password_hash)
