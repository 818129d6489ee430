from __future__ import annotations

import secrets

import pytest

from vigil.errors import SealError
from vigil.sealing import Seal

OLD, NEW = secrets.token_hex(32), secrets.token_hex(32)


def test_what_is_sealed_is_opened_and_reads_as_nothing() -> None:
    sealed = Seal(OLD).seal(b"secret", "li")
    assert Seal(OLD).open(sealed, "li") == b"secret"
    assert "secret" not in sealed
    assert Seal(OLD).seal(b"secret", "li") != sealed


def test_nobody_opens_what_is_sealed_for_another() -> None:
    sealed = Seal(OLD).seal(b"secret", "li")
    with pytest.raises(SealError, match="zhang"):
        Seal(OLD).open(sealed, "zhang")


@pytest.mark.parametrize("change", [lambda s: s[:-6] + "AAAAA=", lambda s: s + "!", lambda s: s[:20]])
def test_what_was_altered_is_not_opened(change: object) -> None:
    sealed = Seal(OLD).seal(b"secret", "li")
    with pytest.raises(SealError):
        Seal(OLD).open(change(sealed), "li")  # type: ignore[operator]


@pytest.mark.parametrize("sealed", ["", "v1", "v2.aaaa.bbbb", "plain text"])
def test_what_is_no_seal_is_not_opened(sealed: str) -> None:
    with pytest.raises(SealError, match="old_keys"):
        Seal(OLD).open(sealed, "li")


def test_keys_are_changed_without_losing_anything() -> None:
    sealed = Seal(OLD).seal(b"secret", "li")
    with pytest.raises(SealError, match="old_keys"):
        Seal(NEW).open(sealed, "li")
    again = Seal(NEW, [OLD]).seal_again("li", sealed)
    assert Seal(NEW).open(again, "li") == b"secret"


def test_a_key_that_is_short_is_refused_without_being_told() -> None:
    with pytest.raises(SealError, match="openssl rand") as caught:
        Seal("hunter2hunter2")
    assert "hunter2" not in str(caught.value)
