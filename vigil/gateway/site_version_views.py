"""What the API says of the site's versions and of what changes between them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from vigil.model.site_changes import Change, ChangeKind, Noun
from vigil.model.site_versions import Origin, Proposal, SiteVersion


class SiteVersionView(BaseModel):
    """`by_name`: of a person who is still known here."""

    number: int
    origin: Origin
    by: str
    by_name: str | None
    why: str
    at: datetime
    effective_from: datetime
    sha256: str

    @classmethod
    def of(cls, version: SiteVersion, by_name: str | None) -> Self:
        return cls(
            number=version.number,
            origin=version.origin,
            by=version.by,
            by_name=by_name,
            why=version.why,
            at=version.at,
            effective_from=version.effective_from,
            sha256=version.sha256,
        )


class SiteVersionList(BaseModel):
    """The newest first. `in_force` is the number of the version whose time it is, `running` of the one that is served: they
    differ for some seconds, or where the centre's log says why (`site_version_refused`).
    """

    items: list[SiteVersionView]
    in_force: int | None
    running: int | None


class SiteDocumentView(BaseModel):
    """`document` is YAML, as `vigil export` writes it. `number`: None of a site that is not entered yet."""

    number: int | None
    document: str


class KeyChangeView(BaseModel):
    """Values are JSON; None: the key has its default."""

    key: str
    before: str | None
    after: str | None


class SiteChangeView(BaseModel):
    kind: ChangeKind
    noun: Noun
    id: str
    name: str
    hall: str | None
    keys: list[KeyChangeView]

    @classmethod
    def of(cls, change: Change) -> Self:
        return cls(
            kind=change.kind,
            noun=change.noun,
            id=change.id,
            name=change.name,
            hall=change.hall,
            keys=[KeyChangeView(key=key.key, before=key.before, after=key.after) for key in change.keys],
        )


class SiteDiffView(BaseModel):
    changes: list[SiteChangeView]


class LossView(BaseModel):
    """What is left behind by a thing that goes: alerts that go on or wait for a decision, and footage."""

    noun: Noun
    id: str
    name: str
    alerts: int
    footage_bytes: int


class SiteProposalView(BaseModel):
    """`removes`: it is entered only with `remove`. `replaced_by`: versions that will be in force later, without these changes.
    `takes_over`: the configuration file's site counts no more afterwards.
    """

    changes: list[SiteChangeView]
    losses: list[LossView]
    removes: bool
    replaced_by: list[int]
    takes_over: bool

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        return cls(
            changes=[SiteChangeView.of(change) for change in proposal.changes],
            losses=[
                LossView(
                    noun=loss.noun,
                    id=loss.id,
                    name=loss.name,
                    alerts=loss.alerts,
                    footage_bytes=loss.footage_bytes,
                )
                for loss in proposal.losses
            ],
            removes=proposal.removes,
            replaced_by=[version.number for version in proposal.replaced_by],
            takes_over=proposal.takes_over,
        )
