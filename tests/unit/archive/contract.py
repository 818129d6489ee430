"""What every object store must do. A test module subclasses this and brings a `store` fixture."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from vigil.archive.objects import ObjectReader, ObjectStore
from vigil.errors import ArchiveError, ObjectMissing

DATA = bytes(range(256)) * 4096  # 1 MiB, several chunks


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put(store: ObjectStore, key: str, data: bytes = DATA) -> None:
    store.put(key, io.BytesIO(data), size=len(data), sha256=sha256(data), content_type="video/mp4")


def everything(reader: ObjectReader) -> bytes:
    parts = []
    with reader:
        while part := reader.read(100_000):
            parts.append(part)
    return b"".join(parts)


class ObjectStoreContract:
    def test_keeps_what_was_put(self, store: ObjectStore) -> None:
        put(store, "a/b/one.mp4")
        assert everything(store.open("a/b/one.mp4")) == DATA
        assert store.stat("a/b/one.mp4").size == len(DATA)

    def test_puts_a_file(self, store: ObjectStore, tmp_path: Path) -> None:
        path = tmp_path / "source.bin"
        path.write_bytes(DATA)
        store.put("file.bin", path, size=len(DATA), sha256=sha256(DATA))
        assert store.verify("file.bin", sha256(DATA))

    def test_takes_a_file_away(self, store: ObjectStore, tmp_path: Path) -> None:
        path = tmp_path / "source.bin"
        path.write_bytes(DATA)
        with pytest.raises(ArchiveError):
            store.take("taken.bin", path, size=len(DATA), sha256=sha256(b"other"), content_type="video/mp4")
        assert path.read_bytes() == DATA
        store.take("taken.bin", path, size=len(DATA), sha256=sha256(DATA), content_type="video/mp4")
        assert store.verify("taken.bin", sha256(DATA))
        assert not path.exists()

    def test_puts_nothing_at_all(self, store: ObjectStore) -> None:
        put(store, "empty", b"")
        assert everything(store.open("empty")) == b""

    def test_replaces(self, store: ObjectStore) -> None:
        put(store, "again", b"first")
        put(store, "again", b"second")
        assert everything(store.open("again")) == b"second"

    @pytest.mark.parametrize(
        ("start", "length"), [(0, 10), (300_000, 300_000), (len(DATA) - 5, None), (7, None), (3, 0)]
    )
    def test_reads_a_range(self, store: ObjectStore, start: int, length: int | None) -> None:
        put(store, "range.mp4")
        end = None if length is None else start + length
        assert everything(store.open("range.mp4", start, length)) == DATA[start:end]

    def test_keeps_nothing_when_the_hash_is_wrong(self, store: ObjectStore) -> None:
        with pytest.raises(ArchiveError, match="SHA-256"):
            store.put("wrong", io.BytesIO(DATA), size=len(DATA), sha256=sha256(b"other"))
        with pytest.raises(ObjectMissing):
            store.stat("wrong")

    @pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) + 1])
    def test_keeps_nothing_when_the_size_is_wrong(self, store: ObjectStore, size: int) -> None:
        with pytest.raises(ArchiveError):
            store.put("wrong", io.BytesIO(DATA), size=size, sha256=sha256(DATA))
        with pytest.raises(ObjectMissing):
            store.open("wrong")

    def test_a_failed_put_leaves_the_old_object(self, store: ObjectStore) -> None:
        put(store, "kept", b"old")
        with pytest.raises(ArchiveError):
            store.put("kept", io.BytesIO(b"new"), size=3, sha256=sha256(b"else"))
        assert everything(store.open("kept")) == b"old"

    def test_says_what_is_missing(self, store: ObjectStore, tmp_path: Path) -> None:
        with pytest.raises(ObjectMissing, match="none/here"):
            store.open("none/here")
        with pytest.raises(ObjectMissing):
            store.stat("none/here")
        with pytest.raises(ObjectMissing), store.local_path("none/here", tmp_path):
            pass
        assert not store.verify("none/here", sha256(DATA))

    def test_deletes(self, store: ObjectStore) -> None:
        put(store, "gone/soon")
        store.delete("gone/soon")
        store.delete("gone/soon")
        store.delete("never/was")
        with pytest.raises(ObjectMissing):
            store.stat("gone/soon")

    def test_lists_by_prefix(self, store: ObjectStore) -> None:
        for key in ("list/cam-2/b", "list/cam-1/b", "list/cam-1/a", "list/cam-10/a"):
            put(store, key, key.encode())
        assert [(o.key, o.size) for o in store.list("list/cam-1/")] == [
            ("list/cam-1/a", 12),
            ("list/cam-1/b", 12),
        ]
        assert [o.key for o in store.list("list/cam-1")] == [
            "list/cam-1/a",
            "list/cam-1/b",
            "list/cam-10/a",
        ]
        assert list(store.list("list/cam-9/")) == []

    def test_verifies_by_reading_back(self, store: ObjectStore) -> None:
        put(store, "verified")
        assert store.verify("verified", sha256(DATA))
        assert not store.verify("verified", sha256(b"other"))

    def test_gives_a_real_file(self, store: ObjectStore, tmp_path: Path) -> None:
        put(store, "real.mp4")
        with store.local_path("real.mp4", tmp_path) as path:
            assert path.suffix == ".mp4"
            assert path.read_bytes() == DATA
        assert list(tmp_path.glob("*.mp4")) == []

    @pytest.mark.parametrize(
        "key", ["", "/etc/passwd", "a//b", "../up", "a/../../up", ".hidden", "a/.b", "a\\b", "a\0"]
    )
    def test_refuses_a_key_that_is_none(self, store: ObjectStore, key: str) -> None:
        with pytest.raises(ArchiveError, match="not an object key"):
            put(store, key, b"x")
        with pytest.raises(ArchiveError, match="not an object key"):
            store.open(key)
        with pytest.raises(ArchiveError, match="not an object key"):
            store.delete(key)

    def test_a_key_is_no_folder_of_another(self, store: ObjectStore) -> None:
        put(store, "folder/object", b"x")
        for key in ("folder", "folder/object/below"):
            with pytest.raises(ObjectMissing):
                store.open(key)
            store.delete(key)
        assert everything(store.open("folder/object")) == b"x"
