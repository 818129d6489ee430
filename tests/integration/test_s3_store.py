from __future__ import annotations

import dataclasses
import io
import time
from datetime import timedelta

import httpx
import pytest

from tests.integration.conftest import S3Server
from tests.unit.archive.contract import DATA, ObjectStoreContract, everything, put, sha256
from vigil.archive.objects import ObjectStore
from vigil.archive.s3 import Bucket, S3Store
from vigil.errors import ArchiveError


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server) -> Bucket:
    return Bucket(s3_server.endpoint, "vigil-archive", s3_server.access_key, s3_server.secret_key)


@pytest.fixture(scope="module")
def s3_store(bucket: Bucket) -> S3Store:
    store = S3Store(bucket)
    _ensure(store)
    return store


@pytest.fixture
def store(s3_store: S3Store) -> ObjectStore:
    return s3_store


def _ensure(store: S3Store) -> None:
    """The S3 port listens before the first volume is there."""
    deadline = time.monotonic() + 30
    while True:
        try:
            store.ensure_bucket()
            put(store, "ready", b"ready")
        except ArchiveError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


class TestS3Store(ObjectStoreContract):
    pass


def test_the_bucket_may_be_there_already(s3_store: S3Store) -> None:
    s3_store.ensure_bucket()


def test_remembers_the_hash(store: ObjectStore) -> None:
    put(store, "noted")
    assert store.stat("noted").sha256 == sha256(DATA)


def test_an_object_of_several_parts(store: ObjectStore) -> None:
    data = DATA * 20
    put(store, "large.mp4", data)
    assert store.verify("large.mp4", sha256(data))
    with pytest.raises(ArchiveError, match="SHA-256"):
        store.put("large-wrong", io.BytesIO(data), size=len(data), sha256=sha256(DATA))
    assert list(store.list("large-wrong")) == []


def test_a_presigned_url_takes_a_put_without_credentials(s3_server: S3Server, store: ObjectStore) -> None:
    url = store.presigned_put("up/loaded.mp4", timedelta(minutes=5))
    assert url is not None
    assert s3_server.secret_key not in url
    assert httpx.put(url, content=DATA, timeout=10).status_code == 200
    assert store.verify("up/loaded.mp4", sha256(DATA))


def test_a_presigned_url_is_good_for_its_own_key_only(store: ObjectStore) -> None:
    url = store.presigned_put("up/mine", timedelta(minutes=5))
    assert url is not None
    assert httpx.put(url.replace("up/mine", "up/yours"), content=b"x", timeout=10).status_code == 403


def test_without_a_signature_nothing_is_taken(bucket: Bucket) -> None:
    assert httpx.put(f"{bucket.endpoint}/{bucket.name}/x", content=b"x", timeout=10).status_code == 403


def test_a_wrong_secret_is_refused_and_not_repeated_in_the_error(bucket: Bucket) -> None:
    stranger = S3Store(dataclasses.replace(bucket, secret_key="not-the-secret"))
    with pytest.raises(ArchiveError, match=r"127\.0\.0\.1") as caught:
        put(stranger, "stranger", b"x")
    assert "not-the-secret" not in str(caught.value)
    assert "not-the-secret" not in repr(bucket)


def test_a_store_that_is_not_there_is_an_error_soon(bucket: Bucket) -> None:
    away = S3Store(dataclasses.replace(bucket, endpoint="http://127.0.0.1:9", connect_s=1, retries=1))
    began = time.monotonic()
    with pytest.raises(ArchiveError, match=r"http://127\.0\.0\.1:9"):
        away.stat("x")
    assert time.monotonic() - began < 10


def test_a_reader_may_be_closed_halfway(store: ObjectStore) -> None:
    put(store, "half")
    for _ in range(20):
        with store.open("half") as reader:
            assert reader.read(10) == DATA[:10]
    assert everything(store.open("half")) == DATA


@pytest.mark.parametrize("endpoint", ["ftp://x", "http://host/path", "nothing"])
def test_an_endpoint_must_be_a_url(bucket: Bucket, endpoint: str) -> None:
    with pytest.raises(ArchiveError, match="not the URL"):
        S3Store(dataclasses.replace(bucket, endpoint=endpoint))
