"""What a backup says of itself: a folder with `manifest.json`, and each file that it names with size and hash."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from vigil.errors import BackupError

FORMAT: Final = 1
NAME: Final = "manifest.json"
DATABASE: Final = "database.db"
CONFIGURATION: Final = "configuration.yaml"
KEY: Final = "identity.key"
_FOLDER: Final = re.compile(r"vigil-\d{8}T\d{6}Z")
_FILE: Final = re.compile(r"[a-z][a-z0-9.-]*")
_CHUNK: Final = 1024 * 1024


class KeyIs(StrEnum):
    """Where the key is that seals what second factors are made of."""

    NONE = "none"  # the configuration names none
    APART = "apart"  # not in the backup
    WITHIN = "within"


@dataclass(frozen=True, slots=True)
class File:
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`register` is the head of the register's chain, NUMBER:SHA256; None of a database from before there was one."""

    format: int
    made_at: datetime
    vigil: str
    schema: str
    register: str | None
    key: KeyIs
    sealed: int
    """Second factors that nobody can use without the key."""
    objects: str
    """Where the archive was; which of its objects went along stands in lists among `files`."""
    files: tuple[File, ...]

    def file(self, name: str) -> File | None:
        return next((file for file in self.files if file.name == name), None)


_ADAPTER: Final = TypeAdapter(Manifest)


def folder_name(at: datetime) -> str:
    """By which backups sort as they were made; `at` is UTC, to the second."""
    return f"vigil-{at:%Y%m%dT%H%M%SZ}"


def whole_backups(parent: Path) -> list[Path]:
    """The oldest first. What has no manifest was not finished, or is none."""
    return sorted(one for one in parent.iterdir() if _FOLDER.fullmatch(one.name) and (one / NAME).is_file())


def describe(path: Path) -> File:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
        size = stream.tell()
    return File(path.name, size, digest.hexdigest())


def write(folder: Path, manifest: Manifest) -> None:
    values = asdict(manifest) | {"made_at": manifest.made_at.isoformat()}
    write_file(folder / NAME, json.dumps(values, indent=2, ensure_ascii=False).encode() + b"\n")


def write_file(path: Path, data: bytes) -> None:
    """A new file that only its owner may read, on the disk on return."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def read(folder: Path) -> Manifest:
    """With every file that it names there as it was written. Raises BackupError."""
    manifest = read_alone(folder)
    for file in manifest.files:
        require_whole(folder, file)
    return manifest


def read_alone(folder: Path) -> Manifest:
    """Without a look at the files that it names. Raises BackupError."""
    try:
        text = (folder / NAME).read_bytes()
    except OSError as error:
        raise BackupError(f"{folder} is no backup: {NAME} cannot be read ({error.strerror})") from error
    try:
        if (found := json.loads(text).get("format")) != FORMAT:
            raise BackupError(
                f"{folder} is of format {found}, and this vigil reads {FORMAT}. Use the vigil that made it"
            )
        return _ADAPTER.validate_json(text)
    except (ValidationError, ValueError, AttributeError) as error:
        raise BackupError(f"{folder / NAME} is damaged. Take another backup") from error


def require_whole(folder: Path, file: File) -> None:
    """Raises BackupError where it is not as it was written."""
    if not _FILE.fullmatch(file.name):
        raise BackupError(f"{folder / NAME} is damaged: {file.name!r} is no name of a file of a backup")
    try:
        found = describe(folder / file.name)
    except OSError as error:
        raise BackupError(f"{folder / file.name} cannot be read ({error.strerror}). Take another backup") from error
    if found != file:
        raise BackupError(f"{folder / file.name} is not as it was written. Take another backup")
