"""Who is logged in, as the API says it."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel

from vigil.gateway.auth import Duty, Person
from vigil.model.ids import HallId
from vigil.model.people import Permission, Role
from vigil.model.site import Site


class MeView(BaseModel):
    """`halls`: the ids of those in which the person may do anything; None: all.

    `duties`: what must be done before anything else.
    """

    username: str
    name: str
    unit: str
    roles: list[Role]
    halls: list[HallId] | None
    permissions: list[Permission]
    duties: list[Duty]
    site: str
    notice: str | None

    @classmethod
    def of(cls, person: Person, site: Site) -> Self:
        return cls(
            username=person.user.username,
            name=person.user.name,
            unit=person.user.unit,
            roles=sorted(person.user.roles),
            halls=None if person.halls.named is None else sorted(person.halls.named),
            permissions=sorted(person.rights.permissions),
            duties=list(person.duties),
            site=site.name,
            notice=site.notice,
        )
