"""Objects in a bucket of S3, MinIO or SeaweedFS. The only importer of `minio`.

Every connect, read and retry is bounded, so that a dead store costs a caller seconds, not a thread.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from vigil.archive.objects import CHUNK, Checked, ObjectStat, Source, check_key, holds
from vigil.errors import ArchiveError, ObjectMissing, redact_url

T = TypeVar("T")

_PART: Final = 8 * 1024 * 1024
"""Bytes of one part of an upload, and so the memory that an upload takes."""
_MISSING: Final = frozenset({"NoSuchKey", "NoSuchObject"})
_HASH: Final = "x-amz-meta-sha256"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the bucket is and who we are to it. `endpoint` is an http or https URL.

    `public_endpoint` is the same store as nodes reach it, for presigned URLs; None: the same address.
    """

    endpoint: str
    name: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    public_endpoint: str | None = None
    connect_s: float = 5
    read_s: float = 30
    retries: int = 2


class S3Store:
    """An ObjectStore over one bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._client = _client(bucket, bucket.endpoint)
        self._signer = _client(bucket, bucket.public_endpoint or bucket.endpoint)

    def ensure_bucket(self) -> None:
        """Make the bucket where it does not exist. Raises ArchiveError, which also says that the key is refused."""

        def ensure() -> None:
            if not self._client.bucket_exists(self._bucket.name):
                self._client.make_bucket(self._bucket.name, location=self._bucket.region)

        self._ask("bucket", ensure)

    def put(
        self,
        key: str,
        source: Path | Source,
        *,
        size: int,
        sha256: str,
        content_type: str = "application/octet-stream",
    ) -> None:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                self.put(key, stream, size=size, sha256=sha256, content_type=content_type)
            return
        # The client reads to the end before it completes the object, so a wrong hash leaves none.
        checked = Checked(source, check_key(key), size=size, sha256=sha256)
        self._ask(
            key,
            lambda: self._client.put_object(
                self._bucket.name,
                key,
                checked,
                size,
                content_type=content_type,
                metadata={_HASH: sha256},
                part_size=_PART,
                num_parallel_uploads=1,
            ),
        )

    def take(self, key: str, path: Path, *, size: int, sha256: str, content_type: str) -> None:
        self.put(key, path, size=size, sha256=sha256, content_type=content_type)
        path.unlink(missing_ok=True)

    def open(self, key: str, start: int = 0, length: int | None = None) -> S3Range:
        check_key(key)
        if length == 0:  # the client takes 0 for "all that follows"
            self.stat(key)
            return S3Range(None, self._fault, key)
        response = self._ask(
            key,
            lambda: self._client.get_object(self._bucket.name, key, offset=start, length=length or 0),
        )
        return S3Range(response, self._fault, key)

    def stat(self, key: str) -> ObjectStat:
        check_key(key)
        found = self._ask(key, lambda: self._client.stat_object(self._bucket.name, key))
        return ObjectStat(key, found.size, (found.metadata or {}).get(_HASH))

    def delete(self, key: str) -> None:
        check_key(key)
        try:
            self._ask(key, lambda: self._client.remove_object(self._bucket.name, key))
        except ObjectMissing:
            return

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        found = self._client.list_objects(self._bucket.name, prefix=prefix or None, recursive=True)
        while (item := self._ask(prefix, lambda: next(found, None))) is not None:
            yield ObjectStat(item.object_name, item.size)

    def free_bytes(self) -> int | None:
        return None

    def presigned_put(self, key: str, expires: timedelta) -> str | None:
        check_key(key)
        url: str = self._signer.presigned_put_object(self._bucket.name, key, expires=expires)
        return url

    def verify(self, key: str, sha256: str) -> bool:
        return holds(self, key, sha256)

    @contextmanager
    def local_path(self, key: str, scratch: Path) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(dir=scratch, suffix=Path(key).suffix) as file:
            with self.open(key) as reader:
                while chunk := reader.read(CHUNK):
                    file.write(chunk)
            file.flush()
            yield Path(file.name)

    def _ask(self, key: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._fault(key, error) from error

    def _fault(self, key: str, error: Exception) -> ArchiveError:
        where = f"object {key} in bucket {self._bucket.name} at {redact_url(self._bucket.endpoint)}"
        if isinstance(error, S3Error):
            if error.code in _MISSING:
                return ObjectMissing(f"{where}: there is none")
            return ArchiveError(f"{where}: {error.code}")
        return ArchiveError(f"{where}: {type(error).__name__}")


class S3Range:
    """An ObjectReader over a running response."""

    def __init__(self, response: Any, fault: Callable[[str, Exception], ArchiveError], key: str) -> None:
        self._response, self._fault, self._key = response, fault, key

    def read(self, size: int, /) -> bytes:
        if self._response is None:
            return b""
        try:
            data: bytes = self._response.read(size)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._fault(self._key, error) from error
        return data

    def close(self) -> None:
        if self._response is not None:
            self._response.close()  # what was not read is not wanted: the connection goes with it
            self._response.release_conn()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


def _client(bucket: Bucket, endpoint: str) -> Minio:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ArchiveError(f"not the URL of an object store: {redact_url(endpoint)}")
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=bucket.connect_s, read=bucket.read_s),
        retries=urllib3.Retry(
            total=bucket.retries, backoff_factor=0.3, status_forcelist=(500, 502, 503, 504), allowed_methods=None
        ),
        maxsize=16,
    )
    # A region that is named saves the client a look-up that would need the network only to sign a URL.
    return Minio(
        parts.netloc,
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
        secure=parts.scheme == "https",
        region=bucket.region,
        http_client=pool,
    )
