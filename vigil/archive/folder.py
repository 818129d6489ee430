"""Objects as files below a folder on a local disk. A key is a path, so an operator can find footage with `ls`.

Write, fsync the file, rename, fsync the folder: after a power cut an object is whole or absent.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from vigil.archive.objects import CHUNK, Checked, ObjectStat, Source, check_key, holds
from vigil.errors import ArchiveError, ObjectMissing

_UNFINISHED: Final = ".unfinished"
"""Where files grow. A key cannot begin with a dot, and the same disk makes the rename atomic."""

_NOTHING: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class FolderStore:
    """An ObjectStore over `root`.

    What an earlier process left unfinished is removed at the start, unless another may be at work there (`alone` is False).
    """

    def __init__(self, root: Path, *, alone: bool = True) -> None:
        self._root = root.absolute()
        self._unfinished = self._root / _UNFINISHED
        try:
            self._unfinished.mkdir(parents=True, exist_ok=True)
            for left in self._unfinished.iterdir() if alone else ():
                left.unlink()
        except OSError as error:
            raise ArchiveError(f"archive folder {root}: {error.strerror}") from error

    def put(
        self,
        key: str,
        source: Path | Source,
        *,
        size: int,
        sha256: str,
        content_type: str = "application/octet-stream",  # noqa: ARG002 (a file has no place for it)
    ) -> None:
        path = self._path(key)
        try:
            if isinstance(source, Path):
                with source.open("rb") as stream:
                    self._write(path, Checked(stream, key, size=size, sha256=sha256))
            else:
                self._write(path, Checked(source, key, size=size, sha256=sha256))
        except OSError as error:
            raise ArchiveError(f"object {key}: {error.strerror}") from error

    def take(self, key: str, path: Path, *, size: int, sha256: str, content_type: str) -> None:
        place = self._path(key)
        try:
            with path.open("rb") as file:
                checked = Checked(file, key, size=size, sha256=sha256)
                while checked.read(CHUNK):
                    pass
                os.fsync(file.fileno())
            self._place(path, place)
            _sync_folder(place.parent)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise ArchiveError(f"object {key}: {error.strerror}") from error
            self.put(key, path, size=size, sha256=sha256, content_type=content_type)  # it lies on another disk
            path.unlink(missing_ok=True)

    def open(self, key: str, start: int = 0, length: int | None = None) -> FileRange:
        try:
            file = self._path(key).open("rb")
        except _NOTHING as error:
            raise ObjectMissing(f"object {key}: there is none") from error
        except OSError as error:
            raise ArchiveError(f"object {key}: {error.strerror}") from error
        file.seek(start)
        return FileRange(file, key, length)

    def stat(self, key: str) -> ObjectStat:
        with self.open(key) as reader:
            return ObjectStat(key, reader.file_size)

    def delete(self, key: str) -> None:
        path = self._path(key)
        try:
            path.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except _NOTHING:
            return
        except OSError as error:
            raise ArchiveError(f"object {key}: {error.strerror}") from error
        self._prune(path.parent)

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        start = self._root / prefix.rpartition("/")[0]
        for folder, folders, files in os.walk(start):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                path = Path(folder, name)
                key = path.relative_to(self._root).as_posix()
                if key.startswith(prefix):
                    with suppress(ObjectMissing):  # deleted since the folder was read
                        yield self.stat(key)

    def free_bytes(self) -> int | None:
        try:
            return shutil.disk_usage(self._root).free
        except OSError as error:
            raise ArchiveError(f"archive folder {self._root}: {error.strerror}") from error

    def presigned_put(self, key: str, expires: timedelta) -> str | None:  # noqa: ARG002
        check_key(key)
        return None

    def verify(self, key: str, sha256: str) -> bool:
        return holds(self, key, sha256)

    @contextmanager
    def local_path(self, key: str, scratch: Path) -> Iterator[Path]:  # noqa: ARG002 (it is a file already)
        self.stat(key)
        yield self._path(key)

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _write(self, path: Path, source: Checked) -> None:
        handle, name = tempfile.mkstemp(dir=self._unfinished)
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                while chunk := source.read(CHUNK):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            self._place(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def _place(self, unfinished: Path, path: Path) -> None:
        self._make_folders(path.parent)
        try:
            unfinished.replace(path)
        except FileNotFoundError:  # a delete in another thread pruned the folder just now
            self._make_folders(path.parent)
            unfinished.replace(path)

    def _make_folders(self, folder: Path) -> None:
        if folder == self._root or folder.is_dir():
            return
        self._make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)

    def _prune(self, folder: Path) -> None:
        while folder != self._root:
            try:
                folder.rmdir()
            except OSError:  # not empty, or another thread was here first
                return
            folder = folder.parent


class FileRange:
    """An ObjectReader over a part of a file."""

    def __init__(self, file: BinaryIO, key: str, length: int | None) -> None:
        self._file, self._key, self._left = file, key, length

    @property
    def file_size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def read(self, size: int, /) -> bytes:
        wanted = size if self._left is None else min(size, self._left)
        try:
            data = self._file.read(wanted)
        except OSError as error:
            raise ArchiveError(f"object {self._key}: {error.strerror}") from error
        if self._left is not None:
            self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
