"""Files as evidence of the ledger: photographs, documents and short videos, held to their kind and size, and never run.

Whoever downloads one may see footage, so no byte leaves before the register has it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO, Final, cast

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from vigil.gateway.auth import Person
from vigil.gateway.conditions import Condition, OnCondition
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.ledger import answered
from vigil.gateway.ledger_access import LedgerReader, found, hold_to_right, shown_evidence
from vigil.gateway.ledger_views import LedgerView
from vigil.gateway.objects import ObjectResponse, attachment
from vigil.gateway.purposes import enter_look, require_purpose
from vigil.gateway.refusals import LedgerProblem, PurposeProblem, gives, refuses, tagged
from vigil.model.ids import LedgerId
from vigil.model.ledger import Evidence, EvidenceKind, LedgerStep, StoredFile
from vigil.model.register import Action
from vigil.store.ledger import LedgerOutcome, LedgerTaking

MAX_FILE: Final = 20 * 1024 * 1024
_IN_MEMORY: Final = 1024 * 1024
_KINDS: Final = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", ".jpg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", ".png"),
    (re.compile(rb"%PDF-"), "application/pdf", ".pdf"),
    (re.compile(rb"....ftyp", re.DOTALL), "video/mp4", ".mp4"),
)
"""How files of each kind begin: what a browser or a name says of a file is not asked."""


class FileRoute(GuardedRoute):
    limit = MAX_FILE


router = APIRouter(tags=["ledger"], route_class=FileRoute)

_UPLOAD: Final = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for _, kind, _ in _KINDS},
    }
}


@router.post(
    "/ledger/{entry_id}/files",
    status_code=201,
    openapi_extra=_UPLOAD,
    responses=tagged(201) | refuses(409, 412, problem=LedgerProblem) | refuses(413, 415),
)
async def attach_ledger_file(
    person: LedgerReader,
    deps: Deps,
    on: OnCondition,
    request: Request,
    answer: Response,
    entry_id: LedgerId,
    name: Annotated[str, Query(min_length=1, max_length=200)],
) -> LedgerView:
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        size, digest = 0, hashlib.sha256()
        async for chunk in request.stream():
            size += len(chunk)
            digest.update(chunk)
            file.write(chunk)
        stored = cast("BinaryIO", file)
        return await run_in_threadpool(
            _keep, deps, person, entry_id, stored, size, digest.hexdigest(), name, on, answer
        )


@router.get(
    "/ledger/{entry_id}/files/{evidence_id}",
    response_class=Response,
    responses=gives(*(kind for _, kind, _ in _KINDS)) | refuses(403, problem=PurposeProblem),
)
def download_ledger_file(person: LedgerReader, deps: Deps, entry_id: LedgerId, evidence_id: str) -> Response:
    record = found(deps, person, entry_id)
    one = next((one for one in shown_evidence(deps, person, record) if one.id == evidence_id), None)
    if one is None or one.file is None:
        raise HTTPException(404, "There is no such file.")
    require_purpose(person, record.entry.hall)
    with ExitStack() as unless_answered:
        reader = deps.objects.open(one.file.object_key)
        unless_answered.callback(reader.close)
        subject = f"ledger {record.entry.number or record.entry.id}: file {one.id}, {one.file.sha256}"
        enter_look(deps, person, Action.EXPORT, subject)
        unless_answered.pop_all()
    headers = {
        "Content-Length": str(one.file.size),
        "Content-Disposition": attachment(one.file.name, f"{one.id}{_ending(one.file.content_type)}"),
    }
    return ObjectResponse(reader, headers=headers, media_type=one.file.content_type)


def _keep(
    deps: GatewayDeps,
    person: Person,
    entry_id: LedgerId,
    file: BinaryIO,
    size: int,
    sha256: str,
    name: str,
    on: Condition,
    answer: Response,
) -> LedgerView:
    record = found(deps, person, entry_id)
    hold_to_right(person, record.entry.hall, record.entry.kind, LedgerStep.ATTACH)
    content_type = _kind(file)
    evidence_id = secrets.token_hex(10)
    key = f"ledger/{record.entry.id}/{evidence_id}"
    plain = re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", name)
    stored = StoredFile(plain, key, size, sha256, content_type)
    now, by = deps.clock.now(), person.user.username
    file.seek(0)
    deps.objects.put(key, file, size=size, sha256=sha256, content_type=content_type)
    evidence = Evidence(evidence_id, EvidenceKind.FILE, now, by, file=stored)
    note = f"{plain} {sha256}"
    taking = LedgerTaking(LedgerStep.ATTACH, by, now, note, evidence=evidence, seen=on.seen, key=on.key)
    result = deps.stores.ledger.take(entry_id, taking)
    if result is None or result.outcome is not LedgerOutcome.TAKEN:
        deps.objects.delete(key)  # nothing refers to it
    if result is None:
        raise HTTPException(404, "There is no such entry.")
    return answered(deps, person, result, answer)


def _kind(file: BinaryIO) -> str:
    file.seek(0)
    begin = file.read(16)
    for pattern, content_type, _ in _KINDS:
        if pattern.match(begin):
            return content_type
    raise HTTPException(415, "A JPEG, PNG, PDF or MP4 file.")


def _ending(content_type: str) -> str:
    return next(ending for _, known, ending in _KINDS if known == content_type)
