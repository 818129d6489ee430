"""A centre's database that names objects of each kind, and an archive that has them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from io import BytesIO

from tests.unit.center.backup.place import Place
from tests.unit.store.samples import CAMERA, at, segment
from tests.unit.store.test_ledger import entry
from tests.unit.store.test_reports import record
from vigil.archive.objects import ObjectStore
from vigil.center.archive import open_objects
from vigil.config import load
from vigil.model.ids import ClipId, LedgerId
from vigil.model.ledger import Evidence, EvidenceKind, LedgerStep, StoredFile
from vigil.store.footage import Span
from vigil.store.ledger import LedgerTaking
from vigil.store.reports import ReportFile

PICTURE, CLIP, FILE, PACK = "snapshots/alert-1.jpg", "clips/cam/pull.mp4", "ledger/e-1/x", "reports/month.xlsx"
EVIDENCE = {PICTURE: b"a picture", CLIP: b"a clip" * 100_000, FILE: b"a protocol", PACK: b"figures"}
SEGMENT, FOOTAGE = "segments/cam/two.mp4", b"footage" * 1000


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def archive_of(place: Place) -> ObjectStore:
    return open_objects(load(place.file))


def put(archive: ObjectStore, key: str, data: bytes) -> None:
    archive.put(key, BytesIO(data), size=len(data), sha256=sha256(data))


def has(archive: ObjectStore, key: str, data: bytes) -> bool:
    return archive.verify(key, sha256(data))


def pull(place: Place, name: str, data: bytes, key: str) -> None:
    """A clip that somebody pulled, in the database and in the archive."""
    put(archive_of(place), key, data)
    with place.stores() as stores:
        stores.clips.request(ClipId(name), CAMERA, Span(at(0), at(60)), by="li", reason="投诉 2026-17", at=at(0))
        stores.clips.mark_ready(ClipId(name), key, len(data), sha256(data))


def fill(place: Place) -> None:
    """One object of each kind; the database of `place` has the alert already."""
    pull(place, "pull", EVIDENCE[CLIP], CLIP)
    archive = archive_of(place)
    for key in (PICTURE, FILE, PACK):
        put(archive, key, EVIDENCE[key])
    put(archive, SEGMENT, FOOTAGE)
    with place.stores() as stores:
        stores.ledger.enter(entry(), year=2026)
        file = StoredFile("约谈记录.pdf", FILE, len(EVIDENCE[FILE]), sha256(EVIDENCE[FILE]), "application/pdf")
        attached = Evidence("x", EvidenceKind.FILE, at(60), "wang", file=file)
        stores.ledger.take(LedgerId("e-1"), LedgerTaking(LedgerStep.ATTACH, "wang", at(60), evidence=attached))
        stores.reports.ask(record())
        stores.reports.mark_ready(
            record().id, [ReportFile("xlsx", PACK, len(EVIDENCE[PACK]), sha256(EVIDENCE[PACK]))], at=at(5)
        )
        footage = replace(segment(2), size=len(FOOTAGE), sha256=sha256(FOOTAGE))
        stores.footage.announce(footage, SEGMENT)
        stores.footage.mark_stored(footage.id)
