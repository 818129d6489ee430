"""Who sees and does what with the ledger: the one place that says so."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, HTTPException

from vigil.gateway.auth import Person, require
from vigil.gateway.clips import sees
from vigil.gateway.deps import GatewayDeps
from vigil.model.ids import ClipId, HallId, LedgerId
from vigil.model.ledger import Entry, EntryKind, Evidence, EvidenceKind, LedgerStep
from vigil.model.people import Halls, Permission
from vigil.store.ledger import LedgerRecord

LedgerReader = Annotated[Person, Depends(require(Permission.READ_LEDGER))]
Keeper = Annotated[Person, Depends(require(Permission.KEEP_LEDGER))]

_OF_FINDERS: Final = frozenset({LedgerStep.RELEASE, LedgerStep.REMARK, LedgerStep.ATTACH})
"""What those who enter findings do with theirs."""


def sees_unreleased(person: Person) -> Halls:
    """Where: a finding that is not released is there for those who inspect and for those who keep the ledger."""
    return person.rights.halls(Permission.ENTER_FINDINGS) | person.rights.halls(Permission.KEEP_LEDGER)


def visible(person: Person, entry: Entry) -> bool:
    """In the entry's hall. What is not released is hidden from its hall (article 8(6))."""
    return person.may_in(entry.hall, Permission.READ_LEDGER) and (
        entry.released or entry.hall in sees_unreleased(person)
    )


def found(deps: GatewayDeps, person: Person, entry_id: LedgerId) -> LedgerRecord:
    """The entry, or 404 for whoever may not know of it."""
    record = deps.stores.ledger.find(entry_id)
    if record is None or not visible(person, record.entry):
        raise HTTPException(404, "There is no such entry.")
    return record


def hold_to_right(person: Person, hall: HallId, kind: EntryKind, step: LedgerStep) -> None:
    """Raises 403. The keepers of the hall's entries do everything, its inspectors enter findings and add to them."""
    if person.may_in(hall, Permission.KEEP_LEDGER):
        return
    theirs = kind is EntryKind.FINDING and (step is LedgerStep.ENTER or step in _OF_FINDERS)
    if not (theirs and person.may_in(hall, Permission.ENTER_FINDINGS)):
        raise HTTPException(403, f"This needs the permission {Permission.KEEP_LEDGER} in the entry's hall.")


def shown_evidence(deps: GatewayDeps, person: Person, record: LedgerRecord) -> list[Evidence]:
    """Without clips that the person may not know of (vigil/gateway/clips.py)."""
    return [one for one in record.evidence if _shown(deps, person, one)]


def _shown(deps: GatewayDeps, person: Person, one: Evidence) -> bool:
    if one.kind is not EvidenceKind.CLIP or one.subject is None:
        return True
    clip = deps.stores.clips.find(ClipId(one.subject))
    return clip is not None and sees(deps, person, clip)
