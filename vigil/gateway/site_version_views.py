"""What the API says of the site's versions and of what changes between them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.site import Calendar, ClipRules, Recording, Retention, Thresholds
from vigil.model.site_changes import Change, ChangeKind, Noun
from vigil.model.site_versions import Origin, Proposal, SiteDraft, SiteVersion

EXAMPLE: Final = """\
site:
  name: 梅州市政务服务中心
  calendars:
    usual: {workdays: china, hours: ["09:00-12:00", "14:00-17:00"]}
  halls:
    - id: gongan
      name: 公安分厅
      department: 市公安局
      calendar: usual
      groups:
        - id: gongan-huji
          name: 户籍业务
          windows:
            - {id: gongan-2, name: 2号窗口, kind: general}
"""
"""A site as YAML."""


class SiteVersionView(BaseModel):
    """`by_name`: of a person who is still known here."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            number=7,
            origin="applied",
            by="admin",
            by_name="赵敏",
            why="2 号窗口改为综合窗口",
            at="2026-11-20T08:12:00.000Z",
            effective_from="2026-11-22T16:00:00.000Z",
            sha256="6b27eba5652b46d31ef75f17784c2709ac019809c47ca538e91c0ab54a80892f",
        )
    )

    number: int
    origin: Origin
    by: str
    by_name: str | None
    why: str
    at: Time
    effective_from: Time
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

    model_config = ConfigDict(json_schema_extra=shown(in_force=7, running=7))

    items: list[SiteVersionView]
    in_force: int | None
    running: int | None


class SiteDocumentView(BaseModel):
    """`document` is YAML, as `vigil export` writes it. `number`: None of a site that is not entered yet."""

    model_config = ConfigDict(json_schema_extra=shown(number=7, document=EXAMPLE))

    number: int | None
    document: str


class SiteDraftView(BaseModel):
    """`document` is YAML, and `site` the same as keys and values, those that have their default left out. `usual` are the
    defaults of calendars, thresholds, clips, retention and recording; `nodes` those that cameras may name.
    """

    model_config = ConfigDict(
        json_schema_extra=shown(
            document="site: {name: 梅州市政务服务中心}\n",
            site={"name": "梅州市政务服务中心"},
            usual={"retention": asdict(Retention())},
            nodes=["node-1"],
        )
    )

    document: str
    site: dict[str, Any]
    usual: dict[str, dict[str, Any]]
    nodes: list[str]

    @classmethod
    def of(cls, draft: SiteDraft) -> Self:
        return cls(
            document=draft.text,
            site=json.loads(draft.document),
            usual={
                "calendar": asdict(Calendar()),
                "thresholds": asdict(Thresholds()),
                "clips": asdict(ClipRules()),
                "retention": asdict(Retention()),
                "recording": asdict(Recording()),
            },
            nodes=list(draft.nodes),
        )


class KeyChangeView(BaseModel):
    """Values are JSON; None: the key has its default."""

    model_config = ConfigDict(json_schema_extra=shown(key="kind", before='"sector"', after='"general"'))

    key: str
    before: str | None
    after: str | None


class SiteChangeView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(kind="changed", noun="window", id="gongan-2", name="2号窗口", hall="gongan")
    )

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

    model_config = ConfigDict(
        json_schema_extra=shown(
            noun="camera", id="gongan-hall", name="大厅摄像机", alerts=2, footage_bytes=1395864371200
        )
    )

    noun: Noun
    id: str
    name: str
    alerts: int
    footage_bytes: int


class SiteProposalView(BaseModel):
    """`removes`: it is entered only with `remove`. `replaced_by`: versions that will be in force later, without these changes.
    `takes_over`: the configuration file's site counts no more afterwards.
    """

    model_config = ConfigDict(json_schema_extra=shown(losses=[], replaced_by=[]))

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
