"""Brings a backup back into an empty place, or goes all the way there and leaves the place alone (`check`).

Whatever may be wrong is found on a copy beside the database's place; the last step is a rename, or one transaction.
"""

from __future__ import annotations

import getpass
import os
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from vigil.center.archive import open_objects
from vigil.center.backup import manifest as form
from vigil.center.backup import pool as pooled
from vigil.center.backup.bring import Brought, bring
from vigil.center.backup.carry import is_entered
from vigil.center.backup.manifest import KeyIs, Manifest
from vigil.center.backup.missing import Missing, compare
from vigil.center.sections import center_of, database_file, open_database
from vigil.clock import Clock
from vigil.config import Configuration, read_secret
from vigil.config.secrets import secret_file
from vigil.errors import BackupError, SealError, SecretError
from vigil.model.register import Action
from vigil.sealing import Seal
from vigil.store.copying import copy_rows, table_with_rows
from vigil.store.database import Database
from vigil.store.named_objects import named_objects
from vigil.store.register_chain import FIRST, Head, Verdict, verify
from vigil.store.stores import Stores
from vigil.store.users import User


@dataclass(frozen=True, slots=True)
class Restored:
    """`register` is its chain up to the backup's head; `key_fault` says why second factors cannot be opened.

    `brought` are the objects of the backup, None where none went along; `entered` is False where the register knows nothing of
    their list.
    """

    manifest: Manifest
    where: str
    steps: tuple[str, ...]
    register: Verdict
    key_fault: str | None
    key_written: Path | None
    missing: Missing
    brought: Brought | None
    entered: bool


def restore(configuration: Configuration, backup: Path, clock: Clock, *, with_key: bool, check: bool) -> Restored:
    """Raises ConfigError, SecretError, BackupError, StoreError for a later schema, ArchiveError, OSError."""
    settings = center_of(configuration)
    manifest = form.read(backup)
    if not check:
        _require_empty(configuration)
    data = configuration.path(settings.data)
    if not check:
        data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=None if check else data) as scratch:
        copy = Path(scratch) / "vigil.db"
        shutil.copyfile(backup / form.DATABASE, copy)
        copy.chmod(0o600)
        key = _key_to_write(configuration, backup, manifest) if with_key else None
        with closing(Database.in_file(copy)) as database:
            stores = Stores.over(database)
            register = _verified(stores, manifest)
            key_fault = _key_fault(configuration, stores, backup if key is not None else None)
            brought, entered = _objects(configuration, backup, manifest, stores, check=check)
            sizes = {} if brought is None else brought.sizes
            missing = compare(named_objects(database), open_objects(configuration), sizes)
            if not check:
                _close_doors(stores, backup, manifest, clock)
            steps = database.steps_taken
        if check:
            return Restored(manifest, "nowhere", steps, register, key_fault, None, missing, brought, entered)
        where = _place(configuration, copy)
        if key is not None:
            key.parent.mkdir(parents=True, exist_ok=True)
            form.write_file(key, (backup / form.KEY).read_bytes())
        return Restored(manifest, where, steps, register, key_fault, key, missing, brought, entered)


def _require_empty(configuration: Configuration) -> None:
    if center_of(configuration).database is None:
        file = database_file(configuration)
        for path in (file, file.with_name(f"{file.name}-wal")):
            if path.exists():
                raise BackupError(f"{path} is there. Stop the centre and move it away with its -wal and -shm")
        return
    with closing(open_database(configuration, upgrade=False)) as database:
        standing = database.standing()
        if standing.found is None:
            return
        if standing.ahead or (table := table_with_rows(database)) is not None:
            held = "is an older vigil's" if standing.ahead else f"has rows already, in {table}"
            raise BackupError(f"database {database.where} {held}. Make an empty one (docs/guide/backup.md)")


def _verified(stores: Stores, manifest: Manifest) -> Verdict:
    """The register as it came, through the head that was written down when the backup was made."""
    kept = [] if manifest.register is None else [Head.of(manifest.register)]
    head = stores.register.head()
    if kept == [Head(0, FIRST)]:
        kept = []
    return verify(stores.register.all(), head, kept=kept)


def _objects(
    configuration: Configuration, backup: Path, manifest: Manifest, stores: Stores, *, check: bool
) -> tuple[Brought | None, bool]:
    """Before the database: what is there already is left, so that a restore that was interrupted goes on where it was."""
    objects = manifest.file(pooled.LIST)
    if objects is None:
        return None, True
    return bring(backup, open_objects(configuration), check=check), is_entered(stores, objects.sha256)


def _key_fault(configuration: Configuration, stores: Stores, backup: Path | None) -> str | None:
    """`backup`: the key in force will be the one from there."""
    factors = stores.second_factors.all()
    if not factors:
        return None
    settings = center_of(configuration).identity
    if settings.key is None:
        return "the configuration names no center.identity.key"
    try:
        key = (
            read_secret(settings.key, configuration.folder)
            if backup is None
            else (backup / form.KEY).read_text(encoding="utf-8").strip()
        )
        seal = Seal(key, [read_secret(one, configuration.folder) for one in settings.old_keys])
        for factor in factors:
            seal.open(factor.sealed, factor.username)
    except (SealError, SecretError) as error:
        return str(error)
    return None


def _key_to_write(configuration: Configuration, backup: Path, manifest: Manifest) -> Path | None:
    """None where it is there already."""
    if manifest.key is not KeyIs.WITHIN:
        raise BackupError(f"{backup} has no key in it. Bring the key from where it is kept")
    key = center_of(configuration).identity.key
    path = None if key is None else secret_file(key, configuration.folder)
    if path is None:
        raise BackupError(f"the configuration keeps center.identity.key in no file. It is in {backup / form.KEY}")
    if not path.exists():
        return path
    if path.read_bytes().strip() != (backup / form.KEY).read_bytes().strip():
        raise BackupError(
            f"{path} is another key than the backup's. Move it away, and name it in old_keys if it is needed"
        )
    return None


def _close_doors(stores: Stores, backup: Path, manifest: Manifest, clock: Clock) -> None:
    """What was ended since the backup must not be open again; and the register says that the database is an older one."""
    hand = User(f"cli:{getpass.getuser()}", "vigil restore", "中心主机", frozenset())
    what = f"database of {manifest.made_at.isoformat()}, {backup.name}, vigil {manifest.vigil}"
    with stores.database.write():
        stores.sessions.end_everybodys()
        stores.node_keys.forget_tokens()
        stores.register.append(hand, Action.RESTORE, what, at=clock.now())


def _place(configuration: Configuration, copy: Path) -> str:
    if center_of(configuration).database is None:
        file = database_file(configuration)
        _sync(copy)
        # A link and not a rename: it is refused where somebody made a database there meanwhile.
        os.link(copy, file)
        _sync(file.parent)
        return str(file)
    with closing(Database.in_file(copy)) as source, closing(open_database(configuration)) as target:
        copy_rows(source, target)
        return target.where


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
