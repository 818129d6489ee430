"""Makes a backup, beside a running centre: the database and the configuration; the key and objects only when that is asked for.

A backup grows in a folder whose name begins with a dot, and has its own name once every byte of it is on the disk.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigil import __version__
from vigil.center.archive import open_objects, where_objects_are
from vigil.center.backup import manifest as form
from vigil.center.backup.carry import Along, Carried, carry, sweep
from vigil.center.backup.gather import Plan
from vigil.center.backup.manifest import KeyIs, Manifest
from vigil.center.sections import center_of, open_database
from vigil.clock import Clock
from vigil.config import Configuration, read_secret
from vigil.errors import BackupError
from vigil.store import snapshot

_UNFINISHED: Final = ".unfinished-"


@dataclass(frozen=True, slots=True)
class Made:
    folder: Path
    manifest: Manifest
    bytes: int
    removed: tuple[Path, ...]
    """Older ones, of which there were more than were to be kept."""
    swept: int
    """Objects that no backup names any more."""
    carried: Carried | None


def make(
    configuration: Configuration,
    parent: Path,
    clock: Clock,
    *,
    with_key: bool,
    keep: int | None,
    along: Along = Along.NOTHING,
    tell: Callable[[Plan], None] | None = None,
) -> Made:
    """A new folder below `parent`; then the oldest go until `keep` are left. `tell` is called before objects are copied.

    Raises ConfigError, SecretError, StoreError, ArchiveError, BackupError, and OSError for what the disk refuses.
    """
    center_of(configuration)
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(parent):
        now = clock.now().replace(microsecond=0)
        folder = parent / form.folder_name(now)
        if folder.exists():
            raise BackupError(f"{folder} is there already. Wait a second, or check the clock")
        growing = parent / f"{_UNFINISHED}{folder.name}"
        growing.mkdir(mode=0o700)
        with closing(open_database(configuration, upgrade=False)) as database:
            if along is Along.NOTHING:
                taken, carried = snapshot.take(database, growing / form.DATABASE), None
            else:
                taken, carried = carry(database, open_objects(configuration), growing, folder.name, along, clock, tell)
        _sync(growing / form.DATABASE)
        form.write_file(growing / form.CONFIGURATION, configuration.file.read_bytes())
        made = Manifest(
            format=form.FORMAT,
            made_at=now,
            vigil=__version__,
            schema=taken.schema,
            register=None if taken.register is None else str(taken.register),
            key=_key(configuration, growing, with_key=with_key),
            sealed=taken.sealed,
            objects=where_objects_are(configuration),
            files=tuple(form.describe(path) for path in sorted(growing.iterdir())),
        )
        form.write(growing, made)
        _sync(growing)
        growing.rename(folder)
        _sync(parent)
        removed = tuple(form.whole_backups(parent)[:-keep]) if keep is not None else ()
        for one in removed:
            shutil.rmtree(one)
        swept = sweep(parent) if keep is not None else 0
    return Made(folder, made, sum(file.size for file in made.files), removed, swept, carried)


def _key(configuration: Configuration, folder: Path, *, with_key: bool) -> KeyIs:
    key = center_of(configuration).identity.key
    if key is None:
        return KeyIs.NONE
    if not with_key:
        return KeyIs.APART
    form.write_file(folder / form.KEY, f"{read_secret(key, configuration.folder)}\n".encode())
    return KeyIs.WITHIN


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """What an earlier one left that was killed goes."""
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"another backup is being made in {parent}") from error
        for left in parent.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)
        yield
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
