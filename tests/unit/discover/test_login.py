from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime

from vigil.discover import document
from vigil.discover.login import Login, digest, token


def test_the_digest_of_the_guide() -> None:
    """The worked example of ONVIF's Application Programmer's Guide, section 6.1.1.3."""
    nonce = b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    assert digest("userpassword", nonce, "2010-09-16T07:50:45Z") == "tuOSpGlFlIXsozq4HFNeeGeFLEI="


def test_a_token_has_the_time_that_it_is_given() -> None:
    header = token(Login("a<b&c", "s3cret"), datetime(2026, 3, 2, 1, 2, 3, 999_999, tzinfo=UTC), b"n" * 16)
    root = document.parse(f'<x xmlns:s="urn:s">{header}</x>'.encode())
    told = root.first("Security", "UsernameToken")
    assert told is not None
    assert told.value("Username") == "a<b&c"
    assert told.value("Created") == "2026-03-02T01:02:03Z"
    assert told.value("Password") == digest("s3cret", b"n" * 16, "2026-03-02T01:02:03Z")
    assert "s3cret" not in header


def test_each_token_is_another() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    assert token(Login("a", "b"), at) != token(Login("a", "b"), at)


def test_a_password_is_not_shown() -> None:
    assert "s3cret" not in repr(Login("a", "s3cret"))
