"""What the command says before it asks anybody, and how a password's place is written."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vigil import cli
from vigil.discover import command, finding
from vigil.discover.finding import Found
from vigil.discover.interfaces import Interface
from vigil.discover.login import Login
from vigil.errors import DiscoveryError

HALL = Interface("eth0", IPv4Address("10.1.2.3"))
WIDE = Interface("eth1", IPv4Address("203.0.113.5"))
LOOPBACK = Interface("lo", IPv4Address("127.0.0.1"))


class Asked:
    """Stands in for the search, and remembers what it was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ours: list[str] = []
        self.given: list[str] = []
        self.login: Login | None = None
        self.found = Found((), (), 0)
        monkeypatch.setattr(finding, "find", self.find)
        monkeypatch.setattr(command, "interfaces", lambda: (LOOPBACK, HALL, WIDE))

    async def find(self, ours, given, login, clock, timeout_s, say) -> Found:  # type: ignore[no-untyped-def]
        self.ours, self.given, self.login = [str(one) for one in ours], [one.address for one in given], login
        return self.found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["discover", *arguments])


@pytest.mark.parametrize(
    ("arguments", "ours", "given"),
    [
        ((), ["10.1.2.3"], []),
        (("--interface", "eth1"), ["203.0.113.5"], []),
        (("--address", "203.0.113.5", "--interface", "eth0"), ["203.0.113.5", "10.1.2.3"], []),
        (("--host", "192.0.2.7", "--host", "192.0.2.8:81"), [], ["192.0.2.7:80", "192.0.2.8:81"]),
        (("--host", "192.0.2.7", "--interface", "eth0"), ["10.1.2.3"], ["192.0.2.7:80"]),
    ],
)
def test_who_is_asked(asked: Asked, arguments: tuple[str, ...], ours: list[str], given: list[str]) -> None:
    result = run(*arguments)
    assert (asked.ours, asked.given) == (ours, given)
    assert result.exit_code == 1
    assert "No camera answered" in result.stderr


def test_the_password_comes_from_a_file_or_the_environment(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p").write_text(" s3cret \n", encoding="utf-8")
    run("--username", "v", "--password-file", str(tmp_path / "p"))
    assert asked.login == Login("v", "s3cret")
    monkeypatch.setenv("CAMERAS", "other")
    run("--username", "v", "--password-env", "CAMERAS")
    assert asked.login == Login("v", "other")


@pytest.mark.parametrize(
    ("output", "written"), [("site/found.yaml", "../secrets/p"), ("found.yaml", "secrets/p"), (None, "/secrets/p")]
)
def test_the_passwords_place_is_relative_to_the_output(tmp_path: Path, output: str | None, written: str) -> None:
    file = tmp_path / "secrets" / "p"
    account = command._account("v", file, None, tmp_path / output if output else None)
    assert account is not None
    assert account.password.file is not None
    assert account.password.file.endswith(written)
    assert Path(account.password.file).is_absolute() == (output is None)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--username", "v"), "together with --password-file"),
        (("--password-env", "X"), "together with --password-file"),
        (("--username", "v", "--password-env", "X", "--password-file", "found.yaml"), "together with --password-file"),
        (("--username", "v", "--password-env", "NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE is not set"),
        (("--host", "v:s3cret@192.0.2.7"), "is no host"),
        (("--address", "x"), "is no IPv4 address"),
        (("--interface", "eth9"), "eth9 has no IPv4 address. One of lo (127.0.0.1), eth0 (10.1.2.3)"),
        (("--output", "found.yaml"), "found.yaml exists"),
        (("--timeout", "0"), "--timeout"),
    ],
)
def test_what_is_wrong_is_said_before_anybody_is_asked(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "found.yaml").touch()
    result = run(*arguments)
    assert result.exit_code != 0
    assert what in " ".join(result.stderr.split())
    assert (asked.ours, asked.given) == ([], [])


def test_no_private_address(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "interfaces", lambda: (LOOPBACK, WIDE))
    result = run()
    assert result.exit_code == 1
    assert "no interface of this machine has a private IPv4 address" in result.stderr
    assert "eth1 (203.0.113.5)" in result.stderr


def test_none_could_be_read(asked: Asked) -> None:
    asked.found = Found((), (DiscoveryError("192.0.2.7:80", "x"),), 1)
    result = run("--host", "192.0.2.7")
    assert result.exit_code == 1
    assert "1 device(s) answered, and none could be read" in result.stderr
