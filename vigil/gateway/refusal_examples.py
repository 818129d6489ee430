"""Examples of refusals in the gateway's own words; a test has it say each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from vigil.gateway.guards import Guards

REQUEST_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`told` stands beside the detail; `showing` are fields that hold the example of a shape, or with `[]` a list of one."""

    status: HTTPStatus
    detail: str
    shape: str = "Problem"
    told: Mapping[str, Any] = field(default_factory=dict)
    showing: Mapping[str, str] = field(default_factory=dict)

    def value(self, shapes: Mapping[str, Any]) -> dict[str, Any]:
        said = {"type": "about:blank", "title": self.status.phrase, "status": int(self.status), "detail": self.detail}
        shown = {
            name: [shapes[shape[:-2]]] if shape.endswith("[]") else shapes[shape]
            for name, shape in self.showing.items()
        }
        return {**said, "request_id": REQUEST_ID, **self.told, **shown}


REFUSALS: Final = {
    "NoText": Refusal(HTTPStatus.BAD_REQUEST, "There was an error parsing the body"),
    "NobodyKnown": Refusal(HTTPStatus.UNAUTHORIZED, "Log in first."),
    "WrongPassword": Refusal(HTTPStatus.UNAUTHORIZED, "Wrong user name or password.", "CodeProblem"),
    "CodeNeeded": Refusal(
        HTTPStatus.UNAUTHORIZED,
        "Enter the code of your second factor, or a recovery code.",
        "CodeProblem",
        {"needs": "code"},
    ),
    "NotPermitted": Refusal(HTTPStatus.FORBIDDEN, "This needs the permission decide."),
    "NotByHand": Refusal(HTTPStatus.FORBIDDEN, "This is for a person, not for a token."),
    "AnotherOrigin": Refusal(HTTPStatus.FORBIDDEN, "The request's Origin is not this centre."),
    "PurposeNeeded": Refusal(
        HTTPStatus.FORBIDDEN, "First say what you look for.", "PurposeProblem", {"needs": "purpose"}
    ),
    "NotThere": Refusal(HTTPStatus.NOT_FOUND, "There is no such alert."),
    "OverAlready": Refusal(HTTPStatus.CONFLICT, "The suspension is over already."),
    "AlertBeyond": Refusal(
        HTTPStatus.CONFLICT,
        "The alert is acknowledged already.",
        "AlertProblem",
        showing={"alert": "AlertView"},
    ),
    "EntryNotSoFar": Refusal(
        HTTPStatus.CONFLICT, "The entry is due.", "LedgerProblem", showing={"entry": "LedgerView"}
    ),
    "WouldRemove": Refusal(
        HTTPStatus.CONFLICT,
        "Something would be removed. If that is meant, say remove.",
        "SiteProblem",
        showing={"losses": "LossView[]"},
    ),
    "RosterInTheWay": Refusal(
        HTTPStatus.CONFLICT,
        "Nothing was entered: some rows cannot be.",
        "RosterProblem",
        showing={"roster": "RosterView"},
    ),
    "NoRoster": Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This is neither CSV nor XLSX, or it is damaged.",
        "RosterProblem",
        {"fault": "no-table", "right": []},
    ),
    "AlertOvertaken": Refusal(
        HTTPStatus.PRECONDITION_FAILED,
        "wang took the step acknowledge first.",
        "AlertProblem",
        showing={"alert": "AlertView"},
    ),
    "EntryOvertaken": Refusal(
        HTTPStatus.PRECONDITION_FAILED,
        "li took the step remark first.",
        "LedgerProblem",
        showing={"entry": "LedgerView"},
    ),
    "SiteOvertaken": Refusal(
        HTTPStatus.PRECONDITION_FAILED, "Somebody entered another version. Look at it first.", "SiteProblem"
    ),
    "TooLarge": Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "A body has at most 64 KiB here."),
    "OfNoKnownKind": Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "A JPEG, PNG, PDF or MP4 file."),
    "OutsideTheClip": Refusal(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "The range lies outside the clip."),
    "Malformed": Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "body.note: Field required",
        told={"errors": [{"where": "body.note", "what": "Field required"}]},
    ),
    "DocumentAtFault": Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "1 faults in the document.",
        "SiteProblem",
        {
            "errors": [
                {"where": "site.nmae", "what": "unknown key 'nmae'", "line": 3, "remedy": "Did you mean 'name'?"},
            ]
        },
    ),
    "VersionNotSaid": Refusal(
        HTTPStatus.PRECONDITION_REQUIRED,
        "If-Match says which version was changed: the ETag of GET /site/document.",
        "SiteProblem",
    ),
    "TooManyTries": Refusal(HTTPStatus.TOO_MANY_REQUESTS, "Too many tries."),
    "NoDatabase": Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer."),
}


def names_of(status: HTTPStatus, shape: str, guards: Guards, *, unsafe: bool) -> Iterator[str]:
    """Of the examples that a call answers with this status and shape."""
    if status is not HTTPStatus.FORBIDDEN:
        yield from (name for name, one in REFUSALS.items() if (one.status, one.shape) == (status, shape))
        return
    told = {
        "NotPermitted": bool(guards.permissions),
        "NotByHand": guards.by_hand,
        "AnotherOrigin": unsafe,
        "PurposeNeeded": shape == "PurposeProblem",
    }
    yield from (name for name, holds in told.items() if holds)
