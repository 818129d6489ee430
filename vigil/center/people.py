"""Entering people from the command line, beside a running centre."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vigil.center.sections import open_database
from vigil.config import Configuration
from vigil.errors import StoreError
from vigil.gateway.passwords import Passwords
from vigil.model.people import Role
from vigil.store.stores import Stores
from vigil.store.users import User

SHORTEST_PASSWORD = 10


def add(
    configuration: Configuration, username: str, name: str, unit: str, roles: frozenset[Role], password: str
) -> None:
    """Raises StoreError when the name is taken, is none, or the password is too short."""
    if not username.isprintable() or not username.strip():
        raise StoreError("a user needs a name")
    _require_length(password)
    with _stores(configuration) as stores:
        if stores.users.find(username) is not None:
            raise StoreError(f"there is a user {username} already. Use `vigil user password` for a new password")
        stores.users.add(User(username, name, unit, roles), Passwords().hash(password))


def listed(configuration: Configuration) -> list[User]:
    with _stores(configuration) as stores:
        return stores.users.all()


def set_password(configuration: Configuration, username: str, password: str) -> None:
    """Raises StoreError when there is no such user or the password is too short."""
    _require_length(password)
    with _stores(configuration) as stores:
        stores.users.set_password(username, Passwords().hash(password))
        stores.sessions.end_all(username)


def disable(configuration: Configuration, username: str) -> None:
    """Raises StoreError when there is no such user."""
    with _stores(configuration) as stores:
        stores.users.set_disabled(username, disabled=True)
        stores.sessions.end_all(username)


def _require_length(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise StoreError(f"a password of {len(password)} characters is too short. Use {SHORTEST_PASSWORD} or more")


@contextmanager
def _stores(configuration: Configuration) -> Iterator[Stores]:
    database = open_database(configuration)
    try:
        yield Stores.over(database)
    finally:
        database.close()
