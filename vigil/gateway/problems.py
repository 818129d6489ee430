"""Errors as `application/problem+json` (RFC 9457). What a caller sent is never repeated: it may be a password."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from vigil.errors import (
    ArchiveError,
    ObjectMissing,
    ReportsBusy,
    ReportsDied,
    SealError,
    StoreError,
    UnstorableError,
)
from vigil.gateway.request_id import HEADER, request_id

_log = structlog.get_logger(__name__)
_RETRY_AFTER_S: Final = 5


class Conflict(HTTPException):
    """A refusal that says what is the case instead: `told` stands in the answer beside its detail."""

    def __init__(self, status: int, detail: str, headers: dict[str, str], told: Mapping[str, Any]) -> None:
        super().__init__(status, detail, headers)
        self.told = told


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """The one shape of an error answer. `request_id` is that of the log."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if (mine := request_id()) is not None:
        more = {"request_id": mine, **more}
    return JSONResponse(body | more, status, dict(headers or {}), media_type="application/problem+json")


def install(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(StoreError, _no_database)
    app.add_exception_handler(UnstorableError, _unstorable)
    app.add_exception_handler(ObjectMissing, _no_object)
    app.add_exception_handler(ReportsBusy, _busy)
    app.add_exception_handler(ReportsDied, _given_up)
    app.add_exception_handler(SealError, _sealed)
    app.add_exception_handler(ArchiveError, _no_archive)
    app.add_exception_handler(Exception, _defect)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    refusal = cast("HTTPException", error)
    told = refusal.told if isinstance(refusal, Conflict) else {}
    return problem(refusal.status_code, str(refusal.detail), refusal.headers, **told)


async def _malformed(_request: Request, error: Exception) -> JSONResponse:
    found = cast("RequestValidationError", error).errors()
    faults = [{"where": ".".join(str(part) for part in fault["loc"]), "what": str(fault["msg"])} for fault in found]
    return problem(422, "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults), errors=faults)


async def _no_database(request: Request, error: Exception) -> JSONResponse:
    _log.error("store_failed", path=request.url.path, error=str(error))
    return problem(503, "The database does not answer.", {"Retry-After": str(_RETRY_AFTER_S)})


async def _unstorable(_request: Request, _error: Exception) -> JSONResponse:
    return problem(422, "A value that the database cannot hold.")


async def _no_archive(request: Request, error: Exception) -> JSONResponse:
    _log.error("archive_failed", path=request.url.path, error=str(error))
    return problem(503, "The archive does not answer.", {"Retry-After": str(_RETRY_AFTER_S)})


async def _busy(_request: Request, error: Exception) -> JSONResponse:
    return problem(503, f"{error}. Ask again in a moment.", {"Retry-After": str(_RETRY_AFTER_S)})


async def _given_up(_request: Request, _error: Exception) -> JSONResponse:
    """The centre's log has said why."""
    return problem(
        503, "The process that makes reports ended over it. Ask again.", {"Retry-After": str(_RETRY_AFTER_S)}
    )


async def _sealed(request: Request, error: Exception) -> JSONResponse:
    _log.error("secret_sealed", path=request.url.path, error=str(error))
    return problem(503, "A secret of the centre cannot be opened; its log says why.")


async def _no_object(request: Request, error: Exception) -> JSONResponse:
    _log.error("object_missing", path=request.url.path, error=str(error))
    return problem(404, "The archive has no such object.")


async def _defect(request: Request, error: Exception) -> JSONResponse:
    """The traceback is the web server's to log; it knows of no id. This answer does not pass the middleware."""
    _log.error("request_failed", path=request.url.path, error=type(error).__name__)
    mine = request_id()
    return problem(500, "An error in vigil; its log says more.", None if mine is None else {HEADER: mine})
