"""RFC 6238, appendix B (SHA-1), and what is ours: the window, recovery codes, the link."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from vigil.gateway import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_the_rfc(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(SECRET, totp.step_of(at), digits=8) == code
    assert totp.matching_step(SECRET, code[-6:], at) == seconds // 30


def test_a_code_holds_a_step_before_and_after() -> None:
    at = datetime.fromtimestamp(3000, UTC)
    codes = {step: totp.code_at(SECRET, step) for step in range(97, 104)}
    found = {step: totp.matching_step(SECRET, code, at) for step, code in codes.items()}
    assert found == {97: None, 98: None, 99: 99, 100: 100, 101: 101, 102: None, 103: None}


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "１２３４５６"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert totp.matching_step(SECRET, code, datetime.fromtimestamp(59, UTC)) is None


def test_the_link_names_centre_and_account() -> None:
    parts = urlsplit(totp.link(SECRET, "李明", "vigil 梅州"))
    values = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert values["secret"] == ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]
    assert values["issuer"] == ["vigil 梅州"]


def test_recovery_codes_are_random_and_forgive_how_they_are_typed() -> None:
    codes = {totp.new_recovery_code() for _ in range(100)}
    assert len(codes) == 100
    code = codes.pop()
    assert len(code.replace("-", "")) == 16
    assert totp.recovery_hash(code.upper().replace("-", " ")) == totp.recovery_hash(code)
