"""What a route says of its answers beside the usual one: refusals as problems, and bodies that are not JSON.

Refusals that follow from how a route is made (no session, no permission, no such thing, a malformed request) stand in
contract.py; here are those that only the route knows.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel

from vigil.gateway.alert_views import AlertView
from vigil.gateway.ledger_views import LedgerView

Responses = dict[int | str, dict[str, Any]]
"""As FastAPI takes them."""


class Fault(BaseModel):
    """`where`: the way to the field, as `body.from_at`. `what` never repeats what was sent."""

    where: str
    what: str


class Problem(BaseModel):
    """RFC 9457. `errors` where a request did not have the form that this document asks for; `request_id` is that of the log."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[Fault] = []


class CodeProblem(Problem):
    """With `needs` the password was right, and the code of the second factor is asked for."""

    needs: Literal["code"] = "code"


class PurposeProblem(Problem):
    """With `needs` the person inspects there, and has not said yet what for."""

    needs: Literal["purpose"] = "purpose"


class AlertProblem(Problem):
    """With the alert as it stands, where it was the step that was refused."""

    alert: AlertView | None = None


class LedgerProblem(Problem):
    """With the entry as it stands, where it was the step that was refused."""

    entry: LedgerView | None = None


def refuses(*statuses: int, problem: type[Problem] = Problem) -> Responses:
    return {status: {"model": problem, "description": HTTPStatus(status).phrase} for status in statuses}


def gives(*media_types: str, status: int = 200, described: str = "The file") -> Responses:
    """Bytes or text of these kinds."""
    content = {name: {"schema": {"type": "string"}} for name in media_types}
    return {status: {"description": described, "content": content}}


def tells(status: int, described: str) -> Responses:
    """Without a body."""
    return {status: {"description": described}}


def tagged(status: int = 200) -> Responses:
    """The answer bears the version that `If-Match` takes."""
    return {
        status: {"headers": {"ETag": {"required": True, "schema": {"type": "string"}, "description": "Its version"}}}
    }
