"""For machines that watch the machine: is it alive, and its figures."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from fastapi import APIRouter, HTTPException
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vigil.archive.objects import ObjectStore
from vigil.errors import VigilError
from vigil.gateway.auth import find_person
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.model.people import Permission

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers; says nothing of the database, so that nobody restarts us for its sake."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(request: Request, deps: Deps) -> Response:
    """Whether the parts answer without which nothing is shown and nothing taken in. For who may read the metrics."""
    _require_right(request, deps)
    parts = {"database": _fault(deps.stores.register.head), "archive": _fault(lambda: _ask(deps.objects))}
    ready = not any(parts.values())
    told = {name: fault or "ok" for name, fault in parts.items()}
    return JSONResponse({"status": "ready" if ready else "not ready", **told}, 200 if ready else 503)


@router.get("/metrics", response_class=Response)
def metrics(request: Request, deps: Deps) -> Response:
    _require_right(request, deps)
    return Response(generate_latest(deps.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _require_right(request: Request, deps: GatewayDeps) -> None:
    if not _has_token(request, deps):
        person = find_person(request, deps)
        if person is None:
            raise HTTPException(401, "Log in first, or bring the configured token.", {"WWW-Authenticate": "Bearer"})
        if not person.may(Permission.READ_METRICS):
            raise HTTPException(403, f"This needs the permission {Permission.READ_METRICS}.")


def _ask(objects: ObjectStore) -> None:
    objects.free_bytes()
    next(objects.list("readyz/"), None)


def _fault(check: Callable[[], object]) -> str | None:
    """What is wrong, in one line: the probe's caller may read it, it may read the metrics."""
    try:
        check()
    except VigilError as error:
        return str(error)
    return None


def _has_token(request: Request, deps: GatewayDeps) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if deps.metrics_token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(token.encode(), deps.metrics_token.encode())
