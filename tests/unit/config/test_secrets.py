from __future__ import annotations

import os
import stat
import traceback
from pathlib import Path

import pytest

from vigil.config import read_secret
from vigil.config.secrets import make_secret_file
from vigil.errors import SecretError
from vigil.model.site import Secret

FILE = Secret(file="a.key")
ENV = Secret(env="VIGIL_TEST_SECRET")


def test_a_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIGIL_TEST_SECRET", " hunter2\n")
    assert read_secret(ENV, tmp_path) == "hunter2"


def test_a_secret_in_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "a.key").write_text("密码 hunter2\n", encoding="utf-8")
    assert read_secret(FILE, tmp_path) == "密码 hunter2"


def test_a_secret_in_a_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.key").write_text("hunter2", encoding="utf-8")
    assert read_secret(Secret(file=str(tmp_path / "a.key")), Path("/nowhere")) == "hunter2"


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_a_variable_without_a_secret_is_named(
    value: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("VIGIL_TEST_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("VIGIL_TEST_SECRET", value)
    with pytest.raises(
        SecretError, match=r"environment variable VIGIL_TEST_SECRET is not set\. Set it before starting"
    ):
        read_secret(ENV, tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SecretError, match=r"a\.key cannot be read \(No such file or directory\)\. Create it with mode 600"
    ):
        read_secret(FILE, tmp_path)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.key").write_text("\n", encoding="utf-8")
    with pytest.raises(SecretError, match=r"a\.key is empty\. Write the secret into it"):
        read_secret(FILE, tmp_path)


def test_a_file_that_is_no_text_is_named_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "a.key").write_bytes(b"hunter2\xff")
    with pytest.raises(SecretError, match=r"a\.key is not UTF-8 text") as caught:
        read_secret(FILE, tmp_path)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None


def test_a_secret_without_a_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="env: NAME or file: PATH"):
        read_secret(Secret(), tmp_path)


def test_a_made_secret_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_secret_file(Secret(file="keys/a.key"), tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys" / "a.key").stat().st_mode) == 0o600
    assert len(bytes.fromhex(read_secret(Secret(file="keys/a.key"), tmp_path))) == 32


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    make_secret_file(FILE, tmp_path)
    first = read_secret(FILE, tmp_path)
    make_secret_file(FILE, tmp_path)
    assert read_secret(FILE, tmp_path) == first


def test_two_secrets_differ(tmp_path: Path) -> None:
    make_secret_file(FILE, tmp_path)
    make_secret_file(Secret(file="b.key"), tmp_path)
    assert read_secret(FILE, tmp_path) != read_secret(Secret(file="b.key"), tmp_path)


def test_a_secret_of_the_environment_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SecretError):
        make_secret_file(ENV, tmp_path)
    assert list(tmp_path.iterdir()) == []
