"""A version of the site as it is kept: its document, who entered it when and why, and from when on it is in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vigil.model.ids import NodeId
from vigil.model.site_changes import Change, ChangeKind, Noun


class Origin(StrEnum):
    FILE = "file"
    """Taken from the configuration file when the centre started."""
    APPLIED = "applied"
    """Entered by a person. From the first of them on the file's site counts no more."""


@dataclass(frozen=True, slots=True)
class SiteVersion:
    """`document` is described in vigil/config/site_file.py, `sha256` is its hash. `by` is a user name, `cli:` and that of the
    machine's user, or `vigil`.
    """

    number: int
    document: str = field(repr=False)
    sha256: str
    origin: Origin
    by: str
    why: str
    at: datetime
    effective_from: datetime


def in_force(versions: Iterable[SiteVersion], at: datetime) -> SiteVersion | None:
    """The one that begins last; of several that begin together the one that was entered last."""
    begun = (version for version in versions if version.effective_from <= at)
    return max(begun, key=lambda version: (version.effective_from, version.number), default=None)


def to_come(versions: Iterable[SiteVersion], at: datetime) -> tuple[SiteVersion, ...]:
    """Those that will be in force, in order. One that another replaces at its very beginning never will."""
    later: dict[datetime, SiteVersion] = {}
    for version in sorted(versions, key=lambda one: one.number):
        if version.effective_from > at:
            later[version.effective_from] = version
    return tuple(later[begin] for begin in sorted(later))


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """A site that somebody works at, twice the same: `document` as it would be kept, and `text` as a file. `nodes`: those
    that its cameras may name.
    """

    document: str = field(repr=False)
    text: str = field(repr=False)
    nodes: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """What is left behind by a thing that goes: alerts that go on or that nobody decided, and footage."""

    noun: Noun
    id: str
    name: str
    alerts: int
    footage_bytes: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A site that may be entered: its document, and what it changes.

    `after` is the newest version that was looked at; one that was entered meanwhile makes the proposal void. `effective_from`:
    None is at once. `replaced_by` will be in force later, and says nothing of these changes. `takes_over`: the configuration
    file's site counts no more once this is entered.
    """

    document: str = field(repr=False)
    after: int
    effective_from: datetime | None
    changes: tuple[Change, ...]
    losses: tuple[Loss, ...]
    replaced_by: tuple[SiteVersion, ...]
    takes_over: bool

    @property
    def removes(self) -> bool:
        return any(change.kind is ChangeKind.REMOVED and change.noun is not Noun.CALENDAR for change in self.changes)
