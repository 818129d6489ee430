"""A download into a file, which is there whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vigil.errors import BytesDiffer


class Arriving:
    """What came so far."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._file.write(chunk)


@contextmanager
def kept_whole(path: Path, what: str, announced: str | None) -> Iterator[Arriving]:
    """`path` has the file once the block ends well. Raises BytesDiffer where it has not the announced SHA-256."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            arriving = Arriving(file)
            yield arriving
        if arriving.sha256 != announced:
            raise BytesDiffer(f"{what}: SHA-256 {arriving.sha256} came, {announced} was announced")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
