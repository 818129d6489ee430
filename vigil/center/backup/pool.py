"""Objects of the archive that went along with backups: each once below their common folder, in a file named by its SHA-256.

A backup names its own in lists, a line of JSON for each. To read needs no leave to write: the folder may be a read-only one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from vigil.archive.folder import FolderStore
from vigil.errors import BackupError

FOLDER: Final = "objects"
LIST: Final = "objects.jsonl"
"""What the register has an entry of, with the hash over this file."""
LATER: Final = "objects-later.jsonl"
"""What the database came to name between that entry and the backup's moment."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`key` is the archive's."""

    key: str
    size: int
    sha256: str


_LINE: Final = TypeAdapter(Kept)
_DIGITS: Final = frozenset("0123456789abcdef")


class Pool:
    """Of the folder that backups stand in."""

    def __init__(self, parent: Path) -> None:
        self._folder = parent / FOLDER

    @property
    def exists(self) -> bool:
        return self._folder.is_dir()

    def path(self, sha256: str) -> Path:
        return self._folder / name(sha256)

    def has(self, one: Kept) -> bool:
        """By its size; whether the bytes are right `vigil restore --check` finds out."""
        path = self.path(one.sha256)
        return path.is_file() and path.stat().st_size == one.size

    def open(self) -> FolderStore:
        """To put objects there, under `name`. Only its owner may read it; whoever opens it must be alone."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        return FolderStore(self._folder)

    def sweep(self, named: Set[str]) -> int:
        """Remove the objects whose hash is none of these. How many they were."""
        left = [path for path in self._folder.glob("??/*") if path.name not in named]
        for path in left:
            path.unlink()
        return len(left)


def name(sha256: str) -> str:
    """The object's name within the pool. Raises BackupError for what is no hash."""
    if len(sha256) != 64 or not _DIGITS.issuperset(sha256):
        raise BackupError(f"{sha256[:80]!r} is no SHA-256: the list of objects is damaged")
    return f"{sha256[:2]}/{sha256}"


def write_list(path: Path, kept: Iterable[Kept]) -> None:
    """A new file that only its owner may read, on the disk on return."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        for one in kept:
            stream.write(json.dumps(asdict(one)) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def listed(backup: Path) -> Iterator[Kept]:
    """What one backup has; nothing where no objects went along. Raises BackupError."""
    for path in (backup / LIST, backup / LATER):
        if not path.exists():
            continue
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    yield _LINE.validate_json(line)
                except ValidationError as error:
                    raise BackupError(f"{path}:{number} is no line of a list of objects") from error
