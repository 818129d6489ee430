"""Objects that go along with a backup, and the register's proof of them.

Objects come first, then an entry in the register over the list of them, then the database with that entry in it: who has kept
the register's head can prove of each object that it is the one that went along.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vigil.archive.objects import ObjectStore
from vigil.center.backup import manifest as form
from vigil.center.backup import pool as pooled
from vigil.center.backup.gather import Gatherer, Plan
from vigil.center.backup.pool import Kept, Pool
from vigil.center.reindex import PREFIX
from vigil.clock import Clock
from vigil.errors import BackupError
from vigil.model.register import Action
from vigil.store import snapshot
from vigil.store.database import Database
from vigil.store.named_objects import named_evidence, named_objects
from vigil.store.snapshot import Snapshot
from vigil.store.stores import Stores
from vigil.store.users import User


class Along(StrEnum):
    NOTHING = "nothing"
    EVIDENCE = "evidence"  # clips, snapshots, attachments of the ledger, packs of figures
    FOOTAGE = "footage"  # and all segments


@dataclass(frozen=True, slots=True)
class Carried:
    """How many a backup has, how many of them were copied now, and keys that hold nothing, or not what the database says."""

    count: int
    copied: int
    gone: tuple[str, ...]
    altered: tuple[str, ...]


def carry(
    database: Database,
    objects: ObjectStore,
    growing: Path,
    name: str,
    along: Along,
    clock: Clock,
    tell: Callable[[Plan], None] | None,
) -> tuple[Snapshot, Carried]:
    """The objects into the pool beside the folder `growing`, their lists and the database into it; its name will be `name`.

    Raises StoreError, ArchiveError, BackupError.
    """
    standing = database.standing()
    if standing.found is None or standing.ahead:
        raise BackupError(
            f"database {database.where} is empty, or of an older schema, and its objects are not known. Back it up without "
            "them, or go the steps first (vigil database upgrade)"
        )
    named = named_objects if along is Along.FOOTAGE else named_evidence
    gatherer = Gatherer(objects, Pool(growing.parent), _known(growing.parent))
    first = gatherer.gather(tuple(named(database)), tell)
    pooled.write_list(growing / pooled.LIST, first.kept)
    _enter(database, name, form.describe(growing / pooled.LIST).sha256, len(first.kept), clock)
    with database.snapshot():
        by_then = tuple(named(database))  # first: SQLite's copy begins no transaction that lasts beyond it
        taken = snapshot.take(database, growing / form.DATABASE)
    later = gatherer.gather(by_then)
    pooled.write_list(growing / pooled.LATER, later.kept)
    return taken, Carried(
        count=len(first.kept) + len(later.kept),
        copied=first.copied + later.copied,
        gone=tuple(later.gone),
        altered=(*first.altered, *later.altered),
    )


def is_entered(stores: Stores, sha256: str) -> bool:
    """Whether the register has an entry of a list with this hash."""
    return any(one.action == Action.BACKUP and one.subject.endswith(sha256) for one in stores.register.all())


def sweep(parent: Path) -> int:
    """What no backup names any more goes; how many that was.

    Raises BackupError, with nothing removed, where a list is not as it was written.
    """
    pool = Pool(parent)
    if not pool.exists:
        return 0
    named: set[str] = set()
    for backup in form.whole_backups(parent):
        for file in form.read_alone(backup).files:
            if file.name in (pooled.LIST, pooled.LATER):
                form.require_whole(backup, file)
        named.update(one.sha256 for one in pooled.listed(backup))
    return pool.sweep(named)


def _enter(database: Database, name: str, sha256: str, count: int, clock: Clock) -> None:
    hand = User(f"cli:{getpass.getuser()}", "vigil backup", "中心主机", frozenset())
    subject = f"{name}, {count} objects, sha256 of their list {sha256}"
    Stores.over(database).register.append(hand, Action.BACKUP, subject, at=clock.now())


def _known(parent: Path) -> dict[str, Kept]:
    """Objects of the last backup that are no footage: the database names the hash of that."""
    last = form.whole_backups(parent)[-1:]
    return {one.key: one for backup in last for one in pooled.listed(backup) if not one.key.startswith(PREFIX)}
