"""Keeping people's accounts from the command line, beside a running centre. Every change is in the register.

The register names the machine's user in place of a person: whoever may write the database needs no role.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from vigil.center.sections import open_database, site_of
from vigil.center.site import in_force
from vigil.clock import Clock, SystemClock
from vigil.config import Configuration
from vigil.errors import StoreError
from vigil.gateway.password_rules import fault_of
from vigil.gateway.passwords import Passwords
from vigil.model.people import Grant, require_sound
from vigil.model.register import Action
from vigil.store.stores import Stores
from vigil.store.users import User

_CLOCK: Final[Clock] = SystemClock()


def add(
    configuration: Configuration,
    username: str,
    name: str,
    unit: str,
    grants: frozenset[Grant],
    password: str,
    *,
    initial: bool = False,
) -> None:
    """Raises StoreError when the name is taken, is none, the password breaks a rule, or the grants cannot be meant.

    `initial`: whoever enters the person knows the password, so it must be changed at the first login.
    """
    if not username.isprintable() or not username.strip():
        raise StoreError("a user needs a name")
    _require_good(password, username, name, unit)
    with _stores(configuration) as stores:
        _require_sound(configuration, stores, grants)
        if stores.users.find(username) is not None:
            raise StoreError(f"there is a user {username} already. Use `vigil user password` for a new password")
        hashed = Passwords().hash(password)
        with stores.database.write():
            stores.users.add(User(username, name, unit, grants), hashed, initial=initial)
            _enter(stores, username, f"added, {name}, {unit}, roles {_texts(grants)}")


def listed(configuration: Configuration) -> list[User]:
    with _stores(configuration) as stores:
        return stores.users.all()


def set_password(configuration: Configuration, username: str, password: str, *, initial: bool = False) -> None:
    """Sessions and tokens end. Raises StoreError when there is no such user or the password breaks a rule."""
    _require_good(password, username)
    with _changing(configuration) as stores:
        stores.users.set_password(username, Passwords().hash(password), initial=initial)
        _shut(stores, username)
        _enter(stores, username, "password reset")


def set_grants(configuration: Configuration, username: str, grants: frozenset[Grant]) -> None:
    """Raises StoreError when there is no such user or the grants cannot be meant."""
    with _changing(configuration) as stores:
        _require_sound(configuration, stores, grants)
        stores.users.set_grants(username, grants)
        _enter(stores, username, f"roles {_texts(grants)}")


def disable(configuration: Configuration, username: str) -> None:
    """Raises StoreError when there is no such user."""
    with _changing(configuration) as stores:
        stores.users.set_disabled(username, disabled=True)
        _shut(stores, username)
        _enter(stores, username, "disabled")


def enable(configuration: Configuration, username: str) -> None:
    """Raises StoreError when there is no such user."""
    with _changing(configuration) as stores:
        stores.users.set_disabled(username, disabled=False)
        _enter(stores, username, "enabled")


def log_out(configuration: Configuration, username: str) -> None:
    """Ends every session and revokes every token. Raises StoreError when there is no such user."""
    with _changing(configuration) as stores:
        if stores.users.find(username) is None:
            raise StoreError(f"there is no user {username!r}")
        _shut(stores, username)
        _enter(stores, username, "sessions ended, tokens revoked")


def reset_second_factor(configuration: Configuration, username: str) -> None:
    """Raises StoreError when the user has none."""
    with _changing(configuration) as stores:
        if not stores.second_factors.remove(username):
            raise StoreError(f"{username!r} has no second factor")
        stores.sessions.end_all(username)
        _enter(stores, username, "second factor removed")


def _shut(stores: Stores, username: str) -> None:
    stores.sessions.end_all(username)
    stores.api_tokens.revoke_all(username)


def _enter(stores: Stores, username: str, what: str) -> None:
    hand = User(f"cli:{getpass.getuser()}", "vigil user", "中心主机", frozenset())
    stores.register.append(hand, Action.ACCOUNT, f"account {username}: {what}", at=_CLOCK.now())


def _texts(grants: frozenset[Grant]) -> str:
    return ", ".join(sorted(str(grant) for grant in grants)) or "none"


def _require_sound(configuration: Configuration, stores: Stores, grants: frozenset[Grant]) -> None:
    site = site_of(in_force(configuration, stores.site_versions, _CLOCK))
    try:
        require_sound(grants, [hall.id for hall in site.halls])
    except ValueError as error:
        raise StoreError(str(error)) from error


def _require_good(password: str, *about: str) -> None:
    fault = fault_of(password, *about)
    if fault is not None:
        raise StoreError(fault)


@contextmanager
def _stores(configuration: Configuration) -> Iterator[Stores]:
    database = open_database(configuration)
    try:
        yield Stores.over(database)
    finally:
        database.close()


@contextmanager
def _changing(configuration: Configuration) -> Iterator[Stores]:
    with _stores(configuration) as stores, stores.database.write():
        yield stores
