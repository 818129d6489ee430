"""What an object store promises, whatever stands behind it, and the parts that every store shares.

A store knows keys and bytes. What a key means, and how long it is kept, is known elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from vigil.errors import ArchiveError, ObjectDiffers, ObjectMissing

CHUNK: Final = 256 * 1024
"""Bytes moved at a time; no object is ever whole in memory."""

_LONGEST_KEY: Final = 512
_NAME: Final = re.compile(r"[A-Za-z0-9_=+-][A-Za-z0-9_.=+-]*")


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """`sha256` is what the store was told when the object was written; None where it keeps no such note."""

    key: str
    size: int
    sha256: str | None = None


class Source(Protocol):
    """What an object is written from: a file, or another object."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, b'' at the end."""
        ...


class ObjectReader(Protocol):
    """Bytes of one object or of a range of it. Close it; a remote one holds a connection."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, b'' at the end. Raises ArchiveError when the store fails midway."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class ObjectStore(Protocol):
    """Objects by key. Every method may block and is called from a worker thread; all are safe from several at once.

    Raises ArchiveError when the store fails or refuses, ObjectMissing when a key holds nothing.
    """

    def put(
        self,
        key: str,
        source: Path | Source,
        *,
        size: int,
        sha256: str,
        content_type: str = "application/octet-stream",
    ) -> None:
        """Keep `source` under `key`, wholly or not at all, replacing what was there.

        Durable on return. Raises ObjectDiffers, with nothing kept, when `source` is not `size` bytes of `sha256`.
        """
        ...

    def take(self, key: str, path: Path, *, size: int, sha256: str, content_type: str) -> None:
        """As `put`, of a file that is given away: moved where that can be. It is gone on return, and on an error it stays."""
        ...

    def open(self, key: str, start: int = 0, length: int | None = None) -> ObjectReader:
        """The bytes from `start`, `length` of them or all that follow. The object is known to be there on return."""
        ...

    def stat(self, key: str) -> ObjectStat: ...

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens when there is none."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """The objects whose key begins with `prefix`, by key."""
        ...

    def free_bytes(self) -> int | None:
        """Room for more; None where the store does not say."""
        ...

    def presigned_put(self, key: str, expires: timedelta) -> str | None:
        """A URL that takes a PUT of this object without further credentials; None: send it to the gateway."""
        ...

    def verify(self, key: str, sha256: str) -> bool:
        """Read the object back: True when it is there and its bytes have this hash."""
        ...

    def local_path(self, key: str, scratch: Path) -> AbstractContextManager[Path]:
        """A real file with the object's bytes, to be read only, for as long as the context is open.

        `scratch` is an existing folder for a store that has to download first.
        """
        ...


def check_key(key: str) -> str:
    """The key itself when every part of it is a plain name; raises ArchiveError otherwise.

    Names that begin with a dot are refused, so neither `..` nor a store's own hidden files can be reached.
    """
    if len(key) > _LONGEST_KEY or not all(_NAME.fullmatch(name) for name in key.split("/")):
        raise ArchiveError(f"not an object key: {key[:80]!r}")
    return key


class Checked:
    """Reads a source and holds it to its promise: the last byte is given out only when size and hash are right.

    Whoever writes an object reads through this, and so fails before the object is complete.
    """

    def __init__(self, source: Source, key: str, *, size: int, sha256: str) -> None:
        self._source, self._key = source, key
        self._left, self._sha256 = size, sha256
        self._digest = hashlib.sha256()

    def read(self, size: int = CHUNK) -> bytes:
        data = self._source.read(min(size, self._left) if self._left else 0)
        self._digest.update(data)
        self._left -= len(data)
        if self._left == 0:
            self._finish()
        elif not data:
            raise ObjectDiffers(f"object {self._key}: {self._left} bytes are missing at its end")
        return data

    def _finish(self) -> None:
        if self._source.read(1):
            raise ObjectDiffers(f"object {self._key}: longer than announced")
        if self._digest.hexdigest() != self._sha256:
            raise ObjectDiffers(f"object {self._key}: its SHA-256 is not the announced one")


def sha256_of(reader: ObjectReader) -> str:
    """Hash of everything that is left in the reader."""
    digest = hashlib.sha256()
    while chunk := reader.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def holds(store: ObjectStore, key: str, sha256: str) -> bool:
    """What `ObjectStore.verify` promises, for any store that can open."""
    try:
        with store.open(key) as reader:
            return sha256_of(reader) == sha256
    except ObjectMissing:
        return False
