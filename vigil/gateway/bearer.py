"""API tokens as text: `vigil_`, 40 random letters and digits, and a checksum of six.

The prefix is what scanners for leaked secrets look for; the checksum tells a token that was cut short from one that is
wrong without asking the database.
"""

from __future__ import annotations

import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "vigil_"
_ALPHABET: Final = string.digits + string.ascii_letters
_RANDOM: Final = 40
_CHECKSUM: Final = 6


def make() -> str:
    """238 random bits."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{PREFIX}{body}{_checksum(body)}"


def is_one(text: str) -> bool:
    body, checksum = text[len(PREFIX) : -_CHECKSUM], text[-_CHECKSUM:]
    return text.startswith(PREFIX) and len(body) == _RANDOM and checksum == _checksum(body)


def _checksum(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return text
