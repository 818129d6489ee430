"""`vigil discover`: what is asked, in which order, and what is said on the way. Results go to a file or standard output,
everything else to standard error."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from vigil.clock import SystemClock
from vigil.config import read_secret
from vigil.discover import entry
from vigil.discover.entry import Account
from vigil.discover.interfaces import Interface, interfaces
from vigil.discover.login import Login
from vigil.discover.place import Device, parse_host
from vigil.errors import DiscoveryError, VigilError
from vigil.model.site import Secret

if TYPE_CHECKING:
    from vigil.discover.finding import Found

_NOTHING: Final = (
    "No camera answered. Is this machine in the cameras' network, and is ONVIF with its discovery switched on in their "
    "menus? Switches and firewalls often keep multicast back (UDP, port 3702): give the cameras' addresses with --host, or "
    "this machine's address in their network with --address"
)
_NO_INTERFACE: Final = (
    "no interface of this machine has a private IPv4 address. Give the one in the cameras' network with --address, or the "
    "cameras' own addresses with --host"
)


@click.command("discover")
@click.option("--interface", "names", multiple=True, help="Ask from this network interface, by name.")
@click.option("--address", "addresses", multiple=True, help="Ask from this IPv4 address of ours.")
@click.option("--host", "hosts", multiple=True, help="Ask this camera: HOST or HOST:PORT.")
@click.option("--username", help="An account of the cameras that may watch and nothing else.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its password.")
@click.option("--password-env", help="The environment variable with its password.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0.5, 60), default=5.0, help="Seconds for each answer.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the entries there.")
def discover(
    names: tuple[str, ...],
    addresses: tuple[str, ...],
    hosts: tuple[str, ...],
    username: str | None,
    password_file: Path | None,
    password_env: str | None,
    timeout_s: float,
    output: Path | None,
) -> None:
    """Find the cameras of a hall's network by ONVIF, and write entries of the configuration for them."""
    try:
        account = _account(username, password_file, password_env, output)
        login = Login(account.username, read_secret(account.password, _folder(output))) if account else None
        given = tuple(_device(host) for host in hosts)
        ours = _ours(names, addresses) if names or addresses or not given else ()
        if output is not None and output.exists():
            raise click.UsageError(
                f"{output} exists. Say another name, or remove it: you may have finished it by hand."
            )
        from vigil.discover.finding import find  # noqa: PLC0415, only who looks for cameras loads an HTTP client

        found = asyncio.run(find(ours, given, login, SystemClock(), timeout_s, _said))
        _tell(found, account, output)
    except (VigilError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _said(line: str) -> None:
    click.echo(line, err=True)


def _tell(found: Found, account: Account | None, output: Path | None) -> None:
    if not found.answered:
        raise click.ClickException(_NOTHING)
    if not found.choices:
        raise click.ClickException(f"{found.answered} device(s) answered, and none could be read; see above.")
    head = [
        "Found by `vigil discover`. These go below a hall, as its cameras: (docs/guide/discover.md). An id is for good:",
        "choose it before the first start. Zones are still to be drawn.",
        *(f"NOT READ: {failure}" for failure in sorted(found.failures, key=str)),
    ]
    text = entry.document(found.choices, account, head)
    if output is None:
        click.echo(text, nl=False)
        return
    with output.open("x", encoding="utf-8") as stream:
        stream.write(text)
    warnings = sum(len(choice.warnings) for choice in found.choices)
    click.echo(
        f"{output}: {len(found.choices)} camera(s), {warnings} warning(s), {len(found.failures)} not read.", err=True
    )


def _account(username: str | None, file: Path | None, variable: str | None, output: Path | None) -> Account | None:
    if (username is None) != (file is None and variable is None) or (file is not None and variable is not None):
        raise click.UsageError("Give --username together with --password-file or --password-env, or none of them.")
    if username is None:
        return None
    if file is None:
        return Account(username, Secret(env=variable))
    # Paths begin at the configuration's folder. Which that is only --output tells; a whole path is right everywhere.
    written = os.path.relpath(file.absolute(), _folder(output).absolute()) if output else str(file.absolute())
    return Account(username, Secret(file=written))


def _folder(output: Path | None) -> Path:
    return output.parent if output is not None else Path()


def _device(text: str) -> Device:
    try:
        return parse_host(text)
    except ValueError as error:
        raise click.UsageError(f"--host: {error}.") from None


def _ours(names: tuple[str, ...], addresses: tuple[str, ...]) -> tuple[IPv4Address, ...]:
    """The addresses to ask from; without any word of them those that are private."""
    known = interfaces()
    found = [_address(text) for text in addresses]
    for name in names:
        of_it = [one.address for one in known if one.name == name]
        if not of_it:
            raise click.UsageError(f"--interface: {name} has no IPv4 address. One of {_listed(known)}.")
        found += of_it
    if not names and not addresses:
        found = [one.address for one in known if one.is_private]
        if not found:
            raise DiscoveryError("this machine", f"{_NO_INTERFACE}. It has {_listed(known) or 'none'}")
    return tuple(dict.fromkeys(found))


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError:
        raise click.UsageError(f"--address: {text!r} is no IPv4 address. For example 192.0.2.1.") from None


def _listed(known: Iterable[Interface]) -> str:
    return ", ".join(f"{one.name} ({one.address})" for one in known)
