"""Puts the gateway together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from vigil import __version__
from vigil.gateway import (
    accounts,
    alert_steps,
    alerts,
    api_tokens,
    clips,
    completeness,
    health,
    ledger,
    ledger_export,
    ledger_files,
    live,
    minutes,
    mutes,
    notifications,
    oidc_login,
    own,
    problems,
    purposes,
    register,
    reports,
    retention,
    rosters,
    screen,
    session,
    site,
    site_versions,
    status,
    stills,
    suspensions,
    timeline,
)
from vigil.gateway.contract import Contract, name_of
from vigil.gateway.deps import GatewayDeps
from vigil.gateway.metrics import MeasureRequests
from vigil.gateway.refusals import refuses
from vigil.gateway.request_id import RequestIds
from vigil.gateway.security import OriginGuard, SecurityHeaders

API: Final = "/api/v1"
UPLINK: Final = "/uplink"
"""Where nodes speak. They bring a key of their own, no cookie and no Origin."""

_NOUNS: Final = (
    session,
    purposes,
    oidc_login,
    own,
    api_tokens,
    accounts,
    site,
    site_versions,
    status,
    alerts,
    alert_steps,
    mutes,
    ledger_files,  # before the ledger's steps, whose pattern would take "files" for one
    ledger,
    ledger_export,
    suspensions,
    rosters,
    clips,
    timeline,
    stills,
    completeness,
    minutes,
    live,
    notifications,
    register,
    retention,
    reports,
)


def create_app(deps: GatewayDeps, extra_routers: Sequence[APIRouter] = ()) -> FastAPI:
    """The ASGI application. `extra_routers` stand below /uplink and authenticate by themselves."""
    app = _with_calls(
        Middleware(RequestIds),
        Middleware(SecurityHeaders, tls=deps.secure_cookie),
        Middleware(MeasureRequests, metrics=deps.metrics),
        Middleware(OriginGuard, origins=deps.origins, exempt=(UPLINK,)),
    )
    app.state.deps = deps
    problems.install(app)
    for router in extra_routers:
        app.include_router(router)
    app.include_router(health.router)
    app.include_router(screen.router)  # last: it takes every path that is left
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document. It is the same for every centre, and needs none."""
    return _with_calls().openapi()


def _with_calls(*middleware: Middleware) -> Contract:
    app = Contract(
        title="vigil",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=name_of,
        middleware=middleware,
    )
    for noun in _NOUNS:
        app.include_router(noun.router, prefix=API, responses=refuses(422))
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.deps.events.close()
