"""The contract for machines: the OpenAPI document, with all that follows from how a route is made.

Who may call is read off the dependencies that let him in, so that the document cannot say otherwise than the gateway.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from vigil.gateway import auth, examples, refusal_examples
from vigil.gateway.guards import Guards
from vigil.gateway.refusal_examples import REFUSALS

PROBLEM: Final = "application/problem+json"
_SAFE: Final = frozenset({"GET", "HEAD"})
_SHAPE: Final = {"$ref": "#/components/schemas/Problem"}
_RETRY: Final = {"Retry-After": {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds"}}
_RETRIED: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_AMBIGUOUS: Final = re.compile(r"vigil__gateway__([a-z_]+?)(?:_views?)?__([A-Z]\w*)")
_DESCRIPTION: Final = """\
Times are RFC 3339, in answers UTC to the millisecond. A browser brings the session's cookie, and with every unsafe request
an `Origin` of the centre; a program brings an API token and needs none. Where a role is held in some halls only, answers
tell of those, and what is of another hall answers like what does not exist (404).

Who inspects says what for before footage is shown: a person by `say_purpose`, a program with each request in the header
`Vigil-Purpose`. Else the answer is 403 with `"needs": "purpose"`, and the live picture's socket closes with 4428.
"""
_SCHEMES: Final = {
    "session": {"type": "apiKey", "in": "cookie", "name": auth.COOKIE, "description": "Set by logging in"},
    "token": {"type": "http", "scheme": "bearer", "description": "An API token; its scopes are permissions"},
}
_SHOWS_FOOTAGE: Final = {"$ref": "#/components/schemas/PurposeProblem"}
_PURPOSE: Final = {
    "Purpose": {
        "name": auth.PURPOSE,
        "in": "header",
        "description": "What a program looks for whose owner inspects: a line of at most 500 characters, percent-encoded UTF-8",
        "schema": {"type": "string"},
        "example": quote("核查 11 月 20 日投诉"),
    },
    "PurposeNumber": {
        "name": auth.PURPOSE_NUMBER,
        "in": "header",
        "description": "Of the case, if it has one: at most 64 characters, likewise",
        "schema": {"type": "string"},
        "example": "2026-153",
    },
}


class Contract(FastAPI):
    """The application, with a document of ours."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _document(self)
        return self.openapi_schema


def name_of(route: APIRoute) -> str:
    """A call is named like the function that answers it."""
    return route.name


def _document(app: FastAPI) -> dict[str, Any]:
    found = _named(get_openapi(title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes))
    found["components"] |= {"securitySchemes": _SCHEMES, "parameters": _PURPOSE}
    for unused in ("HTTPValidationError", "ValidationError"):
        found["components"]["schemas"].pop(unused, None)
    shown = _examples(found["components"]["schemas"])
    for context in iter_route_contexts(app.routes):
        for method in context.methods or ():
            operation = found["paths"].get(context.path, {}).get(method.lower())
            if operation is not None:
                _complete(operation, method, context)
                _exemplify(operation, shown)
    found["components"]["examples"] = {name: shown[name] for name in sorted(_referred(found["paths"], "examples"))}
    return found


def _examples(shapes: dict[str, Any]) -> dict[str, Any]:
    """By name: of a shape like it, of a refusal by what it means."""
    whole = examples.take_out(shapes)
    refusals = {name: one.value(whole) for name, one in REFUSALS.items()}
    return {name: {"value": value} for name, value in (whole | refusals).items()}


def _referred(part: Any, kind: str) -> list[str]:
    """Names of components of the kind that are referred to."""
    return re.findall(rf'"#/components/{kind}/(\w+)"', json.dumps(part))


def _named(contract: dict[str, Any]) -> dict[str, Any]:
    """Two nouns may have a shape of the same name; the noun stands before it then, and not the way to its module."""
    text = _AMBIGUOUS.sub(lambda found: f"{found[1].title().replace('_', '')}{found[2]}", json.dumps(contract))
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def _complete(operation: dict[str, Any], method: str, context: RouteContext) -> None:
    guards = Guards.of(context.dependant)
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
    operation["security"] = guards.security
    answers, usual = operation["responses"], set(_statuses(operation, method, guards))
    if HTTPStatus.UNPROCESSABLE_ENTITY not in usual:  # nothing is asked that could be malformed
        answers.pop("422", None)
    for status in usual:
        answers.setdefault(str(int(status)), {"description": status.phrase})
    for name, answer in answers.items():
        if int(name) >= HTTPStatus.BAD_REQUEST:
            answers[name] = _as_problem(answer, HTTPStatus(int(name)), guards, unsafe=method not in _SAFE)
    operation["responses"] = dict(sorted(answers.items()))
    if _shows_footage(operation):
        operation["parameters"] += [{"$ref": f"#/components/parameters/{name}"} for name in _PURPOSE]


def _exemplify(operation: dict[str, Any], shown: dict[str, Any]) -> None:
    """Each JSON that comes or goes has the example of its shape; refusals have theirs."""
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        media = part.get("content", {}).get("application/json")
        names = [name for name in _referred(media, "schemas") if name in shown]
        if names:
            media["examples"] = _refer(names[:1])


def _refer(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/examples/{name}"} for name in names}


def _statuses(operation: dict[str, Any], method: str, guards: Guards) -> Iterable[HTTPStatus]:
    """Refusals that nobody has to write down."""
    asked = operation.get("parameters", [])
    brings = "requestBody" in operation
    if guards.known:
        yield HTTPStatus.UNAUTHORIZED
    if guards.may_refuse or method not in _SAFE:  # of another Origin, for a start
        yield HTTPStatus.FORBIDDEN
    if any(one["in"] == "path" for one in asked):
        yield HTTPStatus.NOT_FOUND
    if brings:
        yield HTTPStatus.BAD_REQUEST  # a body that is no text at all
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if brings or asked:
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if guards.known:  # of whom the database knows
        yield HTTPStatus.SERVICE_UNAVAILABLE


def _shows_footage(operation: dict[str, Any]) -> bool:
    refused = operation["responses"].get(str(int(HTTPStatus.FORBIDDEN)), {})
    return bool(refused.get("content", {}).get(PROBLEM, {}).get("schema") == _SHOWS_FOOTAGE)


def _as_problem(answer: dict[str, Any], status: HTTPStatus, guards: Guards, *, unsafe: bool) -> dict[str, Any]:
    told = answer.get("content", {}).get("application/json", {}).get("schema", _SHAPE)
    if told == {"$ref": "#/components/schemas/HTTPValidationError"}:
        told = _SHAPE
    headers = answer.get("headers", {}) | (_RETRY if status in _RETRIED else {})
    shown = refusal_examples.names_of(status, _referred(told, "schemas")[0], guards, unsafe=unsafe)
    made = {"description": status.phrase, "content": {PROBLEM: {"schema": told, "examples": _refer(shown)}}}
    return made | ({"headers": headers} if headers else {})
