"""Codes of six digits that change each 30 s (RFC 6238), and recovery codes for whoever has lost the telephone.

Twenty lines over `hmac` instead of a package: the arithmetic is fixed since 2011 and has vectors to test with, and what
goes wrong with second factors is what no package does, that a code is taken twice (the caller holds that).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""As long as the hash (RFC 4226, section 4)."""
STEPS_APART: Final = 1
"""How far the person's clock may be from ours, and how late he may type."""
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Of a time step: seconds since 1970 ÷ 30."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // STEP_S


def matching_step(secret: bytes, code: str, at: datetime) -> int | None:
    """The time step that the code belongs to; None when it is none of now, just before or just after."""
    now = step_of(at)
    found = None
    for step in range(now - STEPS_APART, now + STEPS_APART + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """For who types it in."""
    return base64.b32encode(secret).decode()


def link(secret: bytes, account: str, issuer: str) -> str:
    """What authenticator apps read from a QR code."""
    values = {"secret": as_text(secret), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{quote(f'{issuer}:{account}')}?{urlencode(values, quote_via=quote)}"


def new_recovery_code() -> str:
    """80 random bits, in groups that can be copied by hand."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def recovery_hash(code: str) -> str:
    """However it was typed. 80 random bits need no slow hash."""
    return hashlib.sha256("".join(code.split()).replace("-", "").lower().encode()).hexdigest()
