"""The access register, for those who answer for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from vigil.gateway.auth import Person, require
from vigil.gateway.deps import Deps
from vigil.gateway.views import EntryView, RegisterList
from vigil.model.people import Permission

router = APIRouter(tags=["register"])


@router.get("/register")
def register(
    _: Annotated[Person, Depends(require(Permission.READ_REGISTER))],
    deps: Deps,
    cursor: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RegisterList:
    page = deps.stores.register.page(before=cursor, limit=limit)
    return RegisterList(
        items=[EntryView.of(entry) for entry in page.items],
        next=None if page.next is None else str(page.next),
    )
