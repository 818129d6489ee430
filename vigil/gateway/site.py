"""The halls, windows and cameras, as a screen shows them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from vigil.gateway.auth import CurrentPerson
from vigil.gateway.deps import Deps
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.site_view import SiteView

router = APIRouter(tags=["site"], route_class=GuardedRoute)


@router.get("/site")
def read_site(person: CurrentPerson, deps: Deps) -> SiteView:
    """Those halls in which the person may do anything."""
    return SiteView.of(deps.site, person.halls)


@router.get("/openapi.json", include_in_schema=False)
def read_openapi(_: CurrentPerson, request: Request) -> dict[str, Any]:
    """The contract for machines. Behind the session: it is a map of what there is."""
    schema: dict[str, Any] = request.app.openapi()
    return schema
