"""Other platforms as users: what each may read, and how the register names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigil.config import RtspSettings, RtspUser, read_secret
from vigil.errors import SecretError
from vigil.model.ids import CameraId
from vigil.model.site import Site
from vigil.store.users import User

SHORTEST_PASSWORD: Final = 10
"""As for people. Whoever hears a digest over a clear line can try passwords at home, so make it a long random one."""


@dataclass(frozen=True, slots=True)
class Account:
    """`person` is what the register shows: a platform is no person, but its unit answers for it."""

    person: User
    reason: str
    cameras: frozenset[CameraId]


def accounts(settings: RtspSettings, site: Site) -> dict[str, Account]:
    """By user name. What is not listed is not allowed."""
    return {user.name: _account(user, site) for user in settings.users}


def passwords(settings: RtspSettings, folder: Path) -> Mapping[str, str]:
    """By user name. Raises SecretError for one that is missing or short."""
    found = {}
    for user in settings.users:
        found[user.name] = read_secret(user.password, folder)
        if len(found[user.name]) < SHORTEST_PASSWORD:
            raise SecretError(f"the password of RTSP user {user.name} has less than {SHORTEST_PASSWORD} characters")
    return found


def _account(user: RtspUser, site: Site) -> Account:
    cameras = {camera.id for hall in site.halls if hall.id in user.halls for camera in hall.cameras} | {*user.cameras}
    # The colon keeps its name apart from those of people, who log in elsewhere.
    person = User(f"rtsp:{user.name}", user.name, user.unit, frozenset())
    return Account(person, user.reason, frozenset(cameras))
