"""Where objects come in at the centre, so that one that a broken line cut short goes on where it ended.

A node brings one object at a time, so it has one file here: what came of the object that it brings now. It is known by the hash
that was announced, and handed to the archive when it is whole and the hash is right.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Protocol

from vigil.errors import ArchiveError
from vigil.model.ids import NodeId

_CHUNK: Final = 256 * 1024


class Body(Protocol):
    def read(self, size: int, /) -> bytes:
        """At most so many bytes, b'' at the end. Raises ArchiveError when the node falls silent or goes."""
        ...


class Landing:
    """Safe from several threads as long as no node brings two objects at once. What was here before a restart still counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def held(self, node: NodeId, sha256: str) -> int:
        """Bytes that came of the object so far."""
        path = self._path(node, sha256)
        return path.stat().st_size if path.exists() else 0

    def receive(self, node: NodeId, body: Body, *, size: int, sha256: str, from_byte: int) -> Path:
        """The file when all of it is here. Raises ArchiveError; then what came is kept for the next time.

        `from_byte` is where the body begins: at what is held, or at 0 to begin anew.
        """
        path = self._path(node, sha256)
        try:
            self._forget_others(path)
            with path.open("r+b" if from_byte else "wb") as file:
                held = file.seek(0, os.SEEK_END)
                if held != from_byte:
                    raise ArchiveError(f"{held} bytes of the object are here and not {from_byte}")
                while chunk := body.read(_CHUNK):
                    held += len(chunk)
                    if held > size:
                        break
                    file.write(chunk)
        except OSError as error:
            raise ArchiveError(f"the object cannot be kept: {error.strerror}") from error
        if held > size:
            path.unlink(missing_ok=True)
            raise ArchiveError(f"the object is longer than the {size} bytes announced")
        if held < size:
            raise ArchiveError(f"{size - held} bytes are missing at the object's end")
        return path

    def _path(self, node: NodeId, sha256: str) -> Path:
        return self._folder / node / sha256

    def _forget_others(self, path: Path) -> None:
        """What the node brings no more."""
        path.parent.mkdir(parents=True, exist_ok=True)
        for other in path.parent.iterdir():
            if other != path:
                other.unlink()
