"""Versions of the site, for those who keep it: drafted, proposed, entered, compared. Each is in the register."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vigil.errors import CalendarError, ConfigError
from vigil.gateway.auth import Person, require_everywhere
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.problems import Conflict
from vigil.gateway.refusals import Problem, refuses, tagged
from vigil.gateway.site_version_views import (
    EXAMPLE,
    LossView,
    SiteChangeView,
    SiteDiffView,
    SiteDocumentView,
    SiteDraftView,
    SiteProposalView,
    SiteVersionList,
    SiteVersionView,
)
from vigil.gateway.times import Moment
from vigil.model.people import Permission
from vigil.model.site_versions import Proposal

MAX_DOCUMENT: Final = 4 * 1024 * 1024
"""Bytes of a request: the site of a city with two thousand cameras and their zones takes 2 MiB."""
_NAME: Final = "site.yaml"
"""What faults call the document."""

_FURTHEST: Final = timedelta(days=3660)

Keeper = Annotated[Person, Depends(require_everywhere(Permission.KEEP_SITE))]


class DocumentRoute(GuardedRoute):
    limit = MAX_DOCUMENT


router = APIRouter(tags=["site"], prefix="/site", route_class=DocumentRoute)


class DocumentFault(BaseModel):
    """`line`: of the document, counted from 1; None: the rule that is broken stands in the centre's own file."""

    where: str
    what: str
    line: int | None = None
    remedy: str | None = None


class SiteProblem(Problem):
    """`errors`: what is wrong in the document, or in the request. `losses`: what things leave behind that would go."""

    errors: list[DocumentFault] = Field(default_factory=list)  # type: ignore[assignment]
    losses: list[LossView] = Field(default_factory=list)


class Drafted(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=shown(document=EXAMPLE))

    document: str
    """YAML, or JSON, which is YAML."""


class Proposed(Drafted):
    effective_from: Moment | None = None


class Entered(Proposed):
    model_config = ConfigDict(json_schema_extra=shown(document=EXAMPLE, why="2 号窗口改为综合窗口"))

    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    remove: bool = Field(default=False)


@router.get("/document", responses=tagged() | refuses(404))
def read_site_document(
    _: Keeper, deps: Deps, answer: Response, version: Annotated[int | None, Query(ge=1)] = None
) -> SiteDocumentView:
    """What is served now, or a version of before. The ETag is of all versions: it goes into If-Match of the next."""
    now = deps.site_desk.now()
    text = deps.site_desk.export(version)
    if text is None:
        raise HTTPException(404, "There is no such version.")
    answer.headers["ETag"] = _etag(deps)
    return SiteDocumentView(number=version or (None if now is None else now.number), document=text)


@router.get("/versions")
def list_site_versions(_: Keeper, deps: Deps) -> SiteVersionList:
    names = {user.username: user.name for user in deps.stores.users.all()}
    now = deps.site_desk.now()
    return SiteVersionList(
        items=[SiteVersionView.of(one, names.get(one.by)) for one in reversed(deps.site_desk.versions())],
        in_force=None if now is None else now.number,
        running=deps.site_desk.running,
    )


@router.get("/diff", responses=refuses(404))
def compare_site_versions(
    _: Keeper, deps: Deps, after: Annotated[int, Query(ge=1)], before: Annotated[int | None, Query(ge=1)] = None
) -> SiteDiffView:
    """Without `before` from nothing."""
    found = deps.site_desk.difference(before, after)
    if found is None:
        raise HTTPException(404, "There is no such version.")
    return SiteDiffView(changes=[SiteChangeView.of(change) for change in found])


@router.post("/drafts", responses=refuses(422, problem=SiteProblem))
def read_site_draft(_: Keeper, deps: Deps, drafted: Drafted) -> SiteDraftView:
    """A text as keys and values for forms, and these as text. Nothing is kept, and no rule between values is looked at yet."""
    try:
        return SiteDraftView.of(deps.site_desk.draft(drafted.document, _NAME))
    except ConfigError as error:
        raise _faulty(error) from None


@router.post("/proposals", responses=refuses(422, problem=SiteProblem))
def propose_site(_: Keeper, deps: Deps, proposed: Proposed) -> SiteProposalView:
    """What would change, and nothing does."""
    return SiteProposalView.of(_proposal(deps, proposed))


@router.post("/versions", status_code=201, responses=tagged(201) | refuses(409, 412, 422, 428, problem=SiteProblem))
def enter_site_version(
    keeper: Keeper,
    deps: Deps,
    entered: Entered,
    answer: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> SiteVersionView:
    tag = _etag(deps)
    if if_match is None:
        raise HTTPException(428, "If-Match says which version was changed: the ETag of GET /site/document.")
    if if_match != tag:
        raise _stale(tag)
    proposal = _proposal(deps, entered)
    if not proposal.changes and not proposal.takes_over:
        raise HTTPException(409, "The site is so already.")
    if proposal.removes and not entered.remove:
        losses = [loss.model_dump(mode="json") for loss in SiteProposalView.of(proposal).losses]
        raise Conflict(409, "Something would be removed. If that is meant, say remove.", {}, {"losses": losses})
    version = deps.site_desk.enter(proposal, keeper.user, entered.why)
    if version is None:
        raise _stale(_etag(deps))
    answer.headers["ETag"] = _etag(deps)
    return SiteVersionView.of(version, keeper.user.name)


def _proposal(deps: GatewayDeps, proposed: Proposed) -> Proposal:
    at: datetime | None = proposed.effective_from
    if at is not None and at > deps.clock.now() + _FURTHEST:
        raise HTTPException(422, "Nobody knows a site so long before.")
    try:
        return deps.site_desk.propose(proposed.document, _NAME, at)
    except ConfigError as error:
        raise _faulty(error) from None
    except (CalendarError, ValueError) as error:
        raise HTTPException(422, str(error)) from error


def _faulty(error: ConfigError) -> Conflict:
    faults = [
        {
            "where": fault.where,
            "line": fault.line if fault.file == _NAME else None,
            "what": fault.what,
            "remedy": fault.remedy,
        }
        for fault in error.faults
    ]
    return Conflict(422, f"{len(faults)} faults in the document.", {}, {"errors": faults})


def _etag(deps: GatewayDeps) -> str:
    """Changes when a version is entered, and when the time of one comes."""
    now, known = deps.site_desk.now(), deps.site_desk.versions()
    return f'"{0 if now is None else now.number}-{known[-1].number if known else 0}"'


def _stale(tag: str) -> Conflict:
    return Conflict(412, "Somebody entered another version. Look at it first.", {"ETag": tag}, {})
