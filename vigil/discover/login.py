"""The account of a camera, and how ONVIF proves it: a UsernameToken (WS-Security, UsernameToken Profile 1.0) in each request.

The password itself never goes over the network. Its digest holds the time, and cameras take only what is a few seconds old
by their own clock, so the token is dated by the camera's clock.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

_WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str = field(repr=False)


def token(login: Login, at: datetime, nonce: bytes | None = None) -> str:
    """The SOAP header. `at` is the time by the camera's clock."""
    nonce = nonce if nonce is not None else secrets.token_bytes(16)
    created = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'<wsse:Security xmlns:wsse="{_WSSE}-wssecurity-secext-1.0.xsd" '
        f'xmlns:wsu="{_WSSE}-wssecurity-utility-1.0.xsd" s:mustUnderstand="1"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(login.username)}</wsse:Username>"
        f'<wsse:Password Type="{_WSSE}-username-token-profile-1.0#PasswordDigest">'
        f"{digest(login.password, nonce, created)}</wsse:Password>"
        f'<wsse:Nonce EncodingType="{_WSSE}-soap-message-security-1.0#Base64Binary">'
        f"{b64encode(nonce).decode()}</wsse:Nonce>"
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


def digest(password: str, nonce: bytes, created: str) -> str:
    """Base64(SHA-1(nonce + created + password)), as the profile has it; SHA-1 is not ours to choose."""
    return b64encode(
        hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    ).decode()
