from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.archive.contract import DATA, ObjectStoreContract, put, sha256
from vigil.archive.folder import FolderStore
from vigil.archive.objects import ObjectStore
from vigil.errors import ArchiveError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def store(root: Path) -> ObjectStore:
    return FolderStore(root)


class TestFolderStore(ObjectStoreContract):
    pass


def test_a_key_is_a_path(root: Path, store: ObjectStore) -> None:
    put(store, "segments/cam-1/one.mp4")
    assert (root / "segments/cam-1/one.mp4").read_bytes() == DATA


def test_no_url_is_handed_out(store: ObjectStore) -> None:
    assert store.presigned_put("a", timedelta(minutes=1)) is None


def test_a_failed_put_leaves_no_file(root: Path, store: ObjectStore) -> None:
    with pytest.raises(ArchiveError):
        store.put("a/b", io.BytesIO(b"x"), size=1, sha256=sha256(b"y"))
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_what_a_crash_left_is_swept_and_never_listed(root: Path, store: ObjectStore) -> None:
    (root / ".unfinished" / "tmp123").write_bytes(b"half")
    assert list(store.list()) == []
    FolderStore(root)
    assert list((root / ".unfinished").iterdir()) == []


def test_deleting_the_last_object_removes_its_folders(root: Path, store: ObjectStore) -> None:
    put(store, "a/b/c", b"x")
    put(store, "a/d", b"x")
    store.delete("a/b/c")
    assert sorted(path.name for path in (root / "a").iterdir()) == ["d"]


def test_a_root_that_is_a_file_is_an_archive_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="archive folder"):
        FolderStore(tmp_path / "file")
