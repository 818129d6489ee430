"""Brings the objects of a backup back into the archive, or reads them through and leaves the archive alone (`check`)."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from pathlib import Path

from vigil.archive.objects import ObjectStore
from vigil.center.backup import pool as pooled
from vigil.center.backup.manifest import describe
from vigil.center.backup.pool import Kept, Pool
from vigil.errors import ObjectDiffers


@dataclass(slots=True)
class Brought:
    """`sizes` by key, of the objects that are whole; `damaged` are keys whose bytes the backup has no more, or altered ones."""

    sizes: dict[str, int] = field(default_factory=dict)
    put: int = 0
    damaged: list[str] = field(default_factory=list)


def bring(backup: Path, objects: ObjectStore, *, check: bool) -> Brought:
    """One that the archive has with the same bytes is left alone, so it can be run again. Raises BackupError, ArchiveError."""
    pool, brought = Pool(backup.parent), Brought()
    for one in pooled.listed(backup):
        whole = _is_whole(pool, one) if check else _put(pool, one, objects, brought)
        if whole:
            brought.sizes[one.key] = one.size
        else:
            brought.damaged.append(one.key)
    return brought


def _is_whole(pool: Pool, one: Kept) -> bool:
    return pool.has(one) and describe(pool.path(one.sha256)).sha256 == one.sha256


def _put(pool: Pool, one: Kept, objects: ObjectStore, brought: Brought) -> bool:
    if objects.verify(one.key, one.sha256):
        return True
    if not pool.has(one):
        return False
    kind = mimetypes.guess_type(one.key)[0] or "application/octet-stream"
    try:
        objects.put(one.key, pool.path(one.sha256), size=one.size, sha256=one.sha256, content_type=kind)
    except ObjectDiffers:
        return False
    brought.put += 1
    return True
