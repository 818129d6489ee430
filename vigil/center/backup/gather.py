"""Copies objects of the archive into the pool of backups: those that it has not.

Each is whole there or absent, so that whoever was interrupted goes on where he was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from vigil.archive.objects import ObjectStore, sha256_of
from vigil.center.backup.pool import Kept, Pool, name
from vigil.errors import BackupError, ObjectDiffers, ObjectMissing
from vigil.store.named_objects import NamedObject


@dataclass(frozen=True, slots=True)
class Wanted:
    """`sha256` is None where nobody has noted it: it is found out by reading."""

    key: str
    size: int
    sha256: str | None


@dataclass(slots=True)
class Plan:
    """`there` need not be copied again; keys of `gone` are named and hold nothing."""

    there: list[Kept] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """That are to be copied."""
        return sum(one.size for one in self.wanted)


@dataclass(slots=True)
class Gathered:
    """`altered` are keys whose bytes are not those that the database names; they are not in the backup."""

    kept: list[Kept]
    copied: int = 0
    gone: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)


class Gatherer:
    """For one backup; it must be alone at the pool. `known` are objects of an earlier one, by key: they need not be read for
    their hash.
    """

    def __init__(self, objects: ObjectStore, pool: Pool, known: Mapping[str, Kept]) -> None:
        self._objects, self._pool, self._known = objects, pool, known
        self._store = pool.open()
        self._done: set[str] = set()

    def gather(self, named: Iterable[NamedObject], tell: Callable[[Plan], None] | None = None) -> Gathered:
        """Those that an earlier call did not find a place for. `tell` is called before anything is copied.

        Raises ArchiveError where the archive fails, BackupError where the pool's disk has no room for all of them.
        """
        plan = self._plan(one for one in named if one.key not in self._done)
        if tell is not None:
            tell(plan)
        free = self._store.free_bytes()
        if free is not None and free < plan.bytes:
            raise BackupError(f"{plan.bytes} bytes of objects are to be copied and the disk has room for {free}")
        gathered = Gathered(list(plan.there), gone=list(plan.gone))
        for wanted in plan.wanted:
            self._copy(wanted, gathered)
        self._done.update(one.key for one in gathered.kept)
        self._done.update(gathered.altered)
        return gathered

    def _plan(self, named: Iterable[NamedObject]) -> Plan:
        plan = Plan()
        for one in named:
            try:
                wanted = self._wanted(one)
            except ObjectMissing:
                plan.gone.append(one.key)
                continue
            kept = None if wanted.sha256 is None else Kept(wanted.key, wanted.size, wanted.sha256)
            if kept is not None and self._pool.has(kept):
                plan.there.append(kept)
            else:
                plan.wanted.append(wanted)
        return plan

    def _wanted(self, one: NamedObject) -> Wanted:
        if one.size is not None and one.sha256 is not None:
            return Wanted(one.key, one.size, one.sha256)
        if (known := self._known.get(one.key)) is not None:
            return Wanted(one.key, known.size, known.sha256)
        found = self._objects.stat(one.key)
        return Wanted(one.key, found.size, found.sha256)

    def _copy(self, wanted: Wanted, gathered: Gathered) -> None:
        try:
            kept = Kept(wanted.key, wanted.size, wanted.sha256 or self._hash(wanted.key))
            if not self._pool.has(kept):
                with self._objects.open(kept.key) as reader:
                    self._store.put(name(kept.sha256), reader, size=kept.size, sha256=kept.sha256)
        except ObjectMissing:
            gathered.gone.append(wanted.key)
        except ObjectDiffers:
            gathered.altered.append(wanted.key)
        else:
            gathered.copied += 1
            gathered.kept.append(kept)

    def _hash(self, key: str) -> str:
        with self._objects.open(key) as reader:
            return sha256_of(reader)
