"""Who is logged in, as the API says it."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.auth import Duty, Person
from vigil.gateway.examples import shown
from vigil.model.ids import HallId
from vigil.model.people import PERMISSIONS, Halls, Permission, Role
from vigil.model.purposes import Purpose
from vigil.model.site import Site


class PurposeView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(text="核查 11 月 20 日投诉", number="2026-153"))

    text: str
    number: str

    @classmethod
    def of(cls, purpose: Purpose) -> Self:
        return cls(text=purpose.text, number=purpose.number)


class MeView(BaseModel):
    """`halls`: the ids of those in which the person may do anything; None: all.

    `duties`: what must be done before anything else. `inspects`: the halls in which nothing is seen without a purpose; None: all.
    """

    model_config = ConfigDict(
        json_schema_extra=shown(
            username="wang",
            name="王芳",
            unit="市政务服务中心",
            permissions=sorted(PERMISSIONS[Role.OPERATOR]),
            duties=[],
            inspects=[],
            site="梅州市政务服务中心",
        )
    )

    username: str
    name: str
    unit: str
    roles: list[Role]
    halls: list[HallId] | None
    permissions: list[Permission]
    duties: list[Duty]
    inspects: list[HallId] | None
    purpose: PurposeView | None
    site: str
    notice: str | None

    @classmethod
    def of(cls, person: Person, site: Site) -> Self:
        return cls(
            username=person.user.username,
            name=person.user.name,
            unit=person.user.unit,
            roles=sorted(person.user.roles),
            halls=_ids(person.halls),
            permissions=sorted(person.rights.permissions),
            duties=list(person.duties),
            inspects=_ids(person.inspects),
            purpose=None if person.purpose is None else PurposeView.of(person.purpose),
            site=site.name,
            notice=site.notice,
        )


def _ids(halls: Halls) -> list[HallId] | None:
    return None if halls.named is None else sorted(halls.named)
