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
    """`size` in bytes; None of a snapshot, of which the database says no more than its key."""

    key: str
    size: int | None


_AT_ONCE: Final = 5000
_WITH_SIZE: Final[tuple[Select[Any, Any], ...]] = (
    select(SegmentRow.object_key, SegmentRow.size).where(SegmentRow.state == SegmentState.STORED),
    select(ClipRow.object_key, ClipRow.size).where(ClipRow.object_key.is_not(None)),
    select(LedgerEvidenceRow.object_key, LedgerEvidenceRow.size).where(LedgerEvidenceRow.object_key.is_not(None)),
)


def named_objects(database: Database) -> Iterator[NamedObject]:
    """Segments that are stored, clips, attachments of the ledger, snapshots of alerts, packs of figures."""
    with database.read() as session:
        for query in _WITH_SIZE:
            for key, size in session.execute(query.execution_options(yield_per=_AT_ONCE)):
                yield NamedObject(key, size)
        snapshots = select(AlertRow.snapshot_key).where(AlertRow.snapshot_key.is_not(None))
        for key in session.scalars(snapshots.execution_options(yield_per=_AT_ONCE)):
            assert key is not None  # noqa: S101, the query says so
            yield NamedObject(key, None)
        for files in session.scalars(select(ReportRow.files)):
            for file in files:
                yield NamedObject(file["key"], file["size"])
