"""Who sees and does what with the ledger: the one place that says so."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, HTTPException

from vigil.gateway.auth import Person, require
from vigil.gateway.deps import GatewayDeps
from vigil.model.ids import ClipId, LedgerId
from vigil.model.ledger import Entry, EntryKind, Evidence, EvidenceKind, LedgerStep
from vigil.model.people import Permission
from vigil.store.ledger import LedgerRecord

LedgerReader = Annotated[Person, Depends(require(Permission.READ_LEDGER))]
Keeper = Annotated[Person, Depends(require(Permission.KEEP_LEDGER))]

_OF_FINDERS: Final = frozenset({LedgerStep.RELEASE, LedgerStep.REMARK, LedgerStep.ATTACH})
"""What those who enter findings do with theirs."""


def sees_unreleased(person: Person) -> bool:
    """A finding that is not released is there for those who inspect and for those who keep the ledger at the centre."""
    return person.may(Permission.ENTER_FINDINGS) or person.may(Permission.KEEP_LEDGER)


def visible(person: Person, entry: Entry) -> bool:
    return person.may(Permission.READ_LEDGER) and (entry.released or sees_unreleased(person))


def found(deps: GatewayDeps, person: Person, entry_id: LedgerId) -> LedgerRecord:
    """The entry, or 404 for whoever may not know of it."""
    record = deps.stores.ledger.find(entry_id)
    if record is None or not visible(person, record.entry):
        raise HTTPException(404, "There is no such entry.")
    return record


def hold_to_right(person: Person, kind: EntryKind, step: LedgerStep) -> None:
    """Raises 403. The keepers do everything, the inspectors enter findings and add to them."""
    if person.may(Permission.KEEP_LEDGER):
        return
    theirs = kind is EntryKind.FINDING and (step is LedgerStep.ENTER or step in _OF_FINDERS)
    if not (theirs and person.may(Permission.ENTER_FINDINGS)):
        raise HTTPException(403, f"This needs the permission {Permission.KEEP_LEDGER}.")


def shown_evidence(deps: GatewayDeps, person: Person, record: LedgerRecord) -> list[Evidence]:
    """Without clips that were pulled, for whoever may not know of pulls (vigil/gateway/clips.py)."""
    return [one for one in record.evidence if person.sees_pulls or not _is_pull(deps, one)]


def _is_pull(deps: GatewayDeps, one: Evidence) -> bool:
    if one.kind is not EvidenceKind.CLIP or one.subject is None:
        return False
    clip = deps.stores.clips.find(ClipId(one.subject))
    return clip is None or clip.pulled
