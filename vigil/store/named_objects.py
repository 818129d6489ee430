"""Which objects of the archive the database names: what must be there for it to be true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, select

from vigil.store.database import Database
from vigil.store.footage import SegmentState
from vigil.store.tables import AlertRow, ClipRow, LedgerEvidenceRow, ReportRow, SegmentRow


@dataclass(frozen=True, slots=True)
class NamedObject:
    """`size` in bytes; it and the hash are None of a snapshot, of which the database says no more than its key."""

    key: str
    size: int | None
    sha256: str | None


_AT_ONCE: Final = 5000
_OF_ROWS: Final[tuple[Select[Any, Any, Any], ...]] = (
    select(LedgerEvidenceRow.object_key, LedgerEvidenceRow.size, LedgerEvidenceRow.sha256).where(
        LedgerEvidenceRow.object_key.is_not(None)
    ),
    select(ClipRow.object_key, ClipRow.size, ClipRow.sha256).where(ClipRow.object_key.is_not(None)),
)
_FOOTAGE: Final = select(SegmentRow.object_key, SegmentRow.size, SegmentRow.sha256).where(
    SegmentRow.state == SegmentState.STORED
)


def named_objects(database: Database) -> Iterator[NamedObject]:
    """All of them: evidence first, and then footage."""
    yield from named_evidence(database)
    yield from named_footage(database)


def named_evidence(database: Database) -> Iterator[NamedObject]:
    """Attachments of the ledger, clips, snapshots of alerts, packs of figures."""
    with database.read() as session:
        for query in _OF_ROWS:
            for key, size, sha256 in session.execute(query.execution_options(yield_per=_AT_ONCE)):
                yield NamedObject(key, size, sha256)
        snapshots = select(AlertRow.snapshot_key).where(AlertRow.snapshot_key.is_not(None))
        for key in session.scalars(snapshots.execution_options(yield_per=_AT_ONCE)):
            assert key is not None  # noqa: S101, the query says so
            yield NamedObject(key, None, None)
        for files in session.scalars(select(ReportRow.files)):
            for file in files:
                yield NamedObject(file["key"], file["size"], file["sha256"])


def named_footage(database: Database) -> Iterator[NamedObject]:
    """Segments that are stored."""
    with database.read() as session:
        for key, size, sha256 in session.execute(_FOOTAGE.execution_options(yield_per=_AT_ONCE)):
            yield NamedObject(key, size, sha256)
